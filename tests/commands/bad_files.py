"""What the zoo of bad input is fed with: files that are broken, foreign or unusual, and tables with mistakes."""

import numpy as np
from PIL import Image

from tests.data.image_files import (
    PHOTOGRAPH,
    bmp,
    encode,
    encode_with_opencv,
    heic,
    png_header,
    tiff,
    with_alpha,
)

LARGE = np.repeat(np.repeat(PHOTOGRAPH[:40, :45], 3, axis=0), 3, axis=1)  # 135×120 pixels
GREY_16 = LARGE[..., 0].astype(np.uint16) << 4
TRUNCATED = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "BMP": "bmp", "TIFF": "tiff", "GIF": "gif"}


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def frames(kind: str) -> bytes:
    return encode(LARGE, kind, save_all=True, append_images=[Image.new("RGB", (135, 120), "red")])


CONTENTS: dict[str, bytes] = {
    **{f"half.{ending}": half(encode(LARGE, kind)) for kind, ending in TRUNCATED.items()},
    "half.heic": half(heic(LARGE)),
    "start.jpg": b"\xff\xd8\xff\xe0",
    "empty.jpg": b"",
    "byte.jpg": b"\xff",
    "text.jpg": b"Lorem ipsum",
    "page.jpg": b"<!DOCTYPE html><html>404</html>",
    "drawing.jpg": b'<?xml version="1.0"?><svg/>',
    "pdf.jpg": b"%PDF-1.7\n",
    "zip.jpg": b"PK\x03\x04" + bytes(99),
    "psd.jpg": b"8BPS" + bytes(99),
    "film.jpg": b"\0\0\0\x18ftypisom" + bytes(99),
    "film2.jpg": b"\x1a\x45\xdf\xa3" + bytes(99),
    "xl.jpg": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99),
    "2000.jpg": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99),
    "program.jpg": b"\x7fELF" + bytes(99),
    "sound.jpg": b"RIFF\x10\0\0\0WAVEfmt " + bytes(99),
    "zeros.jpg": bytes(5000),
    "bomb.png": png_header(30_000, 30_000),
    "endless.png": png_header(2**31 - 1, 2**31 - 1),
    "thin.png": png_header(32_000, 3),
    "long.png": png_header(6_500, 70),
    "small.png": encode(LARGE[:63], "PNG"),
    "dot.png": encode(LARGE[:1, :1], "PNG"),
    "nan.tif": tiff(np.full((70, 70), np.nan, np.float32)),
    "float.tif": tiff(np.zeros((70, 70, 3))),
    "deep.tif": tiff(np.full((70, 70), 1 << 20, np.uint32)),
    "black.tif": tiff(np.full((70, 70, 4), 4095, np.uint16), extrasamples=["unassalpha"]),
    "lab.tif": tiff(np.zeros((70, 70, 3), np.uint8), photometric="cielab"),
    "raw.tif": tiff(np.zeros((70, 70, 3), np.uint8), subfiletype=1),
    "odd.bmp": bmp((0x3FF00000, 0xFFC00, 0x3FF)),
    "good.jpg": encode(LARGE, "JPEG"),
    "good.JFIF": encode(LARGE, "JPEG"),
    "good.avif": encode(LARGE, "AVIF"),
    "good.heic": heic(LARGE),
    "film.gif": frames("GIF"),
    "film.webp": frames("WEBP"),
    "pages.tif": frames("TIFF"),
    "gain.jpg": encode(LARGE, "MPO", save_all=True, append_images=[Image.new("L", (30, 30))]),
    "grey16.tif": tiff(GREY_16),
    "grey16.png": encode_with_opencv(GREY_16, ".png"),
    "alpha16.png": encode_with_opencv(with_alpha(LARGE, [200] * LARGE[..., 0].size).astype(np.uint16) << 8, ".png"),
    "twelve.png": encode_with_opencv(LARGE.astype(np.uint16) << 4, ".png"),
    "floats.tif": tiff(LARGE.astype(np.float32) / 255),
    "cmyk.jpg": encode(Image.fromarray(LARGE).convert("CMYK"), "JPEG"),
    "palette.png": encode(Image.fromarray(LARGE).quantize(9), "PNG", transparency=bytes(range(9))),
    "new\nline.jpg": b"",
    "\x1b[31mred.jpg": b"",
    "nothing.txt": b"",
    "blank.txt": b"\r\n \r\n\t\n",
    "gone.txt": b"\xef\xbb\xbfgone.jpg\r\n",
    "nul.txt": b"a\0b.jpg\n",
    "folder.txt": b"folder.jpg\n",
    "endless.txt": b"x" * 5000 + b".jpg\n",
    "windows.CSV": b"sep=;\r\nPath;Label\r\n good.jpg ;real\r\n",
    "nopath.csv": b"file,label\ngood.jpg,real\n",
    "empty.csv": b"",
    "header.csv": b"path,label\n",
    "more.csv": b"path,label\ngood.jpg,real,x\n",
    "quote.csv": b'path,label\n"good.jpg,real\n',
    "latin.csv": b"path,label\ngood.jpg,r\xe9el\n",
    "cut.csv": "path,label\ngood.jpg,real\n".encode("utf-16")[:-1],
    "label.csv": b"path,label\ngood.jpg,maybe\n",
    "twice.csv": b"path,label\ngood.jpg,real\ngood.jpg,real\n",
    "bits.csv": b"path,label,regions\ngood.jpg,fake,2\n",
    "column.csv": b"path,lable\ngood.jpg,real\n",
    "back.csv": b"path,label\nfaces\\good.jpg,real\n",
    "table.xlsx": b"PK\x03\x04",
    "faces.zip": b"PK\x03\x04",
    "empty.ckpt": b"",
    "text.ckpt": b"weights",
    "empty.onnx": b"",
    "text.onnx": b"weights",
}
