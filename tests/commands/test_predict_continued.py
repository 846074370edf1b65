"""`fakeface predict` that is interrupted, or shared among processes."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from fakeface import Detector, Verdict
from fakeface.cli import main
from fakeface.commands import predict
from fakeface.inference.score_store import ScoreStore, process_file, unfinished_folder
from fakeface.inference.sharing import Sharing
from fakeface.inference.sources import Photograph
from tests.commands.tables import read_csv

COPIES = 80


def test_interrupted_run_continues_where_it_stopped(
    tmp_path: Path,
    checkpoint: Path,
    demo_root: Path,
    photographs: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "scores.csv"
    command = ["predict", "--ckpt_path", str(checkpoint), "--source", str(demo_root), "--out", str(out)]
    judged: list[Path] = []
    stream = Detector.stream

    def interruptible_stream(self: Detector, images: Iterator[Path], batch_size: int) -> Iterator[Verdict]:
        for verdict in stream(self, images, batch_size):
            judged.append(verdict.path or Path())
            yield verdict
            if len(judged) == 20:
                raise KeyboardInterrupt

    monkeypatch.setattr(Detector, "stream", interruptible_stream)
    assert main([*command, "--batch_size", "4"]) == 130
    assert "the same command continues" in capsys.readouterr().err
    assert not out.exists()
    assert main(command) == 0
    assert "has judged 20 photographs" in capsys.readouterr().out
    assert sorted(judged) == sorted(photographs)
    assert [row["path"] for row in read_csv(out)] == list(map(str, photographs))
    assert list(tmp_path.iterdir()) == [out]


def test_unfinished_scores_of_several_processes_and_of_another_command(
    tmp_path: Path,
    checkpoint: Path,
    demo_root: Path,
    photographs: list[Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "scores.csv"
    folder = unfinished_folder(out)
    folder.mkdir()
    for rank in (0, 3):
        with ScoreStore(process_file(folder, rank)) as store:
            store.add(Photograph(0, 0, photographs[rank]), Verdict(photographs[rank], "unsure", 0.125, None))
    command = ["predict", "--source", str(demo_root), "--out", str(out), "--ckpt_path"]
    assert main([*command, str(checkpoint)]) == 0
    rows = read_csv(out)
    assert [row["path"] for row in rows] == list(map(str, photographs))
    assert [number for number, row in enumerate(rows) if row["probability"] == "0.125"] == [0, 3]
    out.unlink()
    folder.mkdir()
    fingerprint = Detector.load(checkpoint).fingerprint
    for other in (f"another of {[str(demo_root)]}", f"{fingerprint} of ['elsewhere']"):
        with ScoreStore(folder / "done.sqlite") as store:
            assert store.claim(other)
        assert main([*command, str(checkpoint)]) == 2
        assert "an unfinished run with another --ckpt_path or --source" in capsys.readouterr().err
        (folder / "done.sqlite").unlink()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name its file with --out"),
        (["--out", "scores.csv", "--source", "-"], "cannot share standard input"),
    ],
)
def test_what_several_processes_cannot_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jpg").touch()
    monkeypatch.setattr(predict, "share", lambda: nullcontext(Sharing(0, 2)))
    assert main(["predict", "--source", "a.jpg", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_processes_without_a_meeting_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jpg").touch()
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    assert main(["predict", "--source", str(tmp_path)]) == 2
    assert "RANK is not set: start the processes with torchrun" in capsys.readouterr().err


@pytest.mark.soak
def test_killed_processes_of_torchrun_continue_as_another_number(
    tmp_path: Path, checkpoint: Path, demo_root: Path, photographs: list[Path]
) -> None:
    out, once = tmp_path / "scores.csv", tmp_path / "once.csv"
    many = tmp_path / "photographs"
    for number in range(COPIES):
        shutil.copytree(demo_root, many / str(number))
    (many / "broken.jpg").touch()
    command = ["-m", "fakeface", "predict", "--ckpt_path", str(checkpoint), "--source", str(many)]

    def torchrun(processes: int) -> subprocess.Popen[bytes]:
        launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.Popen([sys.executable, *launch, *command, "--out", str(out)], env=environment)

    run = torchrun(3)
    while not any(len_of(file) > 50 for file in unfinished_folder(out).glob("process-*.sqlite")):
        assert run.poll() is None
        time.sleep(0.1)
    for process in Path("/proc").glob("[0-9]*"):
        if str(out).encode() in (process / "cmdline").read_bytes():
            os.kill(int(process.name), signal.SIGKILL)
    run.wait()
    scored = sum(map(len_of, unfinished_folder(out).glob("*.sqlite")))
    assert 50 < scored < COPIES * 48
    assert torchrun(2).wait() == 1  # torchrun passes on that one photograph could not be read
    assert main([*command[2:], "--out", str(once)]) == 1
    result, expected = read_csv(out), read_csv(once)
    assert [(row["path"], row["error"]) for row in result] == [(row["path"], row["error"]) for row in expected]
    assert [float(row["probability"] or -1) for row in result] == pytest.approx(
        [float(row["probability"] or -1) for row in expected], abs=1e-5
    )
    assert not unfinished_folder(out).exists()


def len_of(file: Path) -> int:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM scores").fetchone()[0])
        except sqlite3.OperationalError:  # the process is just making it
            return 0
