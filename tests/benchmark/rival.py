"""A rival of ``fakeface fit`` in its own process.

``python -m tests.benchmark.rival NAME FOLDER original=mobilenetv2_100 ...`` reads numbers of steps from its input, one
a line, trains for as many, and prints the seconds that they took.
"""

import sys
import time
from pathlib import Path

from tests.benchmark import plain_script, timm_script


def command(name: str, root: Path, branches: dict[str, str]) -> list[str]:
    """Return the command that starts a rival, ``plain script`` or ``timm``."""
    pairs = [f"{view}={backbone}" for view, backbone in branches.items()]
    return [sys.executable, "-m", "tests.benchmark.rival", name, str(root), *pairs]


def main() -> None:
    """Take turns until the input ends."""
    name, root, *pairs = sys.argv[1:]
    branches = dict(pair.split("=") for pair in pairs)
    if name == "timm":
        steps = timm_script.training_steps(Path(root), branches["original"])
    else:
        steps = plain_script.training_steps(Path(root), branches)
    for line in sys.stdin:
        for _ in range(2 * plain_script.WORKERS):  # beyond what the loader's workers prepared while others ran
            next(steps)
        start = time.perf_counter()
        for _ in range(int(line)):
            next(steps)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
