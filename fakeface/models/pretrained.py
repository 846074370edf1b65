"""Backbones from timm, with weights from its hub, from a local file, or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import timm
from huggingface_hub import hf_hub_url, try_to_load_from_cache
from timm.models import load_state_dict
from torch import nn

from fakeface.errors import UserError, did_you_mean
from fakeface.models.depthwise import use_fast_depthwise

HUB_TIMEOUT = 5.0
"""Seconds to wait for the model hub; its own client retries for most of a minute."""


def create_backbone(name: str, pretrained: bool | str, **arguments: Any) -> Any:
    """Create a timm network without its classifier.

    Args:
        name: Any name that ``timm.list_models()`` knows, with or without a weight tag.
        pretrained: ``True`` for the weights of timm's hub, the path of a local file (safetensors or a state
            dictionary), or ``False`` for random weights.
        **arguments: What else ``timm.create_model`` is told.

    Raises:
        UserError: When the name is unknown, the hub cannot be reached, or the file does not fit.
    """
    if not timm.is_model(name):
        hint = did_you_mean(name, timm.list_models(), 5) or "see timm.list_models()"
        raise UserError(f"there is no backbone {name!r}: name custom_cnn or a network of timm; {hint}")
    if pretrained is True:
        _check_hub(name)
    try:
        backbone = timm.create_model(name, pretrained=pretrained is True, num_classes=0, **arguments)
    except RuntimeError as error:
        raise UserError(f"timm cannot create {name!r} ({error}): name a tag of timm.list_pretrained()") from error
    except OSError as error:  # every error of the hub's client is one
        raise _unreachable(name, error) from error
    if isinstance(pretrained, str):
        _load_file(backbone, name, Path(pretrained))
    use_fast_depthwise(backbone)
    return backbone


@contextmanager
def refusing_sizes() -> Iterator[None]:
    """Make a sentence of how timm's networks refuse images of a size that they are not made for."""
    try:
        yield
    except (AssertionError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not str(error).startswith("The size of tensor"):
            raise
        raise UserError(f"the backbone refuses views of this size ({error}): pass another --data.size") from error


def _check_hub(name: str) -> None:
    """Fail within seconds, and with a sentence that helps, where the hub's own client would retry."""
    config = timm.get_pretrained_cfg(name)
    if config is None or not config.hf_hub_id or isinstance(try_to_load_from_cache(*_hub_file(name)), str):
        return
    url = hf_hub_url(*_hub_file(name))
    try:
        urlopen(Request(url, method="HEAD"), timeout=HUB_TIMEOUT).close()  # noqa: S310 (the hub's own https address)
    except OSError as error:
        raise _unreachable(name, error) from error


def _hub_file(name: str) -> tuple[str, str]:
    config: Any = timm.get_pretrained_cfg(name)
    return config.hf_hub_id, config.hf_hub_filename or "model.safetensors"


def _unreachable(name: str, error: OSError) -> UserError:
    return UserError(
        f"the weights of {name} cannot be fetched from {hf_hub_url(*_hub_file(name))} "
        f"({_reason(error)}): pass a local file (--model.net.init_args.pretrained FILE; `fakeface weights` makes some "
        f"without the hub) or random weights (--model.net.init_args.pretrained false)"
    )


def _load_file(backbone: nn.Module, name: str, path: Path) -> None:
    if not path.is_file():
        raise UserError(f"the weights file {path} for {name} does not exist: correct the path or pass false")
    try:
        weights = load_state_dict(str(path), weights_only=True)
    except Exception as error:  # whatever a damaged or foreign file makes torch and safetensors raise
        raise UserError(f"{path} holds no weights ({_reason(error)}): pass a file made for {name}") from error
    try:
        missing = backbone.load_state_dict(weights, strict=False).missing_keys
    except RuntimeError as error:
        raise UserError(f"{path} does not fit {name} ({_reason(error)}): pass a file made for it") from error
    if missing:
        raise UserError(
            f"{path} does not fit {name} ({len(missing)} tensors are missing, the first is {missing[0]}): "
            f"pass a file made for it"
        )


def _reason(error: Exception) -> str:
    """Say in one line why, in the words of the library; its longer errors have a heading."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[:2][-1].strip()[:200]
