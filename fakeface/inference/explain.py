"""A verdict in one picture: the photograph, its error levels, heat maps and the scores of the regions.

The error levels are for the reader: the verdict rests on them only where the network has them as a view. A heat map
shows where the network looked, or where its own map says that something was pasted in. It is no proof of either.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from fakeface.data.images import ImageInput, printable, read_pixels
from fakeface.errors import UserError
from fakeface.inference.detector import Detector
from fakeface.inference.looked import Looked
from fakeface.inference.network import Network
from fakeface.inference.onnx_network import OnnxNetwork
from fakeface.inference.scoring import Seen
from fakeface.inference.verdicts import Verdict
from fakeface.views.ela import error_level_analysis
from fakeface.views.pictures import shrink
from fakeface.views.view import make_view

CAPTION = "A heat map shows where the network looked, not what was edited. A verdict is never proof about a person."
PANEL = 480
"""Longest side in pixels of an image in the picture."""

DPI = 120

MOST_FACES = 12
"""Faces that a page shows heat maps of, the most suspicious ones."""

Draw = Callable[[Mapping[str, NDArray[np.uint8]]], dict[str, NDArray[np.float32]]]
"""From the views of one photograph, each ``(size, size, 3)``, to their heat maps from 0 to 1, ``(size, size)``."""


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """A verdict and the pictures that are shown with it, all on the pixels of the photograph.

    Attributes:
        verdict: The verdict.
        photograph: RGB, ``(H, W, 3)``.
        error_levels: Of the same shape, whether the network reads them or not.
        heat_maps: One for each view that the network reads, from 0 to 1, ``(H, W)``; 0 where the view shows nothing of
            the photograph. Of several faces it is that of the most suspicious one; none where there is no face.
        pictures: What each of these views is taken from, ``(H, W, 3)``.
    """

    verdict: Verdict
    photograph: NDArray[np.uint8]
    error_levels: NDArray[np.uint8]
    heat_maps: dict[str, NDArray[np.float32]]
    pictures: dict[str, NDArray[np.uint8]]


class Explainer:
    """Explains the verdicts of a detector.

    Args:
        detector: The detector.

    Attributes:
        draw: From the views of a face to their heat maps, ``(size, size)``.

    Raises:
        UserError: When its network is an exported one without a map, one of its backbones has no spatial features, or
            the library for Grad-CAM is not installed.
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self.draw = heat_maps_of(detector.network)

    def explain(self, image: ImageInput) -> Explanation:
        """Explain the verdict for a file or for pixels (RGB, uint8, ``(H, W, 3)``).

        Raises:
            ImageError: When the file cannot be read.
            UserError: When pixels have another shape or type.
        """
        pixels = read_pixels(image)
        settings = self.detector.settings
        verdict, looked = self.detector.examine(pixels)
        suspect = looked.views.get(verdict.suspect)
        return Explanation(
            verdict=replace(verdict, path=None if isinstance(image, np.ndarray) else Path(image)),
            photograph=pixels,
            error_levels=error_level_analysis(pixels, settings.parameters.ela),
            heat_maps={} if suspect is None else self.heat_maps(pixels, suspect),
            pictures={view: make_view(view, settings.parameters).picture(pixels) for view in settings.views},
        )

    def heat_maps(self, image: NDArray[np.uint8], views: Seen) -> dict[str, NDArray[np.float32]]:
        """Return the heat maps of a photograph ``(H, W, 3)`` for these views of it, from 0 to 1, ``(H, W)``.

        Raises:
            UserError: When the network has neither a map nor branches.
        """
        heat_maps = self.draw({name: view.pixels for name, view in views.items()})
        return {name: views[name].place(heat, *image.shape[:2]) for name, heat in heat_maps.items()}


def heat_maps_of(network: Network) -> Draw:
    """Return what draws the heat maps of a network: its own map of what was pasted in, or where its branches looked.

    A network with a map gives the probability of an edit at each place. One with branches has a heat map per branch, by
    Grad-CAM. An ensemble without a map has the mean of its members' heat maps.

    Raises:
        UserError: When there is neither a map nor a branch, a backbone has no spatial features, or the library for
            Grad-CAM is not installed.
    """
    size = network.settings.parameters.size
    nothing = np.zeros((1, size, size, 3), dtype=np.uint8)
    if network.edit_maps(dict.fromkeys(network.settings.views, nothing)) is not None:
        return partial(_own_map, network)
    if isinstance(network, OnnxNetwork):
        raise UserError(f"{network.file} is an exported network without a map: pass its checkpoint")
    # Both need torch.
    from fakeface.inference.grad_cam import grad_cam
    from fakeface.inference.torch_network import TorchNetwork

    assert isinstance(network, TorchNetwork)  # noqa: S101 (there is no other kind)
    return partial(_mean_heat, [heat_maps_of(member) for member in network.members()] or [grad_cam(network)])


def _own_map(network: Network, views: Mapping[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
    maps = network.edit_maps({view: pixels[np.newaxis] for view, pixels in views.items()})
    assert maps is not None  # noqa: S101 (asked before)
    size = network.settings.parameters.size
    return dict.fromkeys(network.settings.views, np.asarray(cv2.resize(maps[0], (size, size)), np.float32))


def _mean_heat(parts: Sequence[Draw], views: Mapping[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
    each = [draw(views) for draw in parts]
    return {view: np.mean([heat[view] for heat in each], axis=0) for view in each[0]}


def most_suspicious(verdict: Verdict, looked: Looked) -> list[int | None]:
    """Return the places of ``MOST_FACES`` faces that were judged, the most suspicious first; None of a photo."""
    chances = {None: 0.0} | {place: face.probability or 0.0 for place, face in enumerate(verdict.faces or ())}
    return sorted(looked.views, key=lambda place: -chances[place])[:MOST_FACES]


def overlay(image: NDArray[np.uint8], heat: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Lay a heat map ``(H, W)`` from 0 to 1 in colours over an image ``(H, W, 3)`` in grey."""
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    colours = colormaps["inferno"](heat)[..., :3] * 255
    weight = 0.75 * heat[..., np.newaxis]
    return np.asarray((1 - weight) * grey + weight * colours, dtype=np.uint8)


def draw_explanation(explanation: Explanation) -> Figure:
    """Draw photograph, error levels, heat maps over what their views are of, and region scores side by side."""
    verdict = explanation.verdict
    panels = [
        ("photograph", shrink(explanation.photograph, PANEL)),
        ("error levels (ELA)", shrink(explanation.error_levels, PANEL)),
    ]
    for view, heat in explanation.heat_maps.items():
        below = shrink(explanation.pictures[view], PANEL)
        panels.append((f"heat map: {view}", overlay(below, shrink(heat, PANEL))))
    columns = len(panels) + (verdict.regions is not None)
    figure = Figure(figsize=(2.6 * columns, 3.2), layout="constrained")
    grid = figure.subplots(1, columns, squeeze=False)[0]
    for axes, (title, image) in zip(grid, panels, strict=False):
        axes.imshow(image)
        axes.set_title(title, fontsize=9)
        axes.set_axis_off()
    _draw_boxes(grid[0], verdict, panels[0][1].shape[1] / explanation.photograph.shape[1])
    if verdict.regions is not None:
        _draw_regions(grid[-1], verdict.regions)
    name = f"{printable(Path(verdict.path.name))}: " if verdict.path is not None else ""
    chance = "" if verdict.probability is None else f", probability of fake {verdict.probability:.0%}"
    without = ", no face found" if verdict.reason == "no face" else ""
    figure.suptitle(f"{name}{verdict.verdict}{chance}{without}", fontsize=11)
    figure.supxlabel(CAPTION, fontsize=7)
    return figure


def write_explanation(explanation: Explanation, folder: Path) -> Path:
    """Write the picture of a photograph's explanation into a folder.

    Returns:
        The picture: ``NAME.png``, or ``NAME_2.png`` and so on where a file of that name is there already.
    """
    stem = explanation.verdict.path.stem if explanation.verdict.path is not None else "pixels"
    figure = draw_explanation(explanation)
    number = 1
    while True:
        picture = folder / (f"{stem}.png" if number == 1 else f"{stem}_{number}.png")
        number += 1
        with suppress(FileExistsError), picture.open("xb") as file:  # of several processes that try, one succeeds
            figure.savefig(file, format="png", dpi=DPI)
            return picture


def _draw_boxes(axes: Axes, verdict: Verdict, scale: float) -> None:
    """Mark each face with its number, in red the one that the verdict and the heat map are of."""
    for number, face in enumerate(verdict.faces or ()):
        left, top, right, bottom = (scale * edge for edge in face.box)
        colour = "red" if number == verdict.suspect else "white"
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour))
        axes.text(left, top, str(number + 1), color=colour, fontsize=7, verticalalignment="bottom")


def _draw_regions(axes: Axes, regions: dict[str, float]) -> None:
    names = [name.replace("_", " ") for name in regions]
    axes.barh(names, list(regions.values()), color="tab:orange")
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_title("probability of an edit", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.set_box_aspect(1)
