"""What XMP says of a photograph: the program, times, what it is said to come from, and the history of its edits."""

from dataclasses import dataclass, field
from xml.parsers import expat

from fakeface.evidence.text import plain

MOST_BYTES = 1_000_000
"""Longer XMP is not read."""

MOST_STEPS = 50
"""Steps of a history that are kept."""

_NAMESPACES = {
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
}
_SHOWN = (
    "xmp:CreatorTool", "xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate", "tiff:Make", "tiff:Model",
    "tiff:Software", "photoshop:DateCreated", "xmpMM:OriginalDocumentID", "Iptc4xmpExt:DigitalSourceType",
)  # fmt: skip
_STEP = ("stEvt:action", "stEvt:when", "stEvt:softwareAgent", "stEvt:changed", "stEvt:parameters")
_ITEM = "http://www.w3.org/1999/02/22-rdf-syntax-ns# li"


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
    reader, problem = _Reader(), ""
    try:
        reader.parser.Parse(data.strip(b"\0"), True)
    except (expat.ExpatError, ValueError, LookupError):
        problem = "not well-formed"
    except _DeclarationError:
        problem = "declares a document type, which XMP does not: not read further"
    return Xmp(len(data), reader.fields, reader.history, reader.steps, problem)


class _DeclarationError(Exception):
    pass


class _Reader:
    """Collects the fields that are shown, whether they are written as attributes or as elements."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.history: list[dict[str, str]] = []
        self.steps = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self._step: dict[str, str] | None = None
        self._parts: list[str] = []

    def _refuse(self, *arguments: object) -> None:
        raise _DeclarationError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._parts = []
        if name == _ITEM:
            self._step = {}
        for attribute, value in attributes.items():
            self._keep(_short(attribute), value)

    def _text(self, text: str) -> None:
        self._parts.append(text)

    def _end(self, name: str) -> None:
        self._keep(_short(name), "".join(self._parts))
        self._parts = []
        if name == _ITEM:
            self._close_step()

    def _keep(self, name: str, value: str) -> None:
        text = plain(value)
        if not text:
            return
        if name in _SHOWN:
            self.fields.setdefault(name, text)
        elif name in _STEP and self._step is not None:
            self._step[name.removeprefix("stEvt:")] = text

    def _close_step(self) -> None:
        if self._step:
            self.steps += 1
            if len(self.history) < MOST_STEPS:
                self.history.append(self._step)
        self._step = None


def _short(name: str) -> str:
    namespace, _, local = name.rpartition(" ")
    return f"{_NAMESPACES.get(namespace, '?')}:{local}"
