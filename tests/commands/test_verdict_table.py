import re
from importlib.resources import files
from pathlib import Path

import pytest
from PIL import Image

from fakeface.commands.terminal import visible
from fakeface.commands.verdict_table import table_header, table_rows
from fakeface.inference.verdicts import WORDS, FaceVerdict, Kind, Reason, Verdict

NONE = {"left_eye": 0.1, "right_eye": 0.2, "nose": 0.3, "mouth": 0.4}
FACES = (
    FaceVerdict((10, 20, 110, 140), 0.9, "real", 0.04, NONE),
    FaceVerdict((300, 25, 390, 160), 0.8, "fake", 0.97, NONE | {"right_eye": 0.934}),
    FaceVerdict((500, 5, 520, 30), 0.5, "too small"),
)


def test_a_photograph_is_one_line() -> None:
    assert table_header(True) == "verdict          P(fake)  suspected       photograph"
    verdict = Verdict(Path("a.jpg"), "real", 0.0418, NONE, faces=FACES[:1])
    assert list(table_rows(verdict, True)) == ["nothing found       4.2%                  a.jpg"]
    assert table_header(False) == "verdict          P(fake)  photograph"
    assert list(table_rows(Verdict(Path("a.jpg"), "unsure", 0.5), False)) == ["unsure             50.0%  a.jpg"]
    assert list(table_rows(Verdict(Path("a.jpg"), "no face", None), False)) == ["no face                   a.jpg"]


@pytest.mark.parametrize(("kind", "cell"), [("generated", "generated"), ("edited", "mouth 0.90"), (None, "mouth 0.90")])
def test_a_whole_face_is_suspected_before_its_regions(kind: Kind | None, cell: str) -> None:
    verdict = Verdict(Path("a.jpg"), "fake", 0.9, NONE | {"mouth": 0.9}, kind=kind)
    assert list(table_rows(verdict, True)) == [f"looks fake         90.0%  {cell:<14}  a.jpg"]


def test_nothing_is_called_real_and_the_page_says_the_same() -> None:
    assert "real" not in " ".join(WORDS.values())
    (names,) = re.findall(r"const NAMES = \{(.*)\};", files("fakeface.serve").joinpath("evidence.js").read_text())
    on_the_page = dict(re.findall(r'"?([a-z ]+)"?: "([a-z ]+)"', names))
    assert {name.strip(): words for name, words in on_the_page.items()} == {k: v for k, v in WORDS.items() if k}


def test_several_faces_are_listed_below_their_photograph() -> None:
    verdict = Verdict(Path("group.jpg"), "fake", 0.97, NONE | {"right_eye": 0.934}, faces=FACES)
    assert list(table_rows(verdict, True, 80)) == [
        "looks fake         97.0%  right eye 0.93  group.jpg",
        "  nothing found     4.0%                    face 1, at 10, 20",
        "  looks fake       97.0%  right eye 0.93    face 2, at 300, 25",
        "  too small                                 face 3, at 500, 5",
    ]


@pytest.mark.parametrize("name", ["a" * 200 + ".jpg", "写真" * 60 + ".jpg", "x/" * 90 + "b.jpg"])
def test_lines_fit_the_terminal(name: str) -> None:
    for verdict in (
        Verdict(Path(name), "fake", 1.0, NONE | {"right_eye": 1.0}, faces=FACES),
        Verdict(Path(name), None, None, error="damaged (" + "broken data stream " * 9 + ")"),
    ):
        rows = list(table_rows(verdict, True, 80))
        wide = [sum(2 if sign in "写真" else 1 for sign in row) for row in rows]
        assert max(wide) <= 80
        assert wide[0] >= 79
        assert "…" in rows[0]
        assert name[-3:] in rows[0]
    assert len(list(table_rows(verdict, True))) == 1, "a file gets whole lines"


def test_what_was_not_judged_says_why() -> None:
    verdict = Verdict(Path("b.jpg"), None, None, error="truncated")
    assert list(table_rows(verdict, False, 80)) == ["not judged                b.jpg (truncated)"]


def test_a_network_of_whole_photographs_says_where_there_is_no_face_and_where_are_several() -> None:
    def row(count: int, reason: Reason | None = None) -> str:
        verdict = Verdict(Path("a.jpg"), "real", 0.04, face_count=count, reason=reason)
        return next(table_rows(verdict, False)).removeprefix("nothing found       4.0%  ")

    assert row(0, "no face") == "a.jpg (no face found: the verdict is on the picture as a whole)"
    assert row(1) == "a.jpg"
    assert row(1, "unlike its training") == "a.jpg (unlike all that the network was shown)"
    assert row(3) == "a.jpg (3 faces, judged as one picture)"


def test_names_move_no_cursor() -> None:
    (row,) = table_rows(Verdict(Path("a\n\x1b[2J\u202e.jpg"), "fake", 0.9), False)
    assert row.endswith(r"  a\n\x1b[2J\u202e.jpg")
    assert visible("é 写真") == "é 写真"


def test_frames_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.GIF"
    frames = [Image.new("L", (70, 70), level) for level in (0, 99, 200)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    (row,) = table_rows(Verdict(path, "no face", None), False)
    assert row.endswith(f"{path} (the first of 3 frames or pages)")
