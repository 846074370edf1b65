import multiprocessing
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch.distributed as dist

from fakeface.data.processes import check_same_records, gather
from fakeface.data.records import FAKE, REAL, Record
from fakeface.errors import UserError

RECORDS = [Record(Path("/one/real.jpg"), REAL, split="train"), Record(Path("/one/fake.jpg"), FAKE, split="val")]
OTHERS = {
    "another folder": [replace(record, path=Path("/two", record.path.name)) for record in RECORDS],
    "fewer": RECORDS[:1],
    "another split": [replace(RECORDS[0], split="test"), RECORDS[1]],
    "another label": [replace(RECORDS[0], label=FAKE), RECORDS[1]],
}
"""What the second process has, where the first has ``RECORDS``."""


def test_a_process_alone_agrees_with_itself() -> None:
    assert gather("value") == ["value"]
    check_same_records(RECORDS)


def _compare(rank: int, store: str, results: Any) -> None:
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    answers: list[object] = [gather(f"value of {rank}")]
    for others in OTHERS.values():
        answers.append(_answer(others if rank else RECORDS))
    results.put(answers)
    dist.destroy_process_group()


def _answer(records: Sequence[Record]) -> str | None:
    try:
        check_same_records(records)
    except UserError as error:
        return str(error)
    return None


def test_two_processes_compare_what_they_have(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=_compare, args=(rank, str(tmp_path / "store"), results)) for rank in range(2)]
    for worker in workers:
        worker.start()
    one, two = (results.get(timeout=300) for _ in workers)
    for worker in workers:
        worker.join()
    assert one == two  # else one would go on and wait for the other
    values, *answers = one
    assert values == ["value of 0", "value of 1"]
    said = dict(zip(OTHERS, answers, strict=True))
    assert said.pop("another folder") is None
    for name, answer in said.items():
        count = len(OTHERS[name])
        assert answer.startswith(f"process 1 found other photographs ({count}) than process 0 (2): give the same")
