"""Uses the client as an editor does; runs in every Python, and prints what came of it as JSON.

Arguments: the folder of the client, the `restore.json`.
"""

import base64
import json
import sys
import threading

sys.path.insert(0, sys.argv[1])
import restore_client as client


def text(data):
    return base64.b64encode(bytes(data)).decode("ascii")


def picture(name, image):
    return {
        "name": name,
        "size": [image.width, image.height, image.channels, image.alpha, image.dtype],
        "kind": type(image.data).__name__,
        "data": text(image.data),
    }


def failure(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except client.RestoreError as error:
        return [type(error).__name__, error.message, error.hint, str(error)]
    return None


def main():
    worker = client.Worker(client.load_installation(sys.argv[2]), "test-1")
    heard = []
    report = {"version": list(sys.version_info[:2])}
    ramp = bytes(range(0, 240, 5))
    rgb = client.Image(4, 4, 3, False, "u8", ramp)

    def hear(fraction, words):
        heard.append([fraction, words])

    first = worker.run("same", {}, rgb, on_progress=hear)
    report["heard"] = heard
    report["actions"] = [entry["name"] for entry in worker.actions()]
    report["health"] = sorted(worker.health())
    pictures = [picture("same", first.image)]
    for name, image in (
        ("u8", rgb),
        ("bgra", client.Image(3, 4, 3, True, "u8", bytearray(ramp), order="bgr")),
        ("u16", client.Image(2, 4, 3, False, "u16", memoryview(ramp))),
        ("gray", client.Image(8, 6, 1, False, "u8", ramp, origin=(3, 4))),
    ):
        pictures.append(picture(name, worker.run("negative", {}, image).image))
    mask = bytes([0, 255] * 8)
    pictures.append(picture("filled", worker.run("fill", {}, rgb, mask=mask).image))
    pictures.append(picture("twice", worker.run("repeat", {"times": 2}, rgb).image))
    crops = []
    outcome = worker.run(
        "negative",
        {"words": "Seen."},
        rgb,
        preview=(1, 1, 2, 2),
        uncertainty=2,
        on_preview=lambda image, x, y: crops.append((image, x, y)),
    )
    pictures.append(picture("preview", crops[0][0]))
    pictures.append(picture("uncertainty", outcome.uncertainty))
    report["preview"] = [len(crops), crops[0][1], crops[0][2]]
    report["notes"] = outcome.notes
    report["action"] = outcome.report["action"]
    report["pictures"] = pictures
    slow = ("slow", {"rounds": 1000, "seconds": 0.05}, rgb)
    report["refused"] = failure(worker.run, *slow, on_progress=lambda fraction, words: False)
    threading.Timer(0.3, worker.cancel).start()
    report["cancelled"] = failure(worker.run, *slow)
    report["unseen"] = failure(
        worker.run, "negative", {}, rgb, preview=(0, 0, 2, 2), on_preview=lambda *_: False
    )
    report["fails"] = failure(worker.run, "fails", {"how": "in-words"}, rgb)
    report["parameter"] = failure(worker.run, "negative", {"white": 7}, rgb)
    report["unknown"] = failure(worker.run, "nosuch", {}, rgb)
    report["short"] = failure(worker.run, "same", {}, client.Image(9, 9, 3, False, "u8", ramp))
    report["lost"] = failure(worker.run, "fails", {"how": "dies"}, rgb)
    print(json.dumps(report))


main()
