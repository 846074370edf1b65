from fakeface.evidence.xmp import MOST_STEPS, read_xmp
from tests.evidence.files import SCRIPT, xmp

HISTORY = (
    'xmp:CreatorTool="Adobe Photoshop 25"><xmp:CreateDate>2024-01-02</xmp:CreateDate><xmpMM:History><rdf:Seq>'
    '<rdf:li stEvt:action="saved" stEvt:when="2024-01-03" stEvt:softwareAgent="Photoshop"/>'
    '<rdf:li rdf:parseType="Resource"><stEvt:action>derived</stEvt:action></rdf:li>'
    "</rdf:Seq></xmpMM:History>"
)


def test_fields_and_history_are_read_from_attributes_and_elements() -> None:
    found = read_xmp(xmp(HISTORY))
    assert found.fields == {"xmp:CreatorTool": "Adobe Photoshop 25", "xmp:CreateDate": "2024-01-02"}
    assert found.history == [
        {"action": "saved", "when": "2024-01-03", "softwareAgent": "Photoshop"},
        {"action": "derived"},
    ]
    assert (found.steps, found.problem) == (2, "")


def test_long_histories_are_cut_and_counted() -> None:
    steps = '<rdf:li stEvt:action="saved"/>' * 2000
    found = read_xmp(xmp(f"><xmpMM:History><rdf:Seq>{steps}</rdf:Seq></xmpMM:History>"))
    assert len(found.history) == MOST_STEPS
    assert found.steps == 2000


def test_ten_megabytes_are_not_read() -> None:
    found = read_xmp(xmp(">" + "x" * 10_000_000))
    assert found.bytes > 10_000_000
    assert found.problem == "longer than 1 MB: not read"
    assert found.fields == {}


def test_values_are_bounded_and_stay_text() -> None:
    escaped = SCRIPT.replace("<", "&lt;")
    found = read_xmp(xmp(f'xmp:CreatorTool="{escaped}"><xmp:CreateDate>{"9" * 5000}</xmp:CreateDate>'))
    assert found.fields["xmp:CreatorTool"] == SCRIPT
    assert len(found.fields["xmp:CreateDate"]) == 201


def test_entities_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    assert read_xmp(bomb).problem.startswith("declares a document type")
    outside = b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>'
    assert read_xmp(outside).problem.startswith("declares a document type")


def test_broken_data_keep_what_stands_before_the_break() -> None:
    found = read_xmp(xmp('xmp:CreatorTool="GIMP"><xmp:CreateDate>')[:-40])
    assert found.fields == {"xmp:CreatorTool": "GIMP"}
    assert found.problem == "not well-formed"
    assert read_xmp(b"\xff\xfe\x00").problem == "not well-formed"
    assert read_xmp(b'<?xml version="1.0" encoding="nonsense"?><a/>').problem == "not well-formed"
