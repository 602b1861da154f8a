"""Prints whenever it can."""

from restore.hooks import Action, Context, Parameters, Report, Result, hookimpl
from restore.photo import Photo

print("imported")


def talk(photo: Photo, parameters: Parameters, context: Context) -> Result:
    print("running")
    return Result(photo, Report("talk"))


@hookimpl
def restore_actions() -> list[Action]:
    print("asked")
    return [Action("talk", "Talk", "Prints.", Parameters, talk)]
