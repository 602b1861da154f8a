"""The four actions with the shipped model: what they gain and what they guarantee."""

import numpy as np
import pytest

from restore.errors import ParameterError
from restore.inverse import Downscale
from restore.photo import Photo
from tests.tasks.conftest import as_jpeg, psnr, to_bytes, with_noise

SCRATCH = np.zeros((96, 128), bool)
SCRATCH[np.arange(96), np.linspace(10, 110, 96).astype(int)] = True
SCRATCH |= np.roll(SCRATCH, 1, 1) | np.roll(SCRATCH, -1, 1)


@pytest.fixture(scope="module")
def clean_crops(photographs):
    """Reduced, so that neither noise nor compression of the originals is left."""
    from skimage.transform import downscale_local_mean

    crops = [downscale_local_mean(p, (2, 2, 1))[:144, :192] for p in photographs.values()]
    return [np.asarray(crop, np.float32) for crop in crops]


@pytest.mark.parametrize(("sigma", "gain"), [(15, 6), (50, 9)])
def test_denoising_by_a_given_and_by_a_found_strength(run, clean_crops, sigma, gain):
    before, given, found = [], [], []
    for image in clean_crops:
        noisy = with_noise(image, sigma / 255)
        before.append(psnr(noisy, image))
        given.append(psnr(run("denoise", noisy, noise=sigma / 255).photo, image))
        result = run("denoise", noisy)
        found.append(psnr(result.photo, image))
        assert result.report.found["noise_kind"] == "white"

    assert np.mean(given) > np.mean(before) + gain
    assert np.mean(found) > np.mean(given) - 0.2


def test_several_steps_stay_nearer_to_the_photo_than_a_sample(run, clean_crops):
    image = clean_crops[1][:96, :96]
    noisy = with_noise(image, 0.1)
    result = run("denoise", noisy, noise=0.1, steps=8)
    assert psnr(result.photo, image) > psnr(np.asarray(result.sample(0)), image) + 0.5


def test_clipped_noise_leaves_black_black(run):
    black = to_bytes(with_noise(np.full((96, 96, 3), 0.02), 0.1))

    restored = run("denoise", black, noise=0.1).photo.to_float()

    assert black.mean() / 255 > 0.045
    assert restored.mean() < 0.03


@pytest.mark.parametrize("sigma", [15, 40])
def test_gray_noise_is_removed_as_well_as_colour_allows(run, clean_crops, sigma):
    gains = []
    for image in clean_crops:
        gray = image.mean(2, keepdims=True)
        noisy = with_noise(gray, sigma / 255)
        result = run("denoise", noisy).photo
        assert result.pixels.shape == gray.shape
        gains.append(psnr(result, gray) - psnr(noisy, gray))

    assert np.mean(gains) > 4.5


def test_no_noise_is_left_as_it_is(run, clean_crops):
    photo = Photo.from_array(to_bytes(clean_crops[2]))

    for result in (run("denoise", photo), run("clean", photo), run("denoise", photo, noise=0)):
        assert np.array_equal(result.photo.pixels, photo.pixels)
        assert "left as it is" in result.report.notes[0]
        assert not result.uncertainty.any()


def test_cleaning_a_jpeg(run, clean_crops):
    gains = []
    for image in clean_crops:
        jpeg = as_jpeg(image, 20)
        result = run("clean", jpeg)
        gains.append(psnr(result.photo, image) - psnr(jpeg, image))
        assert result.report.found["jpeg_quality"] == 20

    assert np.mean(gains) > 0.4


def test_cleaning_leaves_a_good_jpeg_alone(run, clean_crops):
    differences = []
    for image in clean_crops:
        jpeg = as_jpeg(image, 92)
        differences.append(np.abs(run("clean", jpeg).photo.to_float() - jpeg.to_float()).mean())

    assert np.mean(differences) < 1 / 255


def test_cleaning_removes_noise_and_compression_together(run, clean_crops):
    gains = []
    for image in clean_crops:
        bad = as_jpeg(with_noise(image, 12 / 255), 70)
        gains.append(psnr(run("clean", bad).photo, image) - psnr(bad, image))

    assert np.mean(gains) > 0.5


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_upscaling_beats_bicubic_and_keeps_the_photo(run, clean_crops, scale):
    from PIL import Image

    gains = []
    for image in clean_crops:
        small = Image.fromarray(to_bytes(image)).resize((192 // scale, 144 // scale), 3)
        bicubic = np.asarray(small.resize((192, 144), 3)) / 255
        result = run("upscale", np.asarray(small), scale=scale)
        gains.append(psnr(result.photo, image) - psnr(bicubic, image))
        assert result.photo.size == (192, 144)
        assert all(check.passed for check in result.report.checks)

        again = result.photo.to_pil().resize(small.size, 3)
        assert np.square(np.asarray(again, int) - np.asarray(small)).mean() < 1

    assert np.mean(gains) > 0.2


def test_samples_of_an_upscaled_photo_are_consistent_too(run, clean_crops):
    small = clean_crops[0][:24, :32]
    result = run("upscale", small, scale=2, steps=3, seed=5)

    reduce = Downscale(2, (48, 64), size_y=(24, 32))
    reduced = reduce(result.sample(1).transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)

    assert np.abs(reduced - small).max() < 1e-4
    assert np.abs(result.sample(1) - result.sample(2)).max() > 1e-3


def test_hidden_colours_do_not_shine_through_an_enlarged_edge(run):
    pixels = np.full((32, 32, 4), 200, np.uint8)
    pixels[:, 16:] = 0

    enlarged = run("upscale", pixels, scale=2).photo

    assert enlarged.alpha.shape == (64, 64)
    assert enlarged.pixels[enlarged.alpha > 0].min() > 180


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("steps", [1, 3])
def test_inpainting_keeps_every_pixel_outside_the_mask(run, clean_crops, dtype, steps):
    image = clean_crops[1][:96, :128]
    top = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    pixels = (image * top).astype(dtype)
    pixels[SCRATCH] = 0

    result = run("inpaint", pixels, mask=SCRATCH, steps=steps)

    assert result.photo.pixels.dtype == dtype
    assert np.array_equal(result.photo.pixels[~SCRATCH], pixels[~SCRATCH])
    assert result.report.checks[0].passed
    error = np.abs(result.photo.to_float() - image)[SCRATCH].mean()
    assert error < 0.5 * np.abs(image)[SCRATCH].mean()


def test_scratches_are_filled_better_than_by_a_biharmonic_spline(run, clean_crops):
    from scipy.ndimage import binary_dilation
    from skimage.restoration import inpaint_biharmonic

    wide = binary_dilation(SCRATCH, np.ones((5, 5)))
    ours, peer = [], []
    for crop in clean_crops:
        image = crop[:96, :128]
        scratched = np.where(wide[:, :, None], 0, image)
        filled = run("inpaint", scratched, mask=wide).photo.pixels
        biharmonic = inpaint_biharmonic(scratched, wide, channel_axis=2)
        ours.append(psnr(filled[wide], image[wide]))
        peer.append(psnr(biharmonic[wide], image[wide]))

    assert np.mean(ours) > np.mean(peer)


def test_only_windows_around_the_mask_are_computed(run, host, clean_crops, monkeypatch):
    large = np.tile(to_bytes(clean_crops[0]), (10, 10, 1))
    mask = np.zeros(large.shape[:2], bool)
    mask[700:703, 300:340] = True
    seen = []
    lend = host.engine.prior

    def lent(model):
        prior = lend(model)

        def call(x_t, sigma, y=None):
            seen.append(y.y.shape[2] * y.y.shape[3])
            return prior(x_t, sigma, y)

        return call

    monkeypatch.setattr(host.engine, "prior", lent)
    run("inpaint", large, mask=mask)

    assert 0 < sum(seen) < 0.03 * mask.size


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros((96, 128), bool), "all black"),
        (np.ones((96, 128), bool), "all white"),
        (np.ones((128, 96), bool), "96 × 128"),
    ],
)
def test_masks_that_cannot_be_are_refused(run, clean_crops, mask, words):
    with pytest.raises(ParameterError, match=words):
        run("inpaint", clean_crops[0][:96, :128], mask=mask)


ACTIONS = {
    "denoise": {"noise": 0.1},
    "clean": {},
    "upscale": {"scale": 2},
    "inpaint": {"mask": SCRATCH},
}


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("steps", [1, 3])
def test_the_same_seed_gives_the_same_pixels(run, clean_crops, name, steps):
    photo = as_jpeg(with_noise(clean_crops[3][:64, :80], 0.05), 60)
    given = {**ACTIONS[name], "steps": steps}
    if name == "inpaint":
        given["mask"] = SCRATCH[:64, :80]

    first, again, other = (run(name, photo, seed=seed, **given) for seed in (1, 1, 2))

    assert np.array_equal(first.photo.pixels, again.photo.pixels)
    assert np.array_equal(first.photo.pixels, other.photo.pixels) == (steps == 1)
    assert np.array_equal(first.sample(7), again.sample(7))
    assert first.sample_uncertainty(2).max() > 0


@pytest.mark.parametrize("name", ACTIONS)
def test_half_the_strength_is_half_way(run, clean_crops, name):
    photo = with_noise(clean_crops[3][:96, :128], 0.05)
    given = {k: v for k, v in ACTIONS.items() if k == name}[name]

    none, half, full = (run(name, photo, strength=s, **given).photo.pixels for s in (0, 0.5, 1))

    assert np.abs(half - (none + full) / 2).max() < 1e-5
    if name != "upscale":
        assert np.array_equal(none, photo)


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("size", [(1, 1), (1, 700), (3, 5)])
@pytest.mark.parametrize("channels", [1, 3])
def test_tiny_and_thin_photos(run, name, size, channels):
    photo = with_noise(np.full((*size, channels), 0.5), 0.1)
    given = dict(ACTIONS[name])
    if name == "inpaint":
        if size == (1, 1):
            return
        given["mask"] = np.zeros(size, bool)
        given["mask"][0, 1:3] = True

    result = run(name, photo, **given).photo

    scale = given.get("scale", 1)
    assert result.pixels.shape == (size[0] * scale, size[1] * scale, channels)


@pytest.mark.parametrize("name", ACTIONS)
def test_values_beyond_white_survive(run, clean_crops, name):
    photo = with_noise(clean_crops[2][:96, :128], 0.04)
    photo[20:60, 20:60] += 2

    result = run(name, photo, **ACTIONS[name]).photo.pixels

    scale = ACTIONS[name].get("scale", 1)
    bright = result[30 * scale : 50 * scale, 30 * scale : 50 * scale]
    assert bright.mean() == pytest.approx(photo[30:50, 30:50].mean(), abs=0.15)


def test_sixteen_bits_are_not_quantised(run, clean_crops):
    noisy = (with_noise(clean_crops[1], 0.03).clip(0, 1) * 65535).round().astype(np.uint16)

    result = run("denoise", noisy).photo.pixels

    assert result.dtype == np.uint16
    assert (result % 257 != 0).mean() > 0.9


def test_alpha_and_gray_are_kept(run, clean_crops):
    gray = to_bytes(with_noise(clean_crops[0][:96, :128].mean(2, keepdims=True), 0.08))
    alpha = np.arange(96 * 128).reshape(96, 128, 1).astype(np.uint8)

    for name, given in ACTIONS.items():
        result = run(name, np.concatenate([gray, alpha], 2), **given).photo
        assert result.pixels.shape[2] == 1
        if name != "upscale":
            assert np.array_equal(result.alpha, alpha[:, :, 0])
