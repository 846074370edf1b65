"""What stands before every request: headers that tell browsers to be strict, and who may ask at all."""

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """Refuses requests that other web sites send in a visitor's name, and adds the headers to every response.

    Attributes:
        app: What answers the others.
        names: Host names that the server answers to; empty for any. On a loopback address this stops web sites whose
            name is made to point there (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, names: Sequence[str] = ()) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        reason = self._refusal(Headers(scope=scope), scope["method"])
        app = self.app if reason is None else JSONResponse({"error": reason}, status_code=403)
        await app(scope, receive, send_with_headers)

    def _refusal(self, headers: Headers, method: str) -> str | None:
        host = headers.get("host", "")
        name = host[: host.rfind(":")] if ":" in host.rpartition("]")[2] else host
        if self.names and name.lower() not in self.names:
            return f"this server answers to {', '.join(self.names)} only: start it with --host to open it to others"
        if method == "POST" and headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return "another web site sent this request: open the page of this server itself"
        return None
