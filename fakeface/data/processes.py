"""What the processes of a distributed run know of each other's data."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import torch.distributed as dist

from fakeface.data.records import Record
from fakeface.errors import UserError

Value = TypeVar("Value")


def gather(value: Value) -> list[Value]:
    """Return the value of every process, in the order of their ranks; all of them must ask."""
    if not (dist.is_available() and dist.is_initialized()):
        return [value]
    values: list[Value | None] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    return values  # type: ignore[return-value]


def check_same_records(records: Sequence[Record]) -> None:
    """Make sure that all processes share out the same photographs; else one would run out of batches and others wait.

    Raises:
        UserError: When they differ, in all processes.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return
    digest = hashlib.blake2b()
    for record in records:
        # Not the folder, which may be another one on every machine.
        digest.update(f"{record.path.name}\0{record.label}\0{record.split}\n".encode("utf-8", "surrogateescape"))
    found = gather((len(records), digest.hexdigest()))
    for rank, other in enumerate(found):
        if other != found[0]:
            raise UserError(
                f"process {rank} found other photographs ({other[0]}) than process 0 ({found[0][0]}): give the same "
                f"--data.root and --data.manifest on every machine, with the same files"
            )
