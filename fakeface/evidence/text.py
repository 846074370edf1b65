"""Text out of a file, made safe to show: whoever wrote the file chose it."""

import unicodedata

from PIL import Image

LONGEST = 200
"""Characters of a value that are shown."""

MOST_COMMENTS = 20
LONGEST_COMMENT = 400

_DECODED = 4 * (LONGEST + 1)
_XMP = "XML:com.adobe.xmp"


def plain(value: object, longest: int = LONGEST) -> str:
    """Return a value as one line without control characters and marks that turn the direction of writing.

    Args:
        value: Text, bytes (UTF-8, other bytes as escapes), or anything else that has a text.
        longest: Characters that are kept; "…" stands for the rest.
    """
    if isinstance(value, bytes):
        value = value[:_DECODED].decode("utf-8", "backslashreplace")
    elif isinstance(value, tuple | list):
        value = ", ".join(plain(part, longest) for part in value[:longest])
    # Cut before cleaning, for a value may be as large as the file.
    text = str(value)[: 2 * longest + 2]
    shown = "".join(" " if unicodedata.category(character)[0] in "ZC" else character for character in text)
    line = " ".join(shown.split())
    return line if len(line) <= longest else line[:longest] + "…"


def read_comments(image: Image.Image) -> tuple[dict[str, str], int]:
    """Return texts of an opened file by name, the comment of a JPEG or GIF, the chunks of a PNG, and their number.

    Programs that generate pictures write here what they were asked for.
    """
    texts: dict[str, object] = dict(getattr(image, "text", {}))
    texts.pop(_XMP, None)  # that is read as XMP
    if image.info.get("comment"):
        texts.setdefault("comment", image.info["comment"])
    shown = list(texts.items())[:MOST_COMMENTS]
    return {plain(name, 60): plain(value, LONGEST_COMMENT) for name, value in shown}, len(texts)
