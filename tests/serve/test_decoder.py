import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fakeface.data.images import ImageError, decode_image
from fakeface.serve.decoder import Decoder
from tests.serve.conftest import encode


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    decoder = Decoder(max_pixels=2_000_000, seconds=5)
    yield decoder
    decoder.close()


def slow_jpeg(scans: int = 20_000) -> bytes:
    """A progressive JPEG of 1.4 megapixels and many scans that say nothing: Pillow decodes them for a long time."""
    side = 1200
    table = b"\xff\xdb\x00\x43\x00" + b"\x01" * 64
    frame = b"\xff\xc2\x00\x0b\x08" + side.to_bytes(2, "big") * 2 + b"\x01\x01\x11\x00"
    # One Huffman code, a single 0, for the symbol "no more coefficients in this block and 2^14 after it".
    huffman = b"\xff\xc4\x00\x14" + b"\x10" + b"\x01" + bytes(15) + b"\xe0"
    blocks = (side // 8) ** 2
    runs = -(-blocks // (1 << 15))
    first = b"\xff\xc4\x00\x14\x00\x01" + bytes(15) + b"\x00" + b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00"
    first += bytes(-(-blocks // 8))
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00" + b"\x7f\xfe" * runs
    return b"\xff\xd8" + table + frame + first + huffman + scan * scans + b"\xff\xd9"


def test_pixels_are_those_of_decode_image(decoder: Decoder) -> None:
    for kind in ("JPEG", "PNG"):
        data = encode(kind, (300, 200))
        np.testing.assert_array_equal(decoder(data), decode_image(data, Path("upload")))


def test_reasons_come_back(decoder: Decoder) -> None:
    for data, reason in [(b"", "empty"), (encode("PNG", (2001, 1000)), "larger than 2 megapixels")]:
        with pytest.raises(ImageError) as raised:
            decoder(data)
        assert raised.value.reason == reason


def test_upload_that_takes_too_long_is_given_up_and_the_next_one_is_served(decoder: Decoder) -> None:
    decoder(encode("PNG"))  # the process has started
    decoder.seconds = 0.5
    start = time.monotonic()
    with pytest.raises(ImageError, match=r"not decoded within 0\.5 seconds"):
        decoder(slow_jpeg())
    assert time.monotonic() - start < 3
    assert decoder(encode("PNG", (75, 64))).shape == (64, 75, 3)


def test_decoder_that_dies_is_replaced(decoder: Decoder) -> None:
    decoder(encode("PNG"))
    process = decoder._process
    assert process is not None
    process.kill()
    process.join()
    with pytest.raises(ImageError, match="broke the decoder"):
        decoder(encode("PNG"))
    assert decoder(encode("PNG", (75, 64))).shape == (64, 75, 3)
