"""What was done is told in the photo's own XMP, and every other byte of that stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.photo import Metadata, Photo, read, write
from restore.photo.metadata.provenance import Event, events, recorded
from restore.photo.metadata.xmp import RDF, XmpError
from tests.photo.conftest import picture
from tests.photo.exiftool import complaints, exiftool, needs_exiftool, tags

ONE = Event("denoise", {"noise": "auto", "steps": 1}, "base", "ab" * 32, "restore 1", "2026-01-02")
TWO = Event("upscale", {"scale": 2, "text": "<&>\"'\n"}, software="restore 1", when="2026-01-03")
OTHER = "urn:other#"


def packet(body: str, head: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{head}<r:RDF xmlns:r="{RDF}">{body}</r:RDF>'
        "</x:xmpmeta>" + " \n" * 1000 + '<?xpacket end="r"?>'
    ).encode()


MM = 'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
OLD = f'<r:Description r:about="uuid:&quot;7" xmlns:o="{OTHER}" o:p="1"><!-- é --></r:Description>'
PACKETS = {
    "none": packet(""),
    "other properties": packet(OLD),
    "a history": packet(
        f"{OLD}<r:Description r:about='' {MM}><xmpMM:History><r:Seq><r:li>x</r:li></r:Seq>"
        "</xmpMM:History></r:Description>"
    ),
    "an empty history": packet(
        f"<r:Description r:about='' {MM}><xmpMM:History><r:Seq/></xmpMM:History></r:Description>"
    ),
    "without packet marks": packet(OLD).partition(b"?>\n")[2].rpartition(b"<?")[0].rstrip(),
    "zeros behind it": packet(OLD) + bytes(9),
}


@pytest.mark.parametrize("before", PACKETS.values(), ids=PACKETS.keys())
def test_every_other_byte_stays(before):
    once = recorded(before, ONE)
    twice = recorded(once, TWO)
    assert (events(before), events(once), events(twice)) == ((), (ONE,), (ONE, TWO))
    for old, new in ((before, once), (once, twice)):
        start = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
        shared = len(new) - len(old)
        cut = 2 if b"<r:Seq/>" in old else 0  # an empty tag has to be opened
        assert old[: start + cut].startswith(new[:start])
        assert old[start + cut :] in (new[start + shared + cut :], new[start + shared :])
    assert twice.count(b"<?xpacket end") == before.count(b"<?xpacket end")


def test_a_photo_without_xmp_gets_a_packet():
    assert events(recorded(None, ONE)) == (ONE,)
    assert events(recorded(b"\0 ", ONE)) == (ONE,)
    assert events(None) == ()


@given(
    st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers() | st.none()),
    st.text(max_size=20),
)
def test_whatever_is_told_stays_well_formed(parameters, model):
    (event,) = events(recorded(None, Event("act", parameters, model)))
    assert event.parameters == parameters


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + packet(OLD)


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (BOMB, "document type"),
        (b"<x/>", "no rdf:RDF"),
        (b"xmp", "syntax error"),
        (packet(OLD).decode().encode("utf-16"), "cannot be read"),
        (packet("<a>" * 80 + "</a>" * 80), "too many"),
        (packet("<a/>" * 100_001), "too many"),
        (b"<x>" + b" " * 2**24, "too large"),
        (packet(f'<r:Description {MM} xmpMM:History="yesterday"/>'), "no list"),
    ],
)
def test_what_cannot_be_changed_is_refused(damaged, why):
    with pytest.raises(XmpError, match=why):
        recorded(damaged, ONE)


@needs_exiftool
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_exiftool_reads_it_and_its_own_copy_is_read(tmp_path, suffix):
    xmp = recorded(recorded(PACKETS["other properties"], ONE), TWO)
    photo = replace(Photo.from_array(picture(8, 9, 3, np.uint8)), metadata=Metadata(xmp=xmp))
    path = write(photo, tmp_path / f"x.{suffix}")
    one, two = tags(path)[0]["XMP-xmpMM:History"]
    assert one["Operation"] == "denoise"
    assert (one["Model"], one["ModelSHA256"]) == ("base", "ab" * 32)
    assert (one["SoftwareAgent"], two["Operation"]) == ("restore 1", "upscale")
    assert not [c for c in complaints(path)[0] if "xmp" in c.lower()]
    if suffix == "jpg":
        exiftool("-overwrite_original", "-XMP-dc:Title=new", path)
        assert [e.action for e in events(read(path).metadata.xmp)] == ["denoise", "upscale"]
