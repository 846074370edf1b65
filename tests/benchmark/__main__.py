"""``make bench``: one table, each row a ratio of medians over interleaved rounds of one run.

Run it on a machine that does nothing else: a second busy process on two cores makes training several times slower.
``python -m tests.benchmark SUBJECT ... --rounds 1`` measures a part of it, or only shows that it runs.
"""

import argparse
import os
import shutil
from pathlib import Path

from fakeface.data.threads import cores
from fakeface.demo.data_set import MANIFEST, write_demo
from tests.benchmark.inference import inference
from tests.benchmark.preparation import cache, scaling
from tests.benchmark.table import HEADER
from tests.benchmark.training import overhead, training

IMAGES, SIZE = 600, 600
SUBJECTS = {measure.__name__: measure for measure in (training, overhead, cache, scaling, inference)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"some of {', '.join(SUBJECTS)} (default: all)")
    parser.add_argument("--rounds", type=int, help="turns that each contender has")
    arguments = parser.parse_args()
    root = Path("data/benchmark/images")
    if not (root / MANIFEST).exists():
        shutil.rmtree(root, ignore_errors=True)  # what an interrupted run left
        print(f"drawing {IMAGES} faces of {SIZE} pixels in {root} ...", flush=True)
        write_demo(root, IMAGES, seed=0, size=SIZE)
    print(
        f"{cores()} cores, load {os.getloadavg()[0]:.1f}; training at 128 px, batch 32; img/s are medians\n\n{HEADER}"
    )
    for subject in arguments.subjects or SUBJECTS:
        SUBJECTS[subject](root, **({} if arguments.rounds is None else {"rounds": arguments.rounds}))


if __name__ == "__main__":
    main()
