import re
from pathlib import Path

import pytest

from fakeface.data.data_folder import read_records
from fakeface.data.manifest import check_source, read_manifest, write_manifest
from fakeface.data.records import FAKE, REAL, Record
from fakeface.errors import UserError
from tests.data.image_files import touch


def manifest_of(folder: Path, text: str, images: tuple[str, ...] = ("a.jpg", "b.jpg")) -> Path:
    touch(*(folder / name for name in images))
    path = folder / "manifest.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_manifest_gives_every_column(tmp_path: Path) -> None:
    text = (
        "path,label,difficulty,regions,split,group\n"
        'a.jpg,fake,hard,0110,train,"Anna, twice"\n'
        " b.jpg , real ,,0000,test,\n"
    )
    assert read_manifest(manifest_of(tmp_path, text)) == [
        Record(tmp_path / "a.jpg", FAKE, "hard", "0110", "train", "Anna, twice"),
        Record(tmp_path / "b.jpg", REAL, "", "0000", "test", ""),
    ]


def test_the_published_manifest_says_real_as_difficulty(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, "path,label,difficulty,regions\na.jpg,real,real,\nb.jpg,fake,easy,0010\n")
    assert read_manifest(manifest) == [
        Record(tmp_path / "a.jpg", REAL, regions="0000"),
        Record(tmp_path / "b.jpg", FAKE, difficulty="easy", regions="0010"),
    ]


@pytest.mark.parametrize(("label", "difficulty"), [("real", "easy"), ("fake", "real")])
def test_difficulty_belongs_to_the_label(tmp_path: Path, label: str, difficulty: str) -> None:
    manifest = manifest_of(tmp_path, f"path,label,difficulty\na.jpg,{label},{difficulty}\n")
    with pytest.raises(UserError, match=f"row 2: difficulty is '{difficulty}': write one of nothing"):
        read_manifest(manifest)


def test_manifest_needs_two_columns_in_any_order(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, "label,path\nreal,a.jpg\nfake,b.jpg\n")
    assert read_manifest(manifest) == [
        Record(tmp_path / "a.jpg", REAL, regions="0000"),
        Record(tmp_path / "b.jpg", FAKE),
    ]


SPREADSHEETS = {
    "byte-order mark, Windows line ends": b'\xef\xbb\xbfpath,label,regions\r\n"a, b.jpg",real,\r\nb.jpg,fake,0011\r\n',
    "line ends of an old Mac": b'path,label,regions\r"a, b.jpg",real,\rb.jpg,fake,0011\r',
    "semicolons": b"path;label;regions\na, b.jpg;real;\nb.jpg;fake;0011\n",
    "semicolons that are told": b"sep=;\r\npath;label;regions\r\na, b.jpg;real;\r\nb.jpg;fake;0011\r\n",
    "tabs in UTF-16": "path\tlabel\tregions\na, b.jpg\treal\t\nb.jpg\tfake\t0011\n".encode("utf-16"),
    "capitals": b'Path,LABEL,Regions\n"a, b.jpg",Real,\nb.jpg,FAKE,0011\n',
    "spaces": b' path , label , regions \n" a, b.jpg ", real , \n b.jpg ,fake , 0011 \n',
    "lost zeros": b'path,label,regions\n"a, b.jpg",real,0\nb.jpg,fake,11\n',
    "empty columns and rows": b'path,label,regions,,\n"a, b.jpg",real,,,\nb.jpg,fake,0011,,\n,,,,\n\n',
    "every field in quotes": b'"path","label","regions"\n"a, b.jpg","real",""\n"b.jpg","fake","0011"\n',
}


@pytest.mark.parametrize("case", SPREADSHEETS)
def test_manifests_of_spreadsheets_are_read(tmp_path: Path, case: str) -> None:
    touch(tmp_path / "a, b.jpg", tmp_path / "b.jpg")
    manifest = tmp_path / "manifest.CSV"
    manifest.write_bytes(SPREADSHEETS[case])
    assert read_manifest(manifest) == [
        Record(tmp_path / "a, b.jpg", REAL, regions="0000"),
        Record(tmp_path / "b.jpg", FAKE, regions="0011"),
    ]


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        (
            b"sep=;\npath;label\na.jpg;real;more\n",
            "row 3: the number of .* field that holds a semicolon",
        ),
        (b"path;label\na.jpg,real\n", "row 2: the number of fields differs"),
        (b"PK\x03\x04" + bytes(30), "row 1: the column 'path' is missing"),
        ("path,label\na.jpg,real\n".encode("utf-16")[:-1], "not a CSV file in UTF-8 .*: save it as one"),
        (b"path,label\nfaces\\a.jpg,real\n", r"row 2: .* does not exist .*, and write / instead of \\"),
        (b"path,Path,label\na.jpg,a.jpg,real\n", "row 1: the column 'path' stands twice"),
        (b"name,label\na.jpg,real\n", "row 1: the column 'path' is missing"),
        (b"", "row 1: the column 'path' is missing"),
    ],
)
def test_tables_that_are_not_understood_are_refused(tmp_path: Path, content: bytes, mend: str) -> None:
    touch(tmp_path / "a.jpg")
    (tmp_path / "manifest.csv").write_bytes(content)
    with pytest.raises(UserError, match=mend):
        read_manifest(tmp_path / "manifest.csv")


@pytest.mark.parametrize("name", ["faces.xlsx", "faces.ODS"])
def test_a_spreadsheets_own_file_is_to_be_saved_as_csv(tmp_path: Path, name: str) -> None:
    touch(tmp_path / name)
    with pytest.raises(UserError, match="spreadsheet's own file: save it as CSV"):
        read_manifest(tmp_path / name)


def test_source_and_kind_are_any_words_and_columns_of_somebody_else_are_carried_along(tmp_path: Path) -> None:
    text = "path,label,kind,source,generator,source_url\na.jpg,fake, generated ,Lab 3, GAN 2,\nb.jpg,real,selfie,,,x\n"
    assert read_manifest(manifest_of(tmp_path, text)) == [
        Record(
            tmp_path / "a.jpg",
            FAKE,
            source="Lab 3",
            kind="generated",
            others=(("generator", " GAN 2"), ("source_url", "")),
        ),
        Record(
            tmp_path / "b.jpg", REAL, regions="0000", kind="selfie", others=(("generator", ""), ("source_url", "x"))
        ),
    ]


def test_manifest_paths_start_from_the_root_or_are_absolute(tmp_path: Path) -> None:
    touch(tmp_path / "faces" / "a.jpg", tmp_path / "elsewhere.jpg")
    manifest = manifest_of(tmp_path, f"path,label\na.jpg,real\n{tmp_path}/elsewhere.jpg,fake\n")
    paths = [record.path for record in read_records(tmp_path / "faces", manifest)]
    assert paths == [tmp_path / "faces" / "a.jpg", tmp_path / "elsewhere.jpg"]


@pytest.mark.parametrize(
    ("text", "place", "mend"),
    [
        ("", "row 1", "'path' is missing: the header must name it"),
        ("path\na.jpg\n", "row 1", "'label' is missing: the header must name it"),
        ("path,label,dificulty\na.jpg,fake,easy\n", "row 1", "unknown column 'dificulty': rename it to difficulty, or"),
        ("path,label,sources\na.jpg,fake,x\n", "row 1", "unknown column 'sources': rename it to source, or"),
        ("path,label,score\na.jpg,fake,1\n", "row 1", "'score' is one of predictions: rename it, or remove it"),
        ("path,label,path\na.jpg,real,b.jpg\n", "row 1", "'path' stands twice: remove one"),
        ("path,label\na.jpg,real\nb.jpg,Fakes\n", "row 3", "label is 'Fakes': write one of real, fake"),
        ("path,label\na.jpg,1\n", "row 2", "label is '1': write one of real, fake"),
        ("path,label\n,real\n", "row 2", "path is empty: name the image file"),
        ("path,label\na.jpg,real,extra\n", "row 2", "number of fields differs.*quote a field"),
        ("path,label,split\na.jpg,real\n", "row 2", "number of fields differs.*quote a field"),
        ("path,label,difficulty\na.jpg,fake,medium\n", "row 2", "'medium': write one of nothing, easy, mid, hard"),
        ("path,label,split\na.jpg,fake,dev\n", "row 2", "'dev': write one of nothing, train, val, test"),
        ("path,label,regions\na.jpg,fake,11111\n", "row 2", "'11111': write four bits"),
        ("path,label,regions\na.jpg,fake,0012\n", "row 2", "'0012': write four bits"),
        ("path,label\na.jpg,real\nb.jpg,fake\na.jpg,real\n", "row 4", "already in row 2: remove one of them"),
        (
            "path,label\na.jpg,real\ngone.jpg,fake\nlost.jpg,fake\n",
            "row 3",
            r"gone\.jpg does not.*2 of 3.*--data\.root",
        ),
        (f"path,label\n{'a' * 300}.jpg,real\n", "row 2", r"aaa\.jpg does not exist"),
        ("path,label\na\0.jpg,real\n", "row 2", "does not exist"),
        # A field over two lines and a blank line: the row is still the line that an editor shows.
        ('path,label,group\na.jpg,real,"two\nlines"\n\nb.jpg,fke,\n', "row 5", "'fke': write one of real, fake"),
        ('path,label,group\na.jpg,real,"two\nlines"\n\ngone.jpg,fake,\n', "row 5", r"gone\.jpg does not exist"),
        ('path,label,group\na.jpg,real,"two\nlines"\n\na.jpg,fake,\n', "row 5", "already in row 3"),
    ],
)
def test_manifest_errors_name_file_row_and_mend(tmp_path: Path, text: str, place: str, mend: str) -> None:
    manifest = manifest_of(tmp_path, text)
    with pytest.raises(UserError) as caught:
        read_manifest(manifest)
    assert str(caught.value).startswith(f"{manifest}, {place}")
    assert re.search(mend, str(caught.value))


def test_a_manifest_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lists no image: add one row per photograph"):
        read_manifest(manifest_of(tmp_path, "path,label\n"))


@pytest.mark.parametrize(
    "content", [b"path,label\n\xff\xfe.jpg,real\n", b'path,label\n"a"b.jpg,real\n', b'path,label\na.jpg,"real\n']
)
def test_a_file_that_is_no_utf8_csv_is_refused(tmp_path: Path, content: bytes) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_bytes(content)
    with pytest.raises(UserError, match=r"manifest\.csv.*is not a CSV file in UTF-8.*save it as one"):
        read_manifest(manifest)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"manifest .*none\.csv does not exist"):
        check_source(None, tmp_path / "none.csv")


@pytest.mark.parametrize("below_root", [True, False])
def test_a_written_manifest_reads_back(tmp_path: Path, below_root: bool) -> None:
    faces = tmp_path / "faces"
    records = [
        Record(faces / "training_real" / "a.jpg", REAL, regions="0000", split="val", others=(("year", ""),)),
        Record(
            faces / 'b, "quoted" ü.png',
            FAKE,
            "mid",
            "1010",
            "train",
            "group, 1",
            "studio",
            "edited",
            (("year", "2019"),),
        ),
        Record(tmp_path / "elsewhere" / "c.jpg", FAKE, others=(("year", ""),)),
    ]
    touch(*(record.path for record in records))
    manifest = tmp_path / "new" / "folder" / "split.csv"
    root = faces if below_root else None
    write_manifest(manifest, records, root)
    assert read_manifest(manifest, root) == records
    assert manifest.read_text().splitlines()[1].startswith("training_real/" if below_root else str(faces))
