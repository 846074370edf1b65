"""What one visitor may ask of the server, so that there is something left for the others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of a server.

    Attributes:
        upload_bytes: Size of an upload.
        pixels: Pixels of an upload, read from its header before anything is decoded.
        upload_seconds: Time for an upload to arrive.
        decode_seconds: Time for decoding it; the process that does not manage is ended.
        answer_seconds: Time from the upload's arrival to the answer, waiting included.
        places: Requests that are served or wait; further ones are asked to come back.
    """

    upload_bytes: int = 20_000_000
    pixels: int = 50_000_000
    upload_seconds: float = 30.0
    decode_seconds: float = 10.0
    answer_seconds: float = 60.0
    places: int = 32
