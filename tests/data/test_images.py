import os
import pickle
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fakeface.data.images import ImageError, decode_image, read_image
from fakeface.data.views import ELA, ORIGINAL, ViewParameters, compute_views

# Pytest undoes the filters that the module sets; test_pillow_warns_of_nothing sees them at work.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")

Pixels = NDArray[np.uint8]

HERE = Path("photo.jpg")
TOO_LARGE = "larger than 100 megapixels"
RNG = np.random.default_rng(4)
NOISE: Pixels = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
GREY: Pixels = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
GREY_AS_RGB: Pixels = np.stack([GREY] * 3, axis=2)
SIXTEEN = RNG.integers(0, 65536, (6, 9, 3), dtype=np.uint16)
PHOTOGRAPH: Pixels = cv2.resize(RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8), (97, 61))
FOUR_COLOURS: Pixels = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], dtype=np.uint8)


def encode(pixels: NDArray[Any] | Image.Image, kind: str, **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def encode_with_opencv(pixels: NDArray[Any], suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, pixels[..., ::-1] if pixels.ndim == 3 else pixels)[1])


def decode_with_opencv(data: bytes) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    assert pixels is not None
    return np.asarray(pixels[..., ::-1], dtype=np.uint8)


def palette_image() -> Image.Image:
    """The four colours as a palette image."""
    image = Image.fromarray(np.array([[0, 1], [2, 3]], dtype=np.uint8)).convert("P")
    image.putpalette(FOUR_COLOURS.tobytes())
    return image


def with_alpha(pixels: Pixels, alpha: list[int]) -> Pixels:
    return np.dstack([pixels, np.array(alpha, dtype=np.uint8).reshape(pixels.shape[:2])])


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

    pixels = read_image(path)

    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, expected)
    np.testing.assert_array_equal(decode_image(path.read_bytes(), path), expected)
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
    np.testing.assert_array_equal(decode_image(data, HERE), decode_with_opencv(data))


@pytest.mark.parametrize("colour", ["white", "black", "red", "cyan"])
def test_cmyk_jpegs_are_converted(colour: str) -> None:
    image = Image.new("RGB", (16, 16), colour)
    pixels = decode_image(encode(image.convert("CMYK"), "JPEG", quality=100), HERE)
    np.testing.assert_allclose(pixels.astype(int), np.asarray(image).astype(int), atol=2)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"lossless": True} if kind == "WEBP" else {}
    data = encode(PHOTOGRAPH, kind, exif=exif, **lossless)

    expected = ImageOps.exif_transpose(Image.open(BytesIO(data)))

    np.testing.assert_array_equal(decode_image(data, HERE), np.asarray(expected))


def test_orientation_6_turns_a_portrait_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # "the 0th row is the right-hand side, the 0th column the top": a quarter turn clockwise mends it.
    pixels = decode_image(encode(FOUR_COLOURS, "PNG", exif=exif), HERE)
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
    np.testing.assert_array_equal(decode_image(data, HERE), decode_with_opencv(data))
    assert capfd.readouterr().err == ""


def test_pillow_warns_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "exif.jpg").write_bytes(encode(PHOTOGRAPH, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"))
    (tmp_path / "bomb.png").write_bytes(png_header(10_100, 10_000))
    program = (
        "from pathlib import Path\n"
        "from fakeface.data.images import ImageError, read_image\n"
        "for name in ('exif.jpg', 'bomb.png'):\n"
        "    try:\n"
        "        print(read_image(Path(name)).shape)\n"
        "    except ImageError as error:\n"
        "        print(error.reason)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout == f"{PHOTOGRAPH.shape}\n{TOO_LARGE}\n"
    assert run.stderr == ""


def test_one_pixel_gives_every_view() -> None:
    views = compute_views(decode_image(JPEGS["1x1"](), HERE), (ORIGINAL, ELA), ViewParameters(size=5))
    assert {view: pixels.shape for view, pixels in views.items()} == {ORIGINAL: (5, 5, 3), ELA: (5, 5, 3)}


@pytest.mark.parametrize(
    "name", ["ÄÖ 写真.jpg", "no suffix", "photo.JPEG", "new\nline.jpg", os.fsdecode(b"caf\xe9.jpg")]
)
def test_any_name_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(EXACT["png"][0]())
    np.testing.assert_array_equal(read_image(path), NOISE)


def test_a_symlink_is_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(EXACT["png"][0]())
    (tmp_path / "link.jpg").symlink_to("target")
    np.testing.assert_array_equal(read_image(tmp_path / "link.jpg"), NOISE)


def png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    pixels = b"IDAT" + zlib.compress(bytes(1000))
    return start + struct.pack(">I", len(pixels) - 4) + pixels + struct.pack(">I", zlib.crc32(pixels))


def jpeg_of_size(width: int, height: int) -> bytes:
    data = encode(PHOTOGRAPH, "JPEG")
    size = data.index(b"\xff\xc0") + 5
    return data[:size] + struct.pack(">HH", height, width) + data[size + 4 :]


def bmp_of_size(width: int, height: int) -> bytes:
    data = encode(NOISE, "BMP")
    return data[:18] + struct.pack("<ii", width, height) + data[26:]


def gif_of_size(width: int, height: int) -> bytes:
    data = encode(palette_image(), "GIF")
    return data[:6] + struct.pack("<HH", width, height) + data[10:]


def tiff_of_size(width: int, height: int) -> bytes:
    data = encode(NOISE, "TIFF")
    # The directory's first two entries, behind its eight bytes of header and two of count.
    return data[:10] + struct.pack("<HHIIHHII", 256, 4, 1, width, 257, 4, 1, height) + data[34:]


def webp_of_size(width: int, height: int) -> bytes:
    data = encode(NOISE, "WEBP", lossless=True)
    size = data.index(b"VP8L") + 9
    (bits,) = struct.unpack("<I", data[size : size + 4])
    bits = bits >> 28 << 28 | (height - 1) << 14 | (width - 1)
    return data[:size] + struct.pack("<I", bits) + data[size + 4 :]


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def with_damage(data: bytes, marker: bytes, change: bytes) -> bytes:
    position = data.index(marker) + len(marker)
    return data[:position] + change + data[position + len(change) :]


NOT_AN_IMAGE = "not a readable image"
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty"),
    "text": (lambda: b"Lorem ipsum dolor sit amet", NOT_AN_IMAGE),
    "html": (lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>", NOT_AN_IMAGE),
    "json": (lambda: b'{"error": "rate limit"}', NOT_AN_IMAGE),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', NOT_AN_IMAGE),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", NOT_AN_IMAGE),
    "pdf": (lambda: b"%PDF-1.7\n1 0 obj\n", NOT_AN_IMAGE),
    "zeros": (lambda: bytes(5000), NOT_AN_IMAGE),
    "noise": (lambda: RNG.bytes(5000), NOT_AN_IMAGE),
    "one byte": (lambda: b"\xff", NOT_AN_IMAGE),
    "start of a jpeg": (lambda: b"\xff\xd8\xff\xe0", NOT_AN_IMAGE),
    "jpeg cut at 10 %": (lambda: cut(encode(PHOTOGRAPH, "JPEG"), 0.1), "truncated"),
    "jpeg cut at 60 %": (lambda: cut(encode(PHOTOGRAPH, "JPEG"), 0.6), "truncated"),
    "jpeg cut at 90 %": (lambda: cut(encode(PHOTOGRAPH, "JPEG"), 0.9), "truncated"),
    "jpeg without its last byte": (lambda: encode(PHOTOGRAPH, "JPEG")[:-1], "truncated"),
    "jpeg without its end marker": (lambda: encode(PHOTOGRAPH, "JPEG")[:-2], "truncated"),
    "jpeg filled up with zeros": (lambda: cut(encode(PHOTOGRAPH, "JPEG"), 0.7) + bytes(500), "truncated"),
    "progressive jpeg cut at 90 %": (lambda: cut(encode(PHOTOGRAPH, "JPEG", progressive=True), 0.9), "truncated"),
    "cmyk jpeg cut at 90 %": (lambda: cut(encode(Image.new("CMYK", (99, 99)), "JPEG"), 0.9), "truncated"),
    "png cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "PNG"), 0.5), "truncated"),
    "gif cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "GIF"), 0.5), "truncated"),
    "bmp cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "BMP"), 0.5), "truncated"),
    "tiff cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "TIFF"), 0.5), "truncated"),
    "lzw tiff cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "TIFF", compression="tiff_lzw"), 0.5), NOT_AN_IMAGE),
    "webp cut at 50 %": (lambda: cut(encode(PHOTOGRAPH, "WEBP"), 0.5), "damaged"),
    "png with a wrong checksum": (lambda: with_damage(encode(PHOTOGRAPH, "PNG"), b"IDAT", b"damage"), "damaged"),
    "jpeg with 3-bit samples": (
        lambda: with_damage(encode(PHOTOGRAPH, "JPEG"), b"\xff\xc0\0\x11", b"\3"),
        NOT_AN_IMAGE,
    ),
    "jpeg without quantisation tables": (
        lambda: encode(PHOTOGRAPH, "JPEG").replace(b"\xff\xdb", b"\xff\xe9"),
        "damaged",
    ),
    "jpeg of no height": (lambda: jpeg_of_size(97, 0), NOT_AN_IMAGE),
    "png of no width": (lambda: png_header(0, 5), NOT_AN_IMAGE),
    "32-bit tiff": (lambda: encode(Image.new("F", (9, 9)), "TIFF"), "32 bits per channel"),
    "32-bit integer tiff": (lambda: encode(Image.new("I", (9, 9)), "TIFF"), "32 bits per channel"),
    "png bomb": (lambda: png_header(30_000, 30_000), TOO_LARGE),
    "png bomb of 101 megapixels": (lambda: png_header(10_100, 10_000), TOO_LARGE),
    "png bomb of the largest size": (lambda: png_header(2**31 - 1, 2**31 - 1), TOO_LARGE),
    "jpeg bomb": (lambda: jpeg_of_size(30_000, 30_000), TOO_LARGE),
    "bmp bomb": (lambda: bmp_of_size(30_000, 30_000), TOO_LARGE),
    "gif bomb": (lambda: gif_of_size(30_000, 30_000), TOO_LARGE),
    "tiff bomb": (lambda: tiff_of_size(30_000, 30_000), TOO_LARGE),
    "webp bomb": (lambda: webp_of_size(16_000, 16_000), TOO_LARGE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_content_is_refused_with_its_reason(case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    build, reason = REFUSED[case]
    path = tmp_path / "photo.jpg"
    path.write_bytes(build())

    with pytest.raises(ImageError) as refused:
        read_image(path)

    assert reason in refused.value.reason
    assert refused.value.path == path
    assert str(path) in str(refused.value)
    with pytest.raises(ImageError) as again:
        decode_image(path.read_bytes(), path)
    assert again.value.reason == refused.value.reason
    assert capfd.readouterr().err == ""


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may read everything, so give that up for a while."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


NOT_A_FILE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (lambda path: None, "no such file or directory"),
    "folder": (lambda path: path.mkdir(), "a folder, not a file"),
    "pipe": (os.mkfifo, "not a regular file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "symlink loop": (lambda path: path.symlink_to(path.name), "too many levels of symbolic links"),
    "dangling symlink": (lambda path: path.symlink_to("gone"), "no such file or directory"),
}


@pytest.mark.parametrize("case", NOT_A_FILE)
def test_what_is_not_a_file_is_refused_at_once(case: str, tmp_path: Path) -> None:
    make, reason = NOT_A_FILE[case]
    path = tmp_path / "photo.jpg"
    make(path)
    with pytest.raises(ImageError) as refused:
        read_image(path)
    assert refused.value.reason == reason


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.touch(mode=0)
    with without_privileges(), pytest.raises(ImageError, match="permission denied"):
        read_image(path)


@pytest.mark.parametrize(
    ("name", "reason"), [("x" * 300 + ".jpg", "file name too long"), ("nul\0.jpg", "embedded null byte")]
)
def test_impossible_names_are_refused(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=reason):
        read_image(tmp_path / name)


def test_the_size_limit_counts_pixels() -> None:
    data = encode(NOISE, "PNG")
    assert decode_image(data, HERE, max_pixels=6 * 9).shape == NOISE.shape
    with pytest.raises(ImageError, match="larger than"):
        decode_image(data, HERE, max_pixels=6 * 9 - 1)


def test_damage_that_the_decoder_steps_over_is_read_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    data = encode(PHOTOGRAPH, "JPEG", quality=95)
    middle = len(data) * 2 // 3
    damaged = data[:middle] + bytes(20) + data[middle + 20 :]
    assert decode_image(damaged, HERE).shape == PHOTOGRAPH.shape
    assert capfd.readouterr().err == ""


def test_an_error_survives_pickling_and_can_be_printed() -> None:
    error = ImageError(Path(os.fsdecode(b"caf\xe9.jpg")), "truncated")
    again = pickle.loads(pickle.dumps(error))
    assert (again.path, again.reason, str(again)) == (error.path, error.reason, str(error))
    assert str(error) == r"caf\xe9.jpg: truncated: replace the image or remove it from the data set"


@pytest.mark.parametrize("seconds", [pytest.param(2, id="short"), pytest.param(60, marks=pytest.mark.soak, id="soak")])
def test_mutated_images_are_read_or_refused(seconds: int, capfd: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(seconds)
    originals = [build() for build in JPEGS.values()] * 3
    originals += [build() for name, (build, _) in EXACT.items() if not name.startswith("tiff")]
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
            pixels = decode_image(bytes(data), HERE)
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
