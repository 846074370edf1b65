"""Class paths that configurations and checkpoints in users' hands name, and where these classes live now."""

from typing import Any

from jsonargparse import get_loader, set_loader

MOVED = {
    "fakeface.callbacks.": "fakeface.training.callbacks.",
    "fakeface.data.datamodule.": "fakeface.training.datamodule.",
    "fakeface.module.": "fakeface.training.module.",
    "fakeface.schedules.": "fakeface.training.schedules.",
}
"""Beginnings of former class paths, and of those that took their place."""


def accept_moved_paths() -> None:
    """Let jsonargparse read configurations that name the former paths."""
    load = get_loader("yaml")
    set_loader("yaml", lambda text: rename_moved(load(text)))


def rename_moved(configuration: Any) -> Any:
    """Return a configuration, as YAML gives it, with every ``class_path`` of a moved class renamed."""
    if isinstance(configuration, dict):
        return {
            key: _renamed(value) if key == "class_path" and isinstance(value, str) else rename_moved(value)
            for key, value in configuration.items()
        }
    if isinstance(configuration, list):
        return [rename_moved(item) for item in configuration]
    return configuration


def _renamed(class_path: str) -> str:
    for old, new in MOVED.items():
        if class_path.startswith(old):
            return new + class_path.removeprefix(old)
    return class_path
