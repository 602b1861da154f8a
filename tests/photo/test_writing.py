"""What a written file costs, keeps and inherits, and what happens where there is no room for it."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.errors import WriteError
from restore.photo import Photo, read, write
from restore.photo.atomic import replacing
from restore.photo.foresight import bytes_of_result, measure
from tests.disks import small_disk
from tests.photo.conftest import picture

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")
LEAST = 43
"""Decibels between a restored photo and what its JPEG file makes of it: an error of 1.8 in 255."""


def smoothed(photo: Photo) -> Photo:
    """Return what stands for a restored photo."""
    from scipy.ndimage import gaussian_filter

    values = gaussian_filter(photo.to_float(), (0.7, 0.7, 0))
    return replace(photo.with_float(values), source=photo.source.restored())


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("quality", [10, 60, 91, 92, 98])
def test_a_restored_jpeg_is_hardly_damaged_again(tmp_path, quality, subsampling):
    from skimage import data

    path = tmp_path / "photo.jpg"
    image = Image.fromarray(data.coffee()[:256, :256])
    image.save(path, quality=quality, subsampling=subsampling)
    result = smoothed(read(path))

    write(result, tmp_path / "result.jpg")

    written = read(tmp_path / "result.jpg")
    error = np.square(written.to_float() - result.to_float()).mean()
    assert -10 * np.log10(error) >= LEAST
    own, theirs = (np.mean(photo.source.jpeg_tables[0]) for photo in (written, read(path)))
    assert own <= theirs, "coarser than the photo's own"


def test_a_photo_that_is_still_what_the_file_held_keeps_its_tables(tmp_path):
    path = tmp_path / "photo.jpg"
    Image.fromarray(picture(40, 50, 3, np.uint8)).save(path, quality=40, subsampling="4:2:0")
    photo = read(path)
    again = read(write(photo, tmp_path / "again.jpg"))
    assert again.source.jpeg_tables == photo.source.jpeg_tables
    assert again.source.jpeg_subsampling == "4:2:0"


@pytest.mark.parametrize("ending", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("other", [".png", ".tif", ".webp"])
def test_lossless_stays_lossless(tmp_path, ending, other):
    photo = Photo.from_array(picture(20, 30, 3, np.uint8))
    first = write(photo, tmp_path / f"first{ending}")
    second = read(write(read(first), tmp_path / f"second{other}"))
    assert second.source.lossless
    np.testing.assert_array_equal(second.pixels, photo.pixels)


@pytest.fixture
def old(tmp_path) -> Path:
    """A photo of long ago."""
    path = write(Photo.from_array(picture(20, 30, 3, np.uint8)), tmp_path / "old.png")
    os.utime(path, ns=(10**18, 10**18 + 12_345_000))
    return path


def test_a_result_is_as_old_as_its_photo_unless_told_otherwise(tmp_path, old):
    photo = read(old)
    for path, overwrite in ((tmp_path / "new.png", False), (old, True)):
        write(photo, path, overwrite=overwrite)
        assert path.stat().st_mtime_ns == 10**18 + 12_345_000
    write(photo, old, overwrite=True, times=False)
    assert old.stat().st_mtime_ns > 10**18 + 12_345_000


@posix
def test_what_nobody_else_may_read_nobody_else_may_read_restored(tmp_path, old):
    for mode, expected in ((0o600, 0o600), (0o400, 0o600), (0o777, 0o666 & ~umask())):
        old.chmod(mode)
        result = write(read(old), tmp_path / f"{mode:o}.png")
        assert stat.S_IMODE(result.stat().st_mode) == expected


@posix
def test_a_replaced_file_hands_on_its_own_permissions(tmp_path, old):
    target = tmp_path / "target.png"
    target.write_bytes(b"")
    target.chmod(0o664)
    old.chmod(0o600)
    write(read(old), target, overwrite=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o664


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_replaced_file_keeps_its_owner(tmp_path, old):
    os.chown(old, 12345, 23456)
    old.chmod(0o640)
    write(read(old), old, overwrite=True)
    status = old.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 23456, 0o640)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="this system has no such attributes")
def test_tags_go_with_the_photo_and_check_sums_do_not(tmp_path, old):
    try:
        os.setxattr(old, "user.xdg.tags", "Großmutter,1931".encode())
        os.setxattr(old, "user.shatag.sha256", b"0" * 64)
    except OSError:
        pytest.skip("this file system has no extended attributes")
    new = write(read(old), tmp_path / "new.png")
    write(read(old), old, overwrite=True)
    for path in (new, old):
        assert os.getxattr(path, "user.xdg.tags").decode() == "Großmutter,1931"
        assert "user.shatag.sha256" not in os.listxattr(path)


def test_a_photo_without_room_is_refused_before_it_is_written(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (400, 300, 3), np.uint8)
    photo = Photo.from_array(noise)
    with small_disk(tmp_path / "disk", 200) as disk:
        (disk / "x.png").write_bytes(b"precious")
        with pytest.raises(WriteError, match=r"may take 0\.36") as caught:
            write(photo, disk / "x.png", overwrite=True)
        assert "room" in caught.value.hint
        assert [(p.name, p.read_bytes()) for p in disk.iterdir()] == [("x.png", b"precious")]


def test_a_disk_that_fills_up_all_the_same_leaves_what_was_there(tmp_path):
    with small_disk(tmp_path / "disk", 200) as disk:
        (disk / "x.png").write_bytes(b"precious")
        with (
            pytest.raises(WriteError, match="space") as caught,
            replacing(disk / "x.png", overwrite=True) as file,
        ):
            file.write(bytes(1_000_000))
        assert "room" in caught.value.hint
        assert [(p.name, p.read_bytes()) for p in disk.iterdir()] == [("x.png", b"precious")]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_a_result_is_never_longer_than_foreseen(tmp_path, kind, channels):
    noise = np.random.default_rng(0).random((41, 53, channels))
    top = 1 if kind is np.float32 else np.iinfo(kind).max
    photo = Photo.from_array((noise * top).astype(kind))
    for source in (".png", ".tif", ".webp"):
        path = write(photo, tmp_path / f"source{source}", overwrite=True)
        header = measure(path)
        assert header is not None
        assert header.size == photo.size
        for target in (".png", ".tif", ".webp"):
            result = tmp_path / f"result{target}"
            foreseen = bytes_of_result(path, result)
            length = write(read(path), result, overwrite=True).stat().st_size
            assert length <= foreseen + 2000, (source, target)
            assert foreseen <= 5 * photo.pixels.nbytes + path.stat().st_size


def test_of_a_damaged_file_nothing_is_foreseen_but_its_length(tmp_path):
    path = tmp_path / "x.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert measure(path) is None
    assert bytes_of_result(path, path) == 80


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
