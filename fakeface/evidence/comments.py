"""Text that a file carries beside EXIF and XMP: the comment of a JPEG or GIF, the text chunks of a PNG."""

from PIL import Image

from fakeface.evidence.text import plain

MOST_COMMENTS = 20
LONGEST_COMMENT = 400

_XMP = "XML:com.adobe.xmp"


def read_comments(image: Image.Image) -> tuple[dict[str, str], int]:
    """Return the texts of an opened file by name, and how many there are in all.

    Programs that generate pictures write here what they were asked for.
    """
    texts: dict[str, object] = dict(getattr(image, "text", {}))
    texts.pop(_XMP, None)  # that is read as XMP
    if image.info.get("comment"):
        texts.setdefault("comment", image.info["comment"])
    shown = list(texts.items())[:MOST_COMMENTS]
    return {plain(name, 60): plain(value, LONGEST_COMMENT) for name, value in shown}, len(texts)
