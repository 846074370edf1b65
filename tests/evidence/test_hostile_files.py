"""Files that are damaged anywhere: what can be decoded is described, and nothing raises."""

import random
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakeface.data.images import ImageError, decode_image
from fakeface.evidence.file_facts import read_file_facts
from tests.evidence.files import exif, exif_with_thumbnail, jpeg, portrait, sign, xmp

FILES = 1500
PLACE = {1: "N", 2: (1.0, 2.0, 3.0), 3: "E", 4: (4.0, 5.0, 6.0)}


def whole_files() -> list[bytes]:
    pixels = np.ascontiguousarray(portrait()[::4, ::4])
    fields, packet = exif({"Software": "GIMP"}, PLACE), xmp('xmp:CreatorTool="GIMP">')
    full = jpeg(pixels, exif=fields, xmp=packet, comment=b"hello")
    files = [full, sign(full, "GIMP"), jpeg(pixels, exif=exif_with_thumbnail(jpeg(pixels)))]
    for kind in ("PNG", "WEBP", "TIFF"):
        buffer = BytesIO()
        settings = {} if kind == "TIFF" else {"exif": exif({"Software": "GIMP"}, PLACE)}
        Image.fromarray(pixels).save(buffer, kind, **settings)
        files.append(buffer.getvalue())
    return files


def damage(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data)
    reach = rng.choice([200, 2000, len(data)])
    for _ in range(rng.randint(1, 12)):
        place, length = rng.randrange(min(reach, len(damaged))), rng.randrange(1, 20)
        if rng.random() < 0.6:
            damaged[place] = rng.randrange(256)
        else:
            damaged[place : place + length] = rng.choice([b"", rng.randbytes(2 * length)])
    return bytes(damaged)


@pytest.mark.soak
def test_damaged_files_are_described_or_refused() -> None:
    rng, files, described = random.Random(0), whole_files(), 0
    for _ in range(FILES):
        data = damage(rng.choice(files), rng)
        try:
            pixels = decode_image(data, Path("damaged"))
        except ImageError:
            continue
        read_file_facts(data, pixels, gps=True)
        described += 1
    assert described > FILES / 10
