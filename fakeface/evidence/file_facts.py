"""All that a file says of itself, which anybody can write into it."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fakeface.data.images import open_photograph
from fakeface.data.jpeg_headers import Header, read_header
from fakeface.data.orientation import read_orientation
from fakeface.evidence.content_credentials import ContentCredentials, read_content_credentials
from fakeface.evidence.exif import Exif, read_exif
from fakeface.evidence.jpeg_tables import JpegTables, read_jpeg_tables
from fakeface.evidence.text import read_comments
from fakeface.evidence.thumbnail import Thumbnail, read_thumbnail
from fakeface.evidence.xmp import Xmp, read_xmp


@dataclass(frozen=True, slots=True, eq=False)
class FileFacts:
    """What a file says.

    Attributes:
        header: Format, size, subsampling; ``None`` where Pillow cannot tell.
        jpeg_tables: Of a JPEG.
        orientation: That of EXIF, 1 to 8.
        exif: Camera, program, times.
        thumbnail: The small picture in the EXIF data.
        xmp: Program, times, history.
        comments: Other texts: those that are ``shown``, by name, and the ``count`` of all.
        content_credentials: C2PA.
    """

    header: Header | None
    jpeg_tables: JpegTables | None
    orientation: int
    exif: Exif
    thumbnail: Thumbnail | None
    xmp: Xmp
    comments: dict[str, Any]
    content_credentials: ContentCredentials


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
        comments, count = read_comments(image)
        return FileFacts(
            header=read_header(data),
            jpeg_tables=read_jpeg_tables(image),
            orientation=read_orientation(image),
            exif=read_exif(image, gps),
            thumbnail=read_thumbnail(image, photograph),
            xmp=read_xmp(packet.encode() if isinstance(packet, str) else bytes(packet)),
            comments={"shown": comments, "count": count},
            content_credentials=read_content_credentials(data, media_type),
        )
