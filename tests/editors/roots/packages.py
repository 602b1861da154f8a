"""Fetching the packages of a root eight at a time: apt by itself takes one after another."""

from __future__ import annotations

import hashlib
import re
import shlex
import subprocess
import tempfile
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

__all__ = ["fetch", "mirror", "sources"]

_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_LINE = re.compile(r"'(?P<address>[^']+)' (?P<file>\S+) \d+ SHA256:(?P<sha256>[0-9a-f]{64})")


@dataclass(frozen=True)
class _Package:
    address: str
    file: str
    sha256: str


def mirror(archive: str = "debian") -> str:
    """Return where this machine's apt gets an archive of Debian from; empty if nowhere."""
    ask = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    listed = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    return next((a for a in listed.split() if a.rstrip("/").endswith(f"/{archive}")), "")


def sources(suite: str, beside: str = "") -> list[str]:
    """Return apt's lines for a suite, with its security updates where this machine has a mirror.

    Raises:
        LookupError: This machine's apt knows no mirror of Debian.
    """
    if not (main := mirror()):
        raise LookupError("apt on this machine knows no mirror of Debian")
    lines = [f"deb [signed-by={_KEYS}] {main} {name} main" for name in (suite, beside) if name]
    if suite not in ("sid", "forky") and (security := mirror("debian-security")):
        lines.append(f"deb [signed-by={_KEYS}] {security} {suite}-security main")
    return lines


def fetch(lines: Sequence[str], packages: Sequence[str], cache: Path) -> int:
    """Put the packages, and all that they depend on, into a folder; return how many lie there.

    What is missing afterwards is fetched by the installer itself, one by one.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        wanted = _resolve(lines, packages, Path(scratch))
    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(lambda package: _fetch(package, cache), wanted))


def _resolve(lines: Sequence[str], packages: Sequence[str], scratch: Path) -> list[_Package]:
    """Ask apt, with lists and an empty system of its own."""
    for name in ("lists/partial", "cache/archives/partial", "preferences.d"):
        (scratch / name).mkdir(parents=True)
    (scratch / "sources.list").write_text("\n".join(lines) + "\n")
    (scratch / "status").touch()
    settings = {
        "Dir::State::lists": scratch / "lists",
        "Dir::State::status": scratch / "status",
        "Dir::Etc::sourcelist": scratch / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferencesparts": scratch / "preferences.d",
        "Dir::Cache": scratch / "cache",
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::ForceHash": "sha256",
    }
    options = [f"-o{key}={value}" for key, value in settings.items()]
    _output(["apt-get", "-qq", *options, "update"])
    available = _output(["apt-cache", *options, "dumpavail"])
    essential = [
        match.group(1)
        for block in available.split("\n\n")
        if "\nEssential: yes" in block and (match := re.search("^Package: (.+)$", block, re.M))
    ]
    plan = ["apt-get", *options, "install", "--yes", "--print-uris", "apt"]
    listed = _output([*plan, *sorted(set(essential)), *packages])
    return [_Package(**match.groupdict()) for match in _LINE.finditer(listed)]


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{shlex.join(command[:1])}: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout


def _fetch(package: _Package, cache: Path) -> bool:
    target = cache / package.file
    if target.exists():
        return True
    try:
        with urllib.request.urlopen(package.address, timeout=60) as answer:
            content = answer.read()
    except OSError:
        return False
    if hashlib.sha256(content).hexdigest() != package.sha256:
        return False
    partial = target.with_name(f".{package.file}")
    partial.write_bytes(content)
    partial.replace(target)
    return True
