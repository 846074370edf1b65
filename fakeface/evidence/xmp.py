"""What XMP says of a photograph: the program, times, what it is said to come from, and the history of its edits."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast
from xml.etree import ElementTree

from fakeface.evidence.text import plain

MOST_BYTES = 1_000_000
"""Longer XMP is not read."""

MOST_STEPS = 50
"""Steps of a history that are kept."""

_NAMESPACES = {
    "{http://ns.adobe.com/xap/1.0/": "xmp",
    "{http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "{http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "{http://ns.adobe.com/tiff/1.0/": "tiff",
    "{http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
}
_SHOWN = (
    "xmp:CreatorTool", "xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate", "tiff:Make", "tiff:Model",
    "tiff:Software", "photoshop:DateCreated", "xmpMM:OriginalDocumentID", "Iptc4xmpExt:DigitalSourceType",
)  # fmt: skip
_STEP = ("stEvt:action", "stEvt:when", "stEvt:softwareAgent", "stEvt:changed", "stEvt:parameters")
_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"


@dataclass(frozen=True, slots=True)
class Xmp:
    """What the XMP data of a file say.

    Attributes:
        bytes: How many there are.
        fields: Values by name, such as ``xmp:CreatorTool``, in plain text.
        history: Of each step its action, time, program and what it changed, as far as they are given.
        steps: How many steps there are.
        problem: Why it was not read, or not to its end; "" where it was.
    """

    bytes: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, str]] = field(default_factory=list)
    steps: int = 0
    problem: str = ""


def read_xmp(data: bytes) -> Xmp:
    """Read XMP data; of broken ones what stands before the break. Declarations are refused, so nothing expands."""
    if len(data) > MOST_BYTES:
        return Xmp(len(data), problem=f"longer than {MOST_BYTES / 1e6:g} MB: not read")
    if b"<!DOCTYPE" in data.replace(b"\0", b""):  # of UTF-16 too
        return Xmp(len(data), problem="declares a document type, which XMP does not: not read further")
    fields: dict[str, str] = {}
    history: list[dict[str, str]] = []
    problem = ""
    parser: ElementTree.XMLPullParser[ElementTree.Element] = ElementTree.XMLPullParser(("start", "end"))
    try:
        parser.feed(data.strip(b"\0"))
        for event, element in cast(Iterator[tuple[str, ElementTree.Element]], parser.read_events()):
            # A value is written as an attribute or as an element; the first one counts.
            values = element.attrib if event == "start" else {element.tag: element.text or ""}
            fields = _chosen(values.items(), _SHOWN) | fields
            if event == "end" and element.tag == _ITEM:
                parts = [pair for part in element.iter() for pair in (*part.items(), (part.tag, part.text or ""))]
                step = {name.removeprefix("stEvt:"): value for name, value in _chosen(parts, _STEP).items()}
                history += [step] if step else []
                element.clear()
        parser.close()
    except (ElementTree.ParseError, ValueError, LookupError):
        problem = "not well-formed"
    return Xmp(len(data), fields, history[:MOST_STEPS], len(history), problem)


def _chosen(values: Iterable[tuple[str, str]], names: Collection[str]) -> dict[str, str]:
    """Return the values of these names as plain text; those that are empty are left out."""
    chosen = {}
    for name, value in values:
        namespace, _, local = name.rpartition("}")
        short = f"{_NAMESPACES.get(namespace)}:{local}"
        if short in names and (text := plain(value)):
            chosen[short] = text
    return chosen
