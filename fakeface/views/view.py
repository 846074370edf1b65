"""The views by their names, and what a network is given of a photograph."""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

import fakeface.views
from fakeface.errors import UserError, did_you_mean
from fakeface.views.base import View, Viewed
from fakeface.views.ela import ElaParameters

ORIGINAL, ELA, FACE = "original", "ela", "face"


@dataclass(frozen=True, slots=True)
class ViewParameters:
    """How views are computed; a view takes those that it has a field for.

    Attributes:
        size: Height and width of every view in pixels.
        ela: Parameters of the error level analysis, which runs before the resize.

    Raises:
        UserError: When the size is not positive.
    """

    size: int = 128
    ela: ElaParameters = field(default_factory=ElaParameters)

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"the image size is {self.size}: choose a positive number of pixels")


def find_view(name: str) -> type[View]:
    """Return a view by the name of its file in this package (``ela``) or by its class path (``my_module.MyView``).

    Raises:
        UserError: When there is no such view.
    """
    module, _, attribute = name.rpartition(".")
    if module:
        try:
            found = getattr(importlib.import_module(module), attribute, None)
        except ModuleNotFoundError as error:
            raise UserError(
                f"the view {name} cannot be imported ({error}): put the folder of its file on PYTHONPATH"
            ) from error
        if isinstance(found, type) and issubclass(found, View):
            return found
        raise UserError(f"{name} is no view: name a class in {module} that inherits from fakeface.views.View")
    own = own_views()
    if name not in own:
        hint = did_you_mean(name, own) or f"name the branches after {' or '.join(own)}."
        raise UserError(
            f"there is no view {name!r}: {hint} A view of your own is named with its module, such as my_module.MyView"
        )
    return own[name]


@cache
def own_views() -> dict[str, type[View]]:
    """Return the views of this package by the names of their files."""
    return {
        file: value
        for _, file, _ in pkgutil.iter_modules(fakeface.views.__path__)
        for value in vars(importlib.import_module(f"fakeface.views.{file}")).values()
        if isinstance(value, type) and issubclass(value, View) and value is not View and value.__module__.endswith(file)
    }


def make_view(name: str, parameters: ViewParameters) -> View:
    """Return the view of that name with its settings.

    Raises:
        UserError: When there is no such view.
    """
    view = find_view(name)
    names = {field.name for field in fields(parameters)} & {field.name for field in fields(view)}
    return view(**{name: getattr(parameters, name) for name in names})


def look(
    image: NDArray[np.uint8],
    views: Sequence[str],
    parameters: ViewParameters,
    points: NDArray[np.float64] | None = None,
) -> dict[str, Viewed]:
    """Look at a photograph, or at one of its faces.

    Args:
        image: Decoded photograph at full size, RGB, ``(H, W, 3)``.
        views: Names of the views.
        parameters: Size and ELA parameters.
        points: The five points (x, y) of the face, ``(5, 2)``; without them a view of a face looks for the largest.
    """
    return {view: make_view(view, parameters)(image, points) for view in views}


def compute_views(
    image: NDArray[np.uint8], views: Sequence[str], parameters: ViewParameters
) -> dict[str, NDArray[np.uint8]]:
    """Return the pixels alone of what ``look`` returns, each ``(size, size, 3)``."""
    return {view: viewed.pixels for view, viewed in look(image, views, parameters).items()}
