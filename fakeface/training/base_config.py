"""Where ``base.yaml`` lies, which `fakeface` reads before every other configuration."""

from pathlib import Path

from fakeface.errors import UserError


def base_config() -> Path:
    """Return the absolute path of ``base.yaml``: in the package when installed, else in the repository.

    Raises:
        UserError: When it is missing; jsonargparse would go on without it in silence.
    """
    package = Path(__file__).resolve().parents[1]
    candidates = [package / "configs" / "base.yaml", package.parent / "configs" / "base.yaml"]
    for path in candidates:
        if path.is_file():
            return path
    raise UserError(f"the base configuration {candidates[-1]} is missing: restore it or install fakeface again")
