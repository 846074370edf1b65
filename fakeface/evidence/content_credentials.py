"""What C2PA content credentials in a file say, checked offline: https://spec.c2pa.org.

A signature that fits says that the file has not changed since it was signed. Who signed, and whether what they say is
true, is another matter: no list of trusted signers is consulted, and nothing is fetched.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from fakeface.evidence.text import plain

MOST_ACTIONS, MOST_CODES = 30, 12
_SETTINGS = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}

State = Literal["none", "fits", "does not fit", "broken", "elsewhere", "not read"]


@dataclass(frozen=True, slots=True)
class ContentCredentials:
    """The credentials of a file.

    Attributes:
        state: ``none``; the signature ``fits`` the file or ``does not fit``; they are ``broken``, or ``elsewhere``, at
            an address that is not asked; ``not read``, as the library is missing or does not know the format.
        program: What made the claim.
        signer: Whose name stands in the certificate, which anybody may write there.
        time: When it was signed, as the signature says.
        actions: What is said to have been done, one after the other.
        ingredients: How many other files it is said to be made from.
        problems: Codes of the specification for what does not fit.
    """

    state: State
    program: str = ""
    signer: str = ""
    time: str = ""
    actions: tuple[str, ...] = ()
    ingredients: int = 0
    problems: tuple[str, ...] = ()


def read_content_credentials(data: bytes, media_type: str) -> ContentCredentials:
    """Read and check the credentials of a file's bytes.

    Args:
        data: The file.
        media_type: Such as ``image/jpeg``.
    """
    try:
        import c2pa
    except ImportError:
        return ContentCredentials("not read", problems=("pip install 'fakeface[c2pa]'",))
    if media_type not in c2pa.Reader.get_supported_mime_types():
        return ContentCredentials("not read", problems=(f"{media_type} cannot be read",))
    context = c2pa.Context(c2pa.Settings.from_dict(_SETTINGS))
    try:
        with c2pa.Reader(media_type, BytesIO(data), context=context) as reader:
            content = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return ContentCredentials("none")
    except c2pa.C2paError as error:
        state: State = "elsewhere" if "remote manifest" in str(error) else "broken"
        return ContentCredentials(state, problems=(plain(error),))
    return _summary(content)


def _summary(content: dict[str, Any]) -> ContentCredentials:
    manifest = content.get("manifests", {}).get(content.get("active_manifest"), {})
    signature = manifest.get("signature_info", {})
    generators = manifest.get("claim_generator_info") or [{"name": manifest.get("claim_generator", "")}]
    codes = [status.get("code", "") for status in content.get("validation_status", [])]
    return ContentCredentials(
        state="fits" if content.get("validation_state") in {"Valid", "Trusted"} else "does not fit",
        program=plain(" ".join(str(generators[0].get(key, "")) for key in ("name", "version"))),
        signer=plain(signature.get("issuer", "")),
        time=plain(signature.get("time", "")),
        actions=tuple(map(_action, _actions(manifest)[:MOST_ACTIONS])),
        ingredients=len(manifest.get("ingredients", [])),
        problems=tuple(plain(code) for code in dict.fromkeys(codes))[:MOST_CODES],
    )


def _actions(manifest: dict[str, Any]) -> Sequence[dict[str, Any]]:
    assertions = [one for one in manifest.get("assertions", []) if str(one.get("label")).startswith("c2pa.actions")]
    return [action for one in assertions for action in one.get("data", {}).get("actions", [])]


def _action(action: dict[str, Any]) -> str:
    agent = action.get("softwareAgent", "")
    agent = agent.get("name", "") if isinstance(agent, dict) else agent
    source = str(action.get("digitalSourceType", "")).rpartition("/")[2]
    details = ", ".join(plain(part) for part in (agent, source) if part)
    return plain(action.get("action", "")) + (f" ({details})" if details else "")
