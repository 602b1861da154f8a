"""Where each key of a TOML file stands, which the standard library does not tell."""

from __future__ import annotations

import re
import tomllib
from typing import TypeAlias

__all__ = ["Place", "line_of", "places"]

Place: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the root down, such as ("folder", 0, "quality")."""

_STRING = r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
_TOKEN = re.compile(
    rf"(?P<blank>[ \t\r]+|#[^\n]*)|(?P<line>\n)|(?P<text>{_STRING})"
    r"|(?P<word>[A-Za-z0-9_+:-]+)|(?P<sign>.)",
    re.DOTALL,
)


def places(text: str) -> dict[Place, int]:
    """Return the line, from 1, of every key and table header of a valid TOML file."""
    return _Scan(text).places


def line_of(known: dict[Place, int], place: Place) -> int:
    """Return the line of a place, or of the nearest place above it that has one; else 1."""
    while place and place not in known:
        place = place[:-1]
    return known.get(place, 1)


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """Return kind, text and line of every token that means something."""
    tokens = []
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "blank":
            tokens.append((str(match.lastgroup), match.group(), line))
        line += match.group().count("\n")
    return tokens


class _Scan:
    """Goes through the tokens once; tomllib has seen to it that they make sense."""

    def __init__(self, text: str) -> None:
        self.places: dict[Place, int] = {}
        self._newest: dict[Place, int] = {}
        self._tokens = _tokens(text)
        self._at = 0
        self._document()

    def _document(self) -> None:
        table: Place = ()
        while self._at < len(self._tokens):
            line = self._tokens[self._at][2]
            if self._text() == "\n":
                self._at += 1
            elif self._text() == "[":
                table = self._header(line)
            else:
                self._pair(table)

    def _header(self, line: int) -> Place:
        several = self._text(1) == "["
        self._at += 1 + several
        names = self._key()
        self._at += 1 + several
        place: Place = ()
        for name in names[:-1]:
            self.places.setdefault((*place, name), line)
            place = self._inside((*place, name))
        place = (*place, names[-1])
        if several:
            self.places.setdefault(place, line)
            self._newest[place] = self._newest.get(place, -1) + 1
            place = self._inside(place)
        self.places[place] = line
        return place

    def _inside(self, place: Place) -> Place:
        """Return the newest table of an array of tables; any other place as it is."""
        return (*place, self._newest[place]) if place in self._newest else place

    def _pair(self, table: Place) -> None:
        line = self._tokens[self._at][2]
        place: Place = table
        for name in self._key():
            place = (*place, name)
            self.places.setdefault(place, line)
        self._at += 1
        self._value(place)

    def _key(self) -> list[str]:
        """Return the parts of a dotted key."""
        names: list[str] = []
        while True:
            kind, token, _ = self._tokens[self._at]
            names.append(_plain(token) if kind == "text" else token)
            self._at += 1
            if self._text() != ".":
                return names
            self._at += 1

    def _value(self, place: Place) -> None:
        if self._text() == "{":
            self._at += 1
            while self._skip_lines() != "}":
                if self._text() == ",":
                    self._at += 1
                else:
                    self._pair(place)
            self._at += 1
        elif self._text() == "[":
            self._array(place)
        else:
            while self._text() not in ("\n", ",", "]", "}", ""):
                self._at += 1

    def _array(self, place: Place) -> None:
        self._at += 1
        number = 0
        while self._skip_lines() != "]":
            if self._text() == ",":
                self._at += 1
                number += 1
                continue
            self.places[*place, number] = self._tokens[self._at][2]
            self._value((*place, number))
        self._at += 1

    def _skip_lines(self) -> str:
        while self._text() == "\n":
            self._at += 1
        return self._text()

    def _text(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at][1] if at < len(self._tokens) else ""


def _plain(quoted: str) -> str:
    """Return what a quoted key says."""
    return str(tomllib.loads(f"key = {quoted}")["key"])
