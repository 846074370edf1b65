from io import BytesIO

import numpy as np
from PIL import Image

from fakeface.evidence.exif import Exif, read_exif
from tests.evidence.files import SCRIPT, exif, jpeg

PIXELS = np.zeros((16, 16, 3), np.uint8)
PLACE = {1: "S", 2: (33.0, 51.0, 30.0), 3: "E", 4: (151.0, 12.0, 36.0)}  # 33° 51′ 30″ south, 151° 12′ 36″ east


def read(gps: bool = False, **settings: object) -> Exif:
    with Image.open(BytesIO(jpeg(PIXELS, **settings))) as image:
        return read_exif(image, gps)


def test_camera_program_and_times_are_read() -> None:
    found = read(
        exif=exif(
            {
                "Make": "Canon",
                "Software": "GIMP 2.10",
                "DateTime": "2024:01:02 03:04:05",
                "Artist": "Anna",
                "BodySerialNumber": "1",
            }
        )
    )
    assert found.fields == {"Make": "Canon", "Software": "GIMP 2.10", "DateTime": "2024:01:02 03:04:05"}
    assert found.others == 2  # the names of owner and serial number are not shown


def test_place_is_left_out_unless_asked_for() -> None:
    data = exif({"Make": "Canon"}, PLACE)
    quiet = read(exif=data)
    assert quiet.has_place
    assert quiet.place is None
    assert read(gps=True, exif=data).place == (-33.858333, 151.21)


def test_place_that_is_none_is_none() -> None:
    for wrong in ((999.0, 0.0, 0.0), (1.0,), (91.0, 0.0, 0.0)):
        assert read(gps=True, exif=exif({}, {**PLACE, 2: wrong})).place is None


def test_comments_are_decoded() -> None:
    data = exif({})
    data[0x8769] = {0x9286: b"UNICODE\0" + "Größe 5".encode("utf-16-be")}
    assert read(exif=data).fields["UserComment"] == "Größe 5"


def test_hostile_values_are_text() -> None:
    found = read(exif=exif({"Software": SCRIPT, "ImageDescription": "x" * 60_000}))
    assert found.fields["Software"] == SCRIPT  # it is the page that escapes
    assert len(found.fields["ImageDescription"]) == 201


def test_broken_data_have_no_fields() -> None:
    for broken in (b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0", b"Exif\0\0" + bytes(range(256))):
        assert read(exif=broken).fields == {}
    assert read().fields == {}
