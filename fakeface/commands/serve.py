"""Serve a web page that judges photographs, plays *which face is real?* and explains how it works.

It listens on this machine only, stores nothing, and has a JSON endpoint for programs; docs/serving.md tells more.
A verdict is never proof about a person.
"""

import argparse
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from fakeface.commands.network_argument import add_detector, load_with_explainer
from fakeface.errors import UserError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_CONNECTIONS = 800


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_detector(parser)
    parser.add_argument(
        "--game",
        type=Path,
        metavar="FOLDER",
        help="photographs for the game, in training_real/ and training_fake/; visitors see them (default: drawn faces)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port, 0 for any free one (default: %(default)s)")


def run(arguments: argparse.Namespace) -> int:
    try:
        import uvicorn
    except ImportError as error:
        raise UserError("the web page needs FastAPI and uvicorn: pip install 'fakeface[serve]'") from error
    listener = _listen(arguments.host, arguments.port)
    with listener:
        app = _make_app(arguments)
        host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
        print(f"fakeface is at http://{host}:{listener.getsockname()[1]}/ (Ctrl-C stops it)", flush=True)
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, limit_concurrency=_CONNECTIONS, timeout_graceful_shutdown=5
        )
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            print("stopped")
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything slow starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        # create_server adds the address in brackets.
        reason = (getattr(error, "strerror", None) or str(error)).split(" (")[0]
        raise UserError(f"port {port} of {host} cannot be used ({reason}): choose another --port or --host") from error


def _make_app(arguments: argparse.Namespace) -> "ASGIApp":
    # Imported after the port is known to be free: they take seconds.
    from fakeface.serve.app import create_app
    from fakeface.serve.faces import draw_faces, read_faces
    from fakeface.serve.guard import LOOPBACK_NAMES

    detector, explainer = load_with_explainer(arguments.ckpt_path)
    game_faces = read_faces(arguments.game) if arguments.game is not None else None
    print("drawing faces for the examples", flush=True)
    names = LOOPBACK_NAMES if arguments.host in {"127.0.0.1", "localhost", "::1"} else ()
    return create_app(detector, explainer, draw_faces(), game_faces, names=names)
