"""Several processes share the photographs: each takes its part, and all wait for each other."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

from fakeface.errors import UserError

LONGEST_WAIT = timedelta(days=30)
"""How long a process that is done waits for the others."""


@dataclass(frozen=True)
class Sharing:
    """One process among several.

    Attributes:
        rank: Number of this process.
        size: How many there are.
    """

    rank: int = 0
    size: int = 1

    def takes(self, path: Path) -> bool:
        """Say whether a photograph is this process's part; it depends on the path alone, not on any order."""
        digest = blake2b(os.fsencode(path), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.size == self.rank

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            from torch import distributed

            distributed.barrier()


@contextmanager
def share() -> Iterator[Sharing]:
    """Join the processes that torchrun started, or be the only one.

    Raises:
        UserError: When the environment names a number of processes but not where they meet.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Sharing()
        return
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise UserError(f"WORLD_SIZE is {size}, but {missing[0]} is not set: start the processes with torchrun")
    from torch import distributed

    distributed.init_process_group("gloo", timeout=LONGEST_WAIT)
    try:
        yield Sharing(distributed.get_rank(), size)
    finally:
        distributed.destroy_process_group()
