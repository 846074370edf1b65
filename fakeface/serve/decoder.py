"""Uploads are decoded in a process of their own, which can be ended: a thread that decodes cannot.

A progressive JPEG of a few megabytes can hold so many scans that its decoding takes an hour.
"""

import json
import signal
import threading
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fakeface.data.images import ImageError, decode_image

UPLOAD = Path("the upload")

_START_SECONDS = 60.0


class Decoder:
    """A process that decodes one upload after the other; it serves one thread.

    Attributes:
        max_pixels: Larger images are refused.
        seconds: The time for one upload.
    """

    def __init__(self, max_pixels: int, seconds: float) -> None:
        self.max_pixels = max_pixels
        self.seconds = seconds
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None

    def __call__(self, data: bytes) -> NDArray[np.uint8]:
        """Decode an upload to RGB, ``(H, W, 3)``.

        Raises:
            ImageError: When it cannot be decoded, or not in time.
        """
        connection = self._connection or self.start()
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self._end()  # which ends every read and write below

        alarm = threading.Timer(self.seconds, give_up)
        alarm.start()
        try:
            connection.send_bytes(data)
            # No pickle: what comes back may be made by whoever made the upload.
            header = json.loads(connection.recv_bytes())
            if "reason" in header:
                raise ImageError(UPLOAD, header["reason"])
            return np.frombuffer(connection.recv_bytes(), dtype=np.uint8).reshape(header["shape"])
        except (EOFError, OSError) as error:
            self.close()
            if late.is_set():
                raise ImageError(UPLOAD, f"not decoded within {self.seconds:g} seconds") from error
            raise ImageError(UPLOAD, "damaged (it broke the decoder)") from error
        finally:
            alarm.cancel()

    def close(self) -> None:
        """End the process; the next upload starts another one."""
        self._end()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def start(self) -> Connection:
        """Start the process, which takes a moment; the first upload does so otherwise."""
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_decode_uploads, args=(theirs, self.max_pixels), daemon=True)
        self._process.start()
        theirs.close()
        if not self._connection.poll(_START_SECONDS):
            raise RuntimeError("the process that decodes uploads did not start")
        self._connection.recv_bytes()
        return self._connection


def _decode_uploads(connection: Connection, max_pixels: int) -> None:
    """Answer each upload by a header in JSON, and the pixels after it."""
    # Ctrl-C is for the server, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection.send_bytes(b"ready")
    while True:
        try:
            data = connection.recv_bytes()
        except EOFError:
            return
        try:
            pixels = decode_image(data, UPLOAD, max_pixels)
        except ImageError as error:
            connection.send_bytes(json.dumps({"reason": error.reason}).encode())
            continue
        connection.send_bytes(json.dumps({"shape": pixels.shape}).encode())
        connection.send_bytes(pixels.reshape(-1).data)
