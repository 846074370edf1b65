"""Photographs whose metadata the tests write: hostile, broken, or telling."""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from numpy.typing import NDArray
from PIL import ExifTags, Image
from skimage.data import astronaut

from fakeface.evidence.content_credentials import _SETTINGS

SCRIPT = "<script>document.title='owned'</script>"


def portrait() -> NDArray[np.uint8]:
    """A portrait in the public domain, 512 pixels square."""
    return np.asarray(astronaut(), dtype=np.uint8)


def jpeg(pixels: NDArray[np.uint8], quality: Any = 90, **settings: Any) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, **settings)
    return buffer.getvalue()


def exif(fields: Mapping[str, Any], gps: Mapping[int, Any] | None = None) -> Image.Exif:
    made = Image.Exif()
    for name, value in fields.items():
        made[ExifTags.Base[name]] = value
    if gps is not None:
        made[ExifTags.IFD.GPSInfo] = dict(gps)
    return made


def exif_with_thumbnail(thumbnail: bytes, orientation: int = 1) -> bytes:
    """EXIF data by hand: a first directory with the orientation, a second one with the thumbnail behind it."""

    def entry(tag: int, kind: int, value: int) -> bytes:
        return struct.pack("<HHI", tag, kind, 1) + struct.pack(
            "<HH" if kind == 3 else "<I", *([value, 0] if kind == 3 else [value])
        )

    first, second = 8, 8 + 2 + 12 + 4
    start = second + 2 + 2 * 12 + 4
    return (
        b"Exif\0\0II*\0" + struct.pack("<I", first)
        + struct.pack("<H", 1) + entry(0x0112, 3, orientation) + struct.pack("<I", second)
        + struct.pack("<H", 2) + entry(0x0201, 4, start) + entry(0x0202, 4, len(thumbnail)) + struct.pack("<I", 0)
        + thumbnail
    )  # fmt: skip


def xmp(inside: str) -> bytes:
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"'
        ' xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"'
        f" {inside}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    ).encode()


def sign(data: bytes, program: str, remote: str = "") -> bytes:
    """Put content credentials into a JPEG, signed by an unknown certificate; ``remote`` is where they lie instead."""
    import c2pa

    root, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = (_certificate("leaf", key, root, False), _certificate("root", root, root, True))

    def signature(content: bytes) -> bytes:
        numbers = decode_dss_signature(key.sign(content, ec.ECDSA(SHA256())))
        return b"".join(number.to_bytes(32, "big") for number in numbers)

    pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain).decode()
    signer = c2pa.Signer.from_callback(signature, c2pa.C2paSigningAlg.ES256, pem)
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    actions = [
        {"action": "c2pa.created", "digitalSourceType": source},
        {"action": "c2pa.edited", "softwareAgent": SCRIPT},
    ]
    manifest = {
        "claim_generator_info": [{"name": program, "version": "1"}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": actions}}],
    }
    builder = c2pa.Builder(manifest, c2pa.Context(c2pa.Settings.from_dict(_SETTINGS)))
    if remote:
        builder.set_no_embed()
        builder.set_remote_url(remote)
    signed = BytesIO()
    builder.sign(signer, "image/jpeg", BytesIO(data), signed)
    return signed.getvalue()


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: ec.EllipticCurvePrivateKey, is_authority: bool
) -> x509.Certificate:
    def names(common: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Anybody <b>Ltd"),
                x509.NameAttribute(x509.NameOID.COMMON_NAME, common),
            ]
        )

    usage = x509.KeyUsage(not is_authority, False, False, False, False, is_authority, is_authority, False, False)
    builder = (
        x509.CertificateBuilder(names("root"), names(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2124, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
        .add_extension(usage, critical=True)
    )
    if not is_authority:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(issuer, SHA256())
