"""Freed memory is kept, and large blocks can still be had in every thread."""

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, threading
import torch
from fakeface.training.memory import keep_freed_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "kept":
    keep_freed_memory()
for _ in range(20):  # a block is asked for at a multiple of 64 bytes, so it fits what was freed only after some turns
    torch.ones(25_000_000)
before = faults()
for _ in range(5):
    torch.ones(25_000_000)
after = faults()
thread = threading.Thread(target=lambda: print(int(torch.ones(50_000_000).sum()), end=" "))
thread.start()
thread.join()
print(after - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's memory is set up")
def test_freed_memory_is_taken_again_without_page_faults() -> None:
    def run(mode: str) -> tuple[int, int]:
        output = subprocess.run([sys.executable, "-c", SCRIPT, mode], check=True, capture_output=True, text=True).stdout
        total, faults = output.split()
        return int(total), int(faults)

    pages = 5 * 25_000_000 * 4 // 4096
    total, faults = run("kept")
    assert total == 50_000_000
    assert faults < pages / 100
    assert run("returned")[1] > pages / 100
