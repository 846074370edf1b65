"""Heat maps of a network: its own map of what was pasted in, or where its branches looked."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from fakeface.errors import UserError
from fakeface.inference.network import Network
from fakeface.inference.onnx_network import OnnxNetwork


class HeatMaps:
    """Draws the heat maps of a network.

    A network with a map gives the probability of an edit at each place. One with branches has a heat map per branch, by
    Grad-CAM. An ensemble without a map has the mean of its members' heat maps.

    Args:
        network: The network.

    Raises:
        UserError: When there is neither a map nor a branch, a backbone has no spatial features, or the library for
            Grad-CAM is not installed.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._size = size = network.settings.parameters.size
        self._parts: list[Callable[[Mapping[str, NDArray[np.uint8]]], dict[str, NDArray[np.float32]]]] = []
        nothing = np.zeros((1, size, size, 3), dtype=np.uint8)
        if network.edit_maps(dict.fromkeys(network.settings.views, nothing)) is not None:
            return
        if isinstance(network, OnnxNetwork):
            raise UserError(f"{network.file} is an exported network without a map: pass its checkpoint")
        # Both need torch.
        from fakeface.inference.grad_cam import GradCam
        from fakeface.inference.torch_network import TorchNetwork

        assert isinstance(network, TorchNetwork)  # noqa: S101 (there is no other kind)
        self._parts = [HeatMaps(member) for member in network.members()] or [GradCam(network)]

    def __call__(self, views: Mapping[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.float32]]:
        """Return the heat maps by view, from 0 to 1, ``(size, size)``.

        Args:
            views: Those of one photograph, each ``(size, size, 3)``.
        """
        if self._parts:
            each = [draw(views) for draw in self._parts]
            return {view: np.mean([heat[view] for heat in each], axis=0) for view in each[0]}
        maps = self._network.edit_maps({view: pixels[np.newaxis] for view, pixels in views.items()})
        assert maps is not None  # noqa: S101 (asked when this was made)
        heat = cv2.resize(maps[0], (self._size, self._size))
        return {view: np.asarray(heat, np.float32) for view in self._network.settings.views}
