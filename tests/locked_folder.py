"""A folder that nobody may search, as permissions make none for root."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest


def refuse_to_search(monkeypatch: pytest.MonkeyPatch, locked: Path) -> None:
    """Let the system refuse to list a folder."""
    scandir = os.scandir

    def refuse(path: Any) -> Any:
        if not isinstance(path, int) and Path(path) == locked:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
