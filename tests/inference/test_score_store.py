import os
from pathlib import Path

import pytest

from fakeface.errors import UserError
from fakeface.inference.score_store import ScoreStore, gather, process_file
from fakeface.inference.sources import Photograph
from fakeface.inference.verdicts import FaceVerdict, Verdict

REGIONS = {"left_eye": 0.1, "nose": 1 / 3}


def judged(name: str, source: int = 0, position: int = 0, probability: float = 0.1 + 0.2) -> tuple[Photograph, Verdict]:
    return Photograph(source, position, Path(name)), Verdict(Path(name), "fake", probability, REGIONS)


def test_verdicts_come_back_bit_for_bit_in_the_order_of_sources_lines_and_paths(tmp_path: Path) -> None:
    rows = [judged("z.jpg"), judged("c", 1, 2), judged("b.jpg"), judged("d", 1, 0), judged("é.jpg"), judged("a", 2)]
    with ScoreStore(tmp_path / "s.sqlite") as store:
        for row in rows:
            store.add(*row)
        order = ["b.jpg", "z.jpg", "é.jpg", "d", "c", "a"]
        assert [verdict for verdict, _ in store.verdicts()] == [judged(name)[1] for name in order]


def test_faces_come_back(tmp_path: Path) -> None:
    faces = (
        FaceVerdict((0, 1, 2, 3), 1 / 3, "unsure", 0.9, REGIONS, "swapped", "too close"),
        FaceVerdict((4, 5, 6, 7), 0.5, "too small"),
    )
    verdicts = [Verdict(Path("a"), "fake", 0.9, REGIONS, faces=faces), Verdict(Path("b"), "no face", None, faces=())]
    with ScoreStore(tmp_path / "s.sqlite") as store:
        for verdict in verdicts:
            store.add(Photograph(0, 0, verdict.path or Path()), verdict)
        assert [verdict for verdict, _ in store.verdicts()] == verdicts


def test_what_a_manifest_says_comes_back(tmp_path: Path) -> None:
    with ScoreStore(tmp_path / "s.sqlite") as store:
        store.add(judged("a.jpg")[0]._replace(columns={"source": "é, 1"}), judged("a.jpg")[1])
        store.add(*judged("b.jpg"))
        assert [columns for _, columns in store.verdicts()] == [{"source": "é, 1"}, {}]


def test_what_could_not_be_read_is_kept_too(tmp_path: Path) -> None:
    verdict = Verdict(Path(os.fsdecode(b"\xff.jpg")), None, None, error="empty")
    with ScoreStore(tmp_path / "s.sqlite") as store:
        store.add(Photograph(0, 0, Path(os.fsdecode(b"\xff.jpg"))), verdict)
        store.add(*judged("a.jpg"))
        assert [one for one, _ in store.verdicts()][1] == verdict
        assert store.counts() == {None: 1, "fake": 1}
        assert store.count_reason("no face") == 0
        store.add(Photograph(0, 0, Path("tree.jpg")), Verdict(Path("tree.jpg"), "real", 0.1, reason="no face"))
        assert (store.count_reason("no face"), store.count_reason("too close")) == (1, 0)


def test_each_path_counts_once(tmp_path: Path) -> None:
    with ScoreStore(tmp_path / "s.sqlite") as store:
        assert Path("a.jpg") not in store
        store.add(*judged("a.jpg", probability=0.1))
        store.add(*judged("a.jpg", 3, probability=0.2))
        assert Path("a.jpg") in store
        assert [verdict.probability for verdict, _ in store.verdicts()] == [0.1]


def test_an_error_keeps_what_was_added(tmp_path: Path) -> None:
    def interrupted() -> None:
        with ScoreStore(tmp_path / "s.sqlite") as store:
            store.add(*judged("a.jpg"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with ScoreStore(tmp_path / "s.sqlite") as store:
        assert len(store) == 1


def test_gathering_takes_in_all_processes_and_keeps_what_was_there(tmp_path: Path) -> None:
    for names in (["a.jpg", "b.jpg"], ["c.jpg", "b.jpg", "d.jpg"]):
        for rank, name in enumerate(names):
            with ScoreStore(process_file(tmp_path, rank)) as store:
                store.add(*judged(name))
        with gather(tmp_path, "detector") as done:
            found = [str(verdict.path) for verdict, _ in done.verdicts()]
        assert [file.name for file in tmp_path.iterdir()] == ["done.sqlite"]
    assert found == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_scores_of_another_detector_are_not_mixed_in(tmp_path: Path) -> None:
    gather(tmp_path, "one").__exit__()
    with pytest.raises(UserError, match="another --ckpt_path or --source"):
        gather(tmp_path, "two")
