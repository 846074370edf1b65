import http.server
import pickle
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import huggingface_hub.constants
import pytest
import timm
import torch
from safetensors.torch import save_file

from fakeface.errors import UserError
from fakeface.models import FaceClassifier, pretrained
from fakeface.models.pretrained import create_backbone

NAME = "test_resnet"


def tiny_weights(name: str = NAME, **arguments: object) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    weights: dict[str, torch.Tensor] = timm.create_model(name, **arguments).state_dict()
    return weights


@pytest.mark.parametrize("ending", ["safetensors", "pth"])
@pytest.mark.parametrize("classes", [0, 1000])
def test_a_local_file_loads_exactly(tmp_path: Path, ending: str, classes: int) -> None:
    weights = tiny_weights(num_classes=classes)
    path = tmp_path / f"weights.{ending}"
    if ending == "pth":
        torch.save(weights, path)
    else:
        save_file(weights, path)
    loaded = create_backbone(NAME, str(path)).state_dict()
    assert loaded.keys() <= weights.keys()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in loaded.items())


def test_each_view_has_its_own_file(tmp_path: Path) -> None:
    weights = {
        view: tiny_weights(name, num_classes=0) for view, name in (("original", NAME), ("ela", "test_efficientnet"))
    }
    files = {view: str(tmp_path / f"{view}.safetensors") for view in weights}
    for view, tensors in weights.items():
        save_file(tensors, files[view])
    net = FaceClassifier({"original": NAME, "ela": "test_efficientnet"}, pretrained=dict(files))
    for view, tensors in weights.items():
        loaded = net.branches[view].state_dict()
        assert all(torch.equal(tensor, loaded[f"backbone.{name}"]) for name, tensor in tensors.items())


def test_random_weights_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "urlopen", None)
    assert create_backbone(NAME, pretrained=False).num_classes == 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.safetensors for test_resnet does not exist: correct the path"):
        create_backbone(NAME, str(tmp_path / "none.safetensors"))


class Exploit:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.target,)


def write_damaged(kind: str, path: Path, trace: Path) -> None:
    if kind == "noise":
        path.write_bytes(bytes(range(256)) * 8)
    elif kind == "empty":
        path.touch()
    elif kind == "truncated":
        save_file(tiny_weights(), path)
        path.write_bytes(path.read_bytes()[:-1000])
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"state_dict": Exploit(trace)}))
    elif kind == "list":
        torch.save([1, 2, 3], path)


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("noise", "safetensors"),
        ("noise", "pth"),
        ("empty", "safetensors"),
        ("empty", "pth"),
        ("truncated", "safetensors"),
        ("pickle", "pth"),
        ("list", "pth"),
    ],
)
def test_a_damaged_or_hostile_file_is_refused_and_no_code_is_run(tmp_path: Path, kind: str, ending: str) -> None:
    path, trace = tmp_path / f"weights.{ending}", tmp_path / "code-was-run"
    write_damaged(kind, path, trace)
    with pytest.raises(UserError, match=rf"weights\.{ending} holds no weights \(.+\): pass a file made for {NAME}"):
        create_backbone(NAME, str(path))
    assert not trace.exists()


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file(tiny_weights("test_efficientnet"), path)
    with pytest.raises(UserError, match=r"foreign\.safetensors does not fit test_resnet \(.+\): pass a file made"):
        create_backbone(NAME, str(path))


def test_a_file_that_holds_a_part_is_refused(tmp_path: Path) -> None:
    weights = tiny_weights()
    del weights["layer1.0.bn1.bias"], weights["layer1.0.bn2.bias"]
    path = tmp_path / "part.safetensors"
    save_file(weights, path)
    with pytest.raises(UserError, match=r"\(2 tensors are missing, the first is layer1\.0\.bn1\.bias\): pass a file"):
        create_backbone(NAME, str(path))


def test_a_file_of_other_shapes_is_refused(tmp_path: Path) -> None:
    weights = tiny_weights()
    weights["conv1.0.weight"] = torch.zeros(1, 2, 3, 3)
    path = tmp_path / "wide.safetensors"
    save_file(weights, path)
    with pytest.raises(UserError, match=r"wide\.safetensors does not fit test_resnet \(size mismatch for conv1\.0"):
        create_backbone(NAME, str(path))


@pytest.mark.parametrize(
    ("name", "hint"),
    [("resnet5000", r"did you mean resnet50.*\?"), ("qwertz", r"timm\.list_models\(\)"), ("resnet18.nope", "tag")],
)
def test_an_unknown_name_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UserError, match=hint):
        create_backbone(name, pretrained=False)


def test_a_network_without_published_weights_is_refused() -> None:
    assert "test_efficientnet_evos" not in timm.list_pretrained("test_*")
    with pytest.raises(UserError, match="test_efficientnet_evos"):
        create_backbone("test_efficientnet_evos", pretrained=True)


@contextmanager
def silent_port() -> Iterator[int]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def closed_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    yield port


class Refusal(http.server.BaseHTTPRequestHandler):
    """Answers a HEAD request well and breaks down when the file is asked for."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def failing_port() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("hub", [closed_port, silent_port, failing_port])
def test_an_unreachable_hub_fails_in_seconds_and_says_what_to_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: object
) -> None:
    monkeypatch.setattr(pretrained, "HUB_TIMEOUT", 0.5)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with hub() as port:  # type: ignore[operator]
        template = f"http://127.0.0.1:{port}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        start = time.monotonic()
        with pytest.raises(UserError) as caught:
            create_backbone(NAME, pretrained=True)
    assert time.monotonic() - start < 5
    message = str(caught.value)
    assert message.startswith(f"the weights of {NAME} cannot be fetched from http://127.0.0.1:{port}/timm/{NAME}")
    assert "--model.net.init_args.pretrained FILE" in message
    assert "--model.net.init_args.pretrained false" in message
    assert "\n" not in message
