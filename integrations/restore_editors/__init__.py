"""What the editors' hosts share: the client inside the editor, and how a plug-in gets there."""
