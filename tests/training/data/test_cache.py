"""A cache holds its sources' pixels, is reused while they stay the same, and names what it left."""

from __future__ import annotations

import json
import os
import shutil
import tracemalloc
import zipfile

import numpy as np
import pytest

from restore.errors import ParameterError, PhotoError, WriteError
from restore.training.data.cache import Cache, Facts, build_cache
from tests.training.data.pictures import noise, png_header, save

FILES = {"a.png": (20, 30), "below/b.PNG": (31, 17), "below/deeper/c.png": (5, 64)}


@pytest.fixture
def photos(tmp_path):
    """Return a folder with photos in three levels, and files that are none."""
    folder = tmp_path / "photos"
    for seed, (name, shape) in enumerate(FILES.items()):
        save(folder / name, noise(*shape, seed))
    (folder / "credits.txt").write_text("by nobody")
    (folder / ".hidden.png").write_text("no picture")
    (folder / ".thumbnails").mkdir()
    save(folder / ".thumbnails" / "a.png", noise(4, 4))
    return folder


def zipped(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*.[pP][nN][gG]"):
            if not any(part.startswith(".") for part in file.relative_to(folder).parts):
                archive.write(file, file.relative_to(folder))
        archive.writestr("__MACOSX/._a.png", "no picture")
        archive.writestr("readme.md", "no picture")
    return path


def everything(cache):
    parts = [cache.split(held_out=side) for side in (False, True)]
    return {p.names[i]: p[i] for p in parts for i in range(len(p))}


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_folder_and_zip_come_back_to_the_bit(tmp_path, photos, kind):
    source = photos if kind == "folder" else zipped(photos, tmp_path / "photos.zip")
    told = []
    build_cache([source], tmp_path / "cache", lambda *progress: told.append(progress))
    cache = Cache.open(tmp_path / "cache")

    assert cache.index.skipped == ()
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert [p.source for p in cache.index.pictures] == [f"{source.name}/{name}" for name in FILES]
    pictures = everything(cache)
    assert set(pictures) == {"a.png", "b.PNG", "c.png"}
    for seed, (name, shape) in enumerate(FILES.items()):
        np.testing.assert_array_equal(pictures[name.split("/")[-1]], noise(*shape, seed))
    assert not cache.pixels.flags.writeable
    assert {f.name for f in cache.folder.iterdir()} - {".lock"} == {"pixels.u8", "index.json"}


def test_several_sources_follow_each_other(tmp_path, photos):
    archive = zipped(photos, tmp_path / "more.zip")
    cache = build_cache([archive, photos], tmp_path / "cache")
    sources = [picture.source.split("/")[0] for picture in cache.index.pictures]
    assert sources == ["more.zip"] * 3 + ["photos"] * 3
    half = cache.pixels.size // 2
    np.testing.assert_array_equal(cache.pixels[:half], cache.pixels[half:])


def test_the_same_sources_are_not_decoded_again(tmp_path, photos):
    first = build_cache([photos], tmp_path / "cache").pixels.copy()
    file = photos / "a.png"
    times = file.stat()
    file.write_bytes(bytes(times.st_size))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    moved = photos.parent / "elsewhere" / photos.name
    moved.parent.mkdir()
    photos.rename(moved)

    again = build_cache([moved], tmp_path / "cache", lambda *_: pytest.fail("decoded again"))

    np.testing.assert_array_equal(again.pixels, first)


def test_a_cache_that_cannot_be_written_to_is_used(tmp_path, photos):
    built = build_cache([photos], tmp_path / "cache")
    (built.folder / ".lock").unlink(missing_ok=True)
    built.folder.chmod(0o500)
    try:
        assert build_cache([photos], built.folder).index == built.index
        assert not (built.folder / ".lock").exists()
    finally:
        built.folder.chmod(0o700)


@pytest.mark.parametrize("change", ["touched", "added", "removed", "renamed"])
def test_other_sources_are_decoded(tmp_path, photos, change):
    before = build_cache([photos], tmp_path / "cache")
    if change == "touched":
        file = save(photos / "a.png", noise(20, 30, seed=9))
        os.utime(file, ns=(0, 1))
    elif change == "added":
        save(photos / "d.png", noise(3, 3))
    elif change == "removed":
        (photos / "a.png").unlink()
    else:
        (photos / "a.png").rename(photos / "z.png")

    after = build_cache([photos], tmp_path / "cache")

    assert after.index.key != before.index.key
    fresh = build_cache([photos], tmp_path / "fresh")
    assert after.index == fresh.index
    np.testing.assert_array_equal(after.pixels, fresh.pixels)


def test_what_cannot_be_read_is_left_out_and_named(tmp_path, photos):
    whole = (photos / "a.png").read_bytes()
    (photos / "cut.png").write_bytes(whole[: len(whole) // 2])
    (photos / "text.jpg").write_text("no picture")
    (photos / "bomb.png").write_bytes(png_header(60000, 60000))

    cache = build_cache([photos], tmp_path / "cache")

    reasons = dict(cache.index.skipped)
    assert set(reasons) == {"photos/cut.png", "photos/text.jpg", "photos/bomb.png"}
    assert all(reasons.values())
    pictures = everything(Cache.open(cache.folder))
    assert set(pictures) == {"a.png", "b.PNG", "c.png"}
    np.testing.assert_array_equal(pictures["c.png"], noise(5, 64, 2))


def test_a_damaged_member_does_not_end_a_zip(tmp_path, photos):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.png", "b.png", "c.png"):
            archive.write(photos / "a.png", name)
        middle = archive.getinfo("b.png").header_offset + 300
    data = bytearray(path.read_bytes())
    data[middle] ^= 255
    path.write_bytes(data)

    cache = build_cache([path], tmp_path / "cache")

    assert [picture.name for picture in cache.index.pictures] == ["a.png", "c.png"]
    assert [name for name, _ in cache.index.skipped] == ["photos.zip/b.png"]


def test_memory_is_taken_for_one_picture_at_a_time(tmp_path):
    flat = np.zeros((500, 500, 3), np.uint8)
    for i in range(20):
        save(tmp_path / "photos" / f"{i}.png", flat)
    build_cache([tmp_path / "photos"], tmp_path / "warm")
    tracemalloc.start()
    build_cache([tmp_path / "photos"], tmp_path / "cache")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * flat.nbytes


def test_bad_sources_are_refused(tmp_path, photos):
    cache = tmp_path / "cache"
    empty = tmp_path / "empty"
    empty.mkdir()
    nothing = tmp_path / "nothing.zip"
    with zipfile.ZipFile(nothing, "w") as archive:
        archive.writestr("readme.md", "no picture")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(nothing.read_bytes()[:20])
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "x.png").write_text("no picture")

    for sources, error, words in (
        ([], ParameterError, "nothing to take"),
        ([photos, photos / "below" / ".."], ParameterError, "named twice"),
        ([tmp_path / "missing"], PhotoError, "missing does not exist"),
        ([photos, empty], PhotoError, "no photo in .*empty"),
        ([nothing], PhotoError, "no photo in .*nothing.zip"),
        ([broken], PhotoError, "broken.zip is neither a folder nor a complete zip file"),
        ([photos / "a.png"], PhotoError, "a.png is neither a folder nor a complete zip file"),
        ([damaged], PhotoError, "None of the 1 photos can be used; damaged/x.png: it is damaged"),
    ):
        with pytest.raises(error, match=words) as caught:
            build_cache(sources, cache)
        assert caught.value.hint
        with pytest.raises(PhotoError, match="no complete cache"):
            Cache.open(cache)


def rewrite(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize("what", ["version", "short", "long", "gap", "json", "gone"])
def test_a_cache_that_is_not_whole_is_refused_and_built_again(tmp_path, photos, what):
    whole = build_cache([photos], tmp_path / "cache")
    index, pixels = whole.folder / "index.json", whole.folder / "pixels.u8"
    expected = whole.pixels.copy()
    if what == "version":
        rewrite(index, version=2, pictures="in some other way")
    elif what == "gap":
        pictures = json.loads(index.read_text())["pictures"]
        pictures[1]["offset"] += 3
        rewrite(index, pictures=pictures)
    elif what == "json":
        rewrite(index, pictures=None)
    elif what == "gone":
        pixels.unlink()
    else:
        data = pixels.read_bytes()
        pixels.unlink()
        pixels.write_bytes(data[:-1] if what == "short" else data + b"\0")

    words = "has version 2; this is made for 1" if what == "version" else "is damaged"
    with pytest.raises(PhotoError, match=words) as caught:
        Cache.open(whole.folder)
    assert "Build the cache again" in caught.value.hint
    np.testing.assert_array_equal(build_cache([photos], whole.folder).pixels, expected)


def test_another_programs_index_is_left_alone(tmp_path, photos):
    index = tmp_path / "index.json"
    index.write_text('{"name": "a web site", "version": 1}')
    with pytest.raises(ParameterError, match="not the index of a cache"):
        build_cache([photos], tmp_path)
    assert index.read_text() == '{"name": "a web site", "version": 1}'


def test_a_folder_that_cannot_be_made_is_said(tmp_path, photos):
    with pytest.raises(WriteError, match="cannot be written"):
        build_cache([photos], photos / "a.png")
    with pytest.raises(WriteError, match="cannot be written"):
        build_cache([photos], photos / "a.png" / "cache")


def test_a_disk_that_is_too_small_is_known_beforehand(tmp_path):
    side = 12000
    count = shutil.disk_usage(tmp_path).free // (3 * side * side) + 2
    archive = tmp_path / "large.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for i in range(count):
            file.writestr(f"{i}.png", png_header(side, side))
    with pytest.raises(WriteError, match=r"The decoded photos take .* GB, and .* free"):
        build_cache([archive], tmp_path / "cache", lambda *_: pytest.fail("decoded"))
    assert {f.name for f in (tmp_path / "cache").iterdir()} <= {".lock"}


def test_the_facts_for_a_model_card(tmp_path):
    names = [f"{i:03}.png" for i in range(80)]
    for name in names:
        save(tmp_path / "photos" / name, noise(25, 40))
    facts = build_cache([tmp_path / "photos"], tmp_path / "cache").facts
    held_out = ["005.png", "006.png", "073.png", "074.png", "075.png", "077.png"]
    assert facts == Facts(pictures=80, held_out=len(held_out), megapixels=0.08)
