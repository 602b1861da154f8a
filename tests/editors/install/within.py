"""What the editors themselves know of the entries; runs inside GIMP and Krita."""


def gimp(names):
    """Return where GIMP has these procedures in its menus; nothing for those it does not know."""
    from gi.repository import Gimp

    known = map(Gimp.get_pdb().lookup_procedure, names)
    return [procedure.get_menu_paths() if procedure else None for procedure in known]


def krita(names):
    """Return the texts of these entries of Krita's; nothing for those it does not know."""
    from krita import Krita

    known = map(Krita.instance().action, names)
    return [action.text() if action else None for action in known]
