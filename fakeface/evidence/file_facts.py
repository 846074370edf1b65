"""All that a file says of itself, which anybody can write into it."""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from fakeface.data.images import open_photograph
from fakeface.data.jpeg_headers import Header, read_header
from fakeface.evidence.comments import read_comments
from fakeface.evidence.content_credentials import ContentCredentials, read_content_credentials
from fakeface.evidence.exif import Exif, read_exif
from fakeface.evidence.jpeg_tables import JpegTables, read_jpeg_tables
from fakeface.evidence.thumbnail import Thumbnail, read_thumbnail
from fakeface.evidence.xmp import Xmp, read_xmp


@dataclass(frozen=True, slots=True, eq=False)
class FileFacts:
    """What a file says.

    Attributes:
        header: Format, size, subsampling; ``None`` where Pillow cannot tell.
        tables: Of a JPEG.
        orientation: That of EXIF, 1 to 8.
        exif: Camera, program, times.
        thumbnail: The small picture in the EXIF data.
        xmp: Program, times, history.
        comments: Other texts by name.
        comment_count: How many of these there are.
        credentials: C2PA content credentials.
    """

    header: Header | None
    tables: JpegTables | None
    orientation: int
    exif: Exif
    thumbnail: Thumbnail | None
    xmp: Xmp
    comments: dict[str, str]
    comment_count: int
    credentials: ContentCredentials


def read_file_facts(data: bytes, photograph: NDArray[np.uint8], gps: bool) -> FileFacts:
    """Read what a file says.

    Args:
        data: The file, which ``fakeface.data.images`` can decode.
        photograph: Its upright pixels, ``(H, W, 3)``.
        gps: Whether to read the place where it was taken.
    """
    with open_photograph(BytesIO(data)) as image:
        if image.format == "PNG":
            image.load()  # its texts may follow its pixels
        media_type = Image.MIME.get(image.format or "", "")
        packet = image.info.get("xmp", b"")
        comments, comment_count = read_comments(image)
        return FileFacts(
            header=read_header(data),
            tables=read_jpeg_tables(image),
            orientation=_orientation(image),
            exif=read_exif(image, gps),
            thumbnail=read_thumbnail(image, photograph),
            xmp=read_xmp(packet.encode() if isinstance(packet, str) else bytes(packet)),
            comments=comments,
            comment_count=comment_count,
            credentials=read_content_credentials(data, media_type),
        )


def _orientation(image: Image.Image) -> int:
    try:
        value = int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # Pillow answers hostile data with almost any exception
        return 1
    return value if value in range(1, 9) else 1
