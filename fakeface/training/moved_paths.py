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
    if isinstance(configuration, list):
        return [rename_moved(item) for item in configuration]
    if not isinstance(configuration, dict):
        return configuration
    renamed = {key: rename_moved(value) for key, value in configuration.items()}
    class_path = renamed.get("class_path")
    for old, new in MOVED.items():
        if isinstance(class_path, str) and class_path.startswith(old):
            renamed["class_path"] = new + class_path.removeprefix(old)
    return renamed
