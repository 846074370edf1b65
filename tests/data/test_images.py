import os
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fakeface.data.images import ImageError, to_uint8
from fakeface.views.view import ELA, ORIGINAL, ViewParameters, compute_views
from tests.data.image_files import (
    FOUR_COLOURS,
    GREY,
    GREY_AS_RGB,
    HERE,
    NOISE,
    PHOTOGRAPH,
    SIXTEEN,
    TOO_LARGE,
    decode,
    decode_with_opencv,
    encode,
    encode_with_opencv,
    heic,
    palette_image,
    png_header,
    read,
    with_alpha,
)

# Pytest undoes the filters that the module sets; test_pillow_warns_of_nothing sees them at work.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")


def frames(kind: str) -> bytes:
    others = [Image.fromarray(255 - NOISE), Image.new("RGB", (9, 6), "green")]
    options = {"lossless": True} if kind == "WEBP" else {}
    return encode(NOISE, kind, save_all=True, append_images=others, **options)


RED_OVER_WHITE = [[[255, 0, 0], [255, 255, 255]], [[255, 127, 127], [255, 204, 204]]]
"""Red with alpha 255, 0, 128 and 51 on white: 255 − alpha in green and blue."""


RED = np.full((2, 2, 3), (255, 0, 0), dtype=np.uint8)
RED_ALPHA = [255, 0, 128, 51]
EXACT: dict[str, tuple[Callable[[], bytes], NDArray[Any]]] = {
    "png": (lambda: encode(NOISE, "PNG"), NOISE),
    "png grey": (lambda: encode(GREY, "PNG"), GREY_AS_RGB),
    "png 1 bit": (lambda: encode(Image.fromarray(GREY > 127), "PNG"), np.where(GREY_AS_RGB > 127, 255, 0)),
    "png palette": (lambda: encode(palette_image(), "PNG"), FOUR_COLOURS),
    "png palette with a transparent entry": (
        lambda: encode(palette_image(), "PNG", transparency=1),
        np.array([[[255, 0, 0], [255, 255, 255]], [[0, 0, 255], [9, 9, 9]]]),
    ),
    "png alpha": (lambda: encode(with_alpha(RED, RED_ALPHA), "PNG"), np.array(RED_OVER_WHITE)),
    "png grey alpha": (
        lambda: encode(Image.fromarray(with_alpha(RED, RED_ALPHA)[..., [1, 1, 1, 3]]).convert("LA"), "PNG"),
        np.array(RED_OVER_WHITE)[..., [1, 1, 1]],
    ),
    "png transparent colour": (
        lambda: encode(FOUR_COLOURS, "PNG", transparency=(9, 9, 9)),
        np.where((FOUR_COLOURS == 9).all(2, keepdims=True), 255, FOUR_COLOURS),
    ),
    "png 16 bit": (lambda: encode_with_opencv(SIXTEEN, ".png"), SIXTEEN >> 8),
    "png 16 bit grey": (
        lambda: encode_with_opencv(SIXTEEN[..., 0], ".png"),
        np.stack([SIXTEEN[..., 0] >> 8] * 3, axis=2),
    ),
    "png animated": (lambda: frames("PNG"), NOISE),
    "gif": (lambda: encode(palette_image(), "GIF"), FOUR_COLOURS),
    "gif animated": (
        lambda: encode(palette_image(), "GIF", save_all=True, append_images=[Image.new("RGB", (2, 2), "blue")]),
        FOUR_COLOURS,
    ),
    "bmp": (lambda: encode(NOISE, "BMP"), NOISE),
    "bmp palette": (lambda: encode(palette_image(), "BMP"), FOUR_COLOURS),
    "tiff": (lambda: encode(NOISE, "TIFF"), NOISE),
    "tiff lzw": (lambda: encode(NOISE, "TIFF", compression="tiff_lzw"), NOISE),
    "tiff 16 bit": (lambda: encode_with_opencv(SIXTEEN, ".tiff"), SIXTEEN >> 8),
    "tiff 16 bit grey": (
        lambda: encode(SIXTEEN[..., 0], "TIFF"),
        np.stack([SIXTEEN[..., 0] >> 8] * 3, axis=2),
    ),
    "tiff cmyk": (
        lambda: encode(Image.fromarray(255 - with_alpha(FOUR_COLOURS, [255] * 4), "CMYK"), "TIFF"),
        FOUR_COLOURS,
    ),
    "tiff alpha": (lambda: encode(with_alpha(RED, RED_ALPHA), "TIFF"), np.array(RED_OVER_WHITE)),
    "tiff of three pages": (lambda: frames("TIFF"), NOISE),
    "webp": (lambda: encode(NOISE, "WEBP", lossless=True), NOISE),
    "webp alpha": (lambda: encode(with_alpha(RED, RED_ALPHA), "WEBP", lossless=True), np.array(RED_OVER_WHITE)),
    "webp animated": (lambda: frames("WEBP"), NOISE),
    "png 1x1": (lambda: encode(NOISE[:1, :1], "PNG"), NOISE[:1, :1]),
    "gif 1x1": (lambda: encode(np.full((1, 1, 3), 255, dtype=np.uint8), "GIF"), np.full((1, 1, 3), 255)),
    "png 1 pixel high": (lambda: encode(NOISE[:1], "PNG"), NOISE[:1]),
}


@pytest.mark.parametrize("case", EXACT)
def test_lossless_images_are_read_exactly(case: str, tmp_path: Path) -> None:
    build, expected = EXACT[case]
    # The name says JPEG on purpose: the content decides.
    path = tmp_path / "photo.jpg"
    path.write_bytes(build())

    pixels = read(path)

    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, expected)
    np.testing.assert_array_equal(decode(path.read_bytes(), path), expected)
    assert pixels.flags.writeable
    assert pixels.flags.c_contiguous


JPEGS: dict[str, Callable[[], bytes]] = {
    "baseline": lambda: encode(PHOTOGRAPH, "JPEG"),
    "progressive": lambda: encode(PHOTOGRAPH, "JPEG", progressive=True),
    "4:4:4": lambda: encode(PHOTOGRAPH, "JPEG", subsampling=0),
    "4:2:2": lambda: encode(PHOTOGRAPH, "JPEG", subsampling=1),
    "restart markers": lambda: encode(PHOTOGRAPH, "JPEG", restart_marker_rows=1),
    "quality 1": lambda: encode(PHOTOGRAPH, "JPEG", quality=1),
    "grey": lambda: encode(PHOTOGRAPH[..., 0], "JPEG"),
    "1x1": lambda: encode(PHOTOGRAPH[:1, :1], "JPEG"),
    "rgb without colour transform": lambda: encode(PHOTOGRAPH, "JPEG", keep_rgb=True),
    "bytes after the end": lambda: encode(PHOTOGRAPH, "JPEG") + b"camera notes" * 99,
    "an icc profile and a comment": lambda: encode(PHOTOGRAPH, "JPEG", icc_profile=b"?" * 70_000, comment=b"hello"),
    "two pictures": lambda: encode(PHOTOGRAPH, "MPO", save_all=True, append_images=[Image.fromarray(255 - PHOTOGRAPH)]),
}


@pytest.mark.parametrize("case", JPEGS)
def test_jpegs_have_the_pixels_that_opencv_decodes(case: str) -> None:
    data = JPEGS[case]()
    np.testing.assert_array_equal(decode(data, HERE), decode_with_opencv(data))


@pytest.mark.parametrize("colour", ["white", "black", "red", "cyan"])
def test_cmyk_jpegs_are_converted(colour: str) -> None:
    image = Image.new("RGB", (16, 16), colour)
    pixels = decode(encode(image.convert("CMYK"), "JPEG", quality=100), HERE)
    np.testing.assert_allclose(pixels.astype(int), np.asarray(image).astype(int), atol=2)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"lossless": True} if kind == "WEBP" else {}
    data = encode(PHOTOGRAPH, kind, exif=exif, **lossless)

    expected = ImageOps.exif_transpose(Image.open(BytesIO(data)))

    np.testing.assert_array_equal(decode(data, HERE), np.asarray(expected))


def test_orientation_6_turns_a_portrait_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # "the 0th row is the right-hand side, the 0th column the top": a quarter turn clockwise mends it.
    pixels = decode(encode(FOUR_COLOURS, "PNG", exif=exif), HERE)
    np.testing.assert_array_equal(pixels, np.rot90(FOUR_COLOURS, k=-1))


@pytest.mark.parametrize(
    "exif",
    [
        pytest.param(b"Exif\0\0", id="empty"),
        pytest.param(b"Exif\0\0" + b"garbage" * 9, id="garbage"),
        pytest.param(b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0", id="orientation 9"),
        pytest.param(b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x01a\0\0\0\0\0\0\0", id="orientation 'a'"),
        pytest.param(b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12\0\x03\0\0\0\x01\0", id="cut off"),
        pytest.param(b"Exif\0\0MM\0*\xff\xff\xff\xff", id="offset beyond the end"),
    ],
)
def test_broken_exif_data_is_ignored(exif: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    data = encode(PHOTOGRAPH, "JPEG", exif=exif)
    np.testing.assert_array_equal(decode(data, HERE), decode_with_opencv(data))
    assert capfd.readouterr().err == ""


def test_pillow_warns_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "exif.jpg").write_bytes(encode(PHOTOGRAPH, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"))
    (tmp_path / "bomb.png").write_bytes(png_header(10_100, 10_000))
    program = (
        "from pathlib import Path\n"
        "from fakeface.data.images import ImageError, read_image\n"
        "for name in ('exif.jpg', 'bomb.png'):\n"
        "    try:\n"
        "        print(read_image(Path(name), 1).shape)\n"
        "    except ImageError as error:\n"
        "        print(error.reason)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == f"{PHOTOGRAPH.shape}\n{TOO_LARGE}\n"
    assert run.stderr == ""


def test_one_pixel_gives_every_view() -> None:
    views = compute_views(decode(JPEGS["1x1"](), HERE), (ORIGINAL, ELA), ViewParameters(size=5))
    assert {view: pixels.shape for view, pixels in views.items()} == {ORIGINAL: (5, 5, 3), ELA: (5, 5, 3)}


@pytest.mark.parametrize(
    "name", ["ÄÖ 写真.jpg", "no suffix", "photo.JPEG", "new\nline.jpg", os.fsdecode(b"caf\xe9.jpg")]
)
def test_any_name_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(EXACT["png"][0]())
    np.testing.assert_array_equal(read(path), NOISE)


def test_a_symlink_is_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(EXACT["png"][0]())
    (tmp_path / "link.jpg").symlink_to("target")
    np.testing.assert_array_equal(read(tmp_path / "link.jpg"), NOISE)


def test_damage_that_the_decoder_steps_over_is_read_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    data = encode(PHOTOGRAPH, "JPEG", quality=95)
    middle = len(data) * 2 // 3
    damaged = data[:middle] + bytes(20) + data[middle + 20 :]
    assert decode(damaged, HERE).shape == PHOTOGRAPH.shape
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("seconds", [pytest.param(2, id="short"), pytest.param(60, marks=pytest.mark.soak, id="soak")])
def test_mutated_images_are_read_or_refused(seconds: int, capfd: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(seconds)
    originals = [build() for build in JPEGS.values()] * 3
    originals += [build() for name, (build, _) in EXACT.items() if not name.startswith("tiff")]
    originals += [heic(PHOTOGRAPH), encode(PHOTOGRAPH, "AVIF")] * 4
    read = refused = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = bytearray(originals[rng.integers(len(originals))])
        for _ in range(rng.integers(1, 9)):
            start = int(rng.integers(len(data)))
            length = int(rng.integers(1, 9))
            match rng.integers(4):
                case 0:
                    data[start] ^= 1 << rng.integers(8)
                case 1:
                    data[start : start + length] = rng.bytes(length)
                case 2:
                    del data[start : start + length]
                case 3:
                    data[start:start] = data[start : start + length]
            if not data:
                break
        try:
            pixels = decode(bytes(data), HERE)
        except ImageError:
            refused += 1
        else:
            read += 1
            assert pixels.dtype == np.uint8
            assert pixels.ndim == 3
            assert pixels.shape[2] == 3
    assert read > 20
    assert refused > 20
    assert capfd.readouterr().err == ""


def test_avif_is_read() -> None:
    stored = BytesIO()
    Image.new("RGB", (32, 24), (200, 60, 20)).save(stored, "AVIF", quality=90)
    pixels = decode(stored.getvalue(), Path("photo.avif"))
    assert pixels.shape == (24, 32, 3)
    assert np.abs(pixels.astype(int) - [200, 60, 20]).max() < 12


def test_grey_levels_are_rounded_and_saturated() -> None:
    levels = np.array([-3, 0.4, 0.6, 254.6, 300], dtype=np.float32)
    assert to_uint8(levels).tolist() == [0, 0, 1, 255, 255]
