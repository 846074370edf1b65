"""Procedurally drawn faces: stylised portraits that stand in for photographs in the demo data set and in tests."""

from dataclasses import dataclass

import cv2
import numpy as np

from fakeface.demo.canvas import Canvas, Pixels, Points, Pose, band, ellipse, smooth_noise

Region = tuple[float, float, float, float]
"""An ellipse in pixels: centre x, centre y, half width, half height."""

Look = dict[str, float]
"""What makes a person and the light on them, under the names of ``_LOOKS``."""

_LOOKS = {
    **{"light": (-0.8, 0.8), "width": (0.66, 0.76), "jaw": (0.05, 0.3), "neck": (0.3, 0.46), "curls": (-4, 1)},
    **{"eye_x": (0.28, 0.35), "eye_y": (-0.12, 0.02), "eye_width": (0.135, 0.185), "eye_open": (0.05, 0.1)},
    **{"slant": (-0.03, 0.04), "gaze": (-0.04, 0.04), "brow": (0.12, 0.18), "arch": (0.0, 0.09)},
    **{"nose_y": (0.27, 0.37), "nose_width": (0.13, 0.21), "mouth_y": (0.58, 0.66), "mouth_width": (0.22, 0.32)},
    **{"smile": (-0.02, 0.09), "mouth_open": (-0.08, 0.07), "beard": (-1.8, 0.9), "length": (-1.5, 1.8)},
}
"""Least and most of each property, in the head's units (chin at ``y = 1``); below 0 there are no curls, no opening of
the mouth, no beard and no hair beside the face."""

_SKINS = ("f6d7c3", "eec1a2", "e3ac84", "d09a6c", "b97d50", "96603a", "714428", "51301f")
_HAIRS = ("14110f", "2a1c15", "452c1c", "6a4526", "94683b", "c29b5f", "dfc48d", "8f3f1e", "9b9793", "d6d2cc")
_IRISES = ("3b2415", "5c3a1f", "6f5a2b", "4c6b3c", "44718f", "5f87a8", "6d7780")
_LIPS = ("b5525c", "a8433f", "c4707a", "8c3038", "b86a5c")
_CLOTHES = ("26364f", "6b2737", "2f5d50", "d8d3c8", "3d3d42", "b5793a", "7a8fa6", "efe6dc", "40305c", "a34a3f")
_BACKGROUNDS = ("3a4a5a", "8a9aa2", "c9c0b2", "56683f", "2c2e33", "a8765a", "dcd8d2", "4f6f7d", "8d8467", "6d4a52")
_ACROSS = np.linspace(-1, 1, 32)


@dataclass(frozen=True, slots=True)
class DrawnFace:
    """A drawn portrait.

    Attributes:
        pixels: RGB in 0..1, ``(S, S, 3)``.
        regions: Where the regions are that a fake may replace, in the order of ``fakeface.data.records.REGIONS``;
            left is the picture's left, as in CIPLAB.
    """

    pixels: Pixels
    regions: tuple[Region, ...]


def sample_pose(rng: np.random.Generator) -> Pose:
    """Draw where the head stands: near the centre, upright or slightly tilted."""
    return Pose(rng.uniform(0.45, 0.55), rng.uniform(0.48, 0.55), rng.uniform(0.31, 0.36), rng.uniform(-0.14, 0.14))


def draw_face(rng: np.random.Generator, pose: Pose, size: int) -> DrawnFace:
    """Draw a face.

    Args:
        rng: Decides everything but the pose.
        pose: Where the head stands.
        size: Height and width in pixels.
    """
    look = {name: rng.uniform(*limits) for name, limits in _LOOKS.items()}
    skin = _mixed(rng, _SKINS)
    canvas = Canvas(_background(rng, size), pose)
    hair = _hair_paint(rng, canvas, look)
    _draw_body(rng, canvas, look, skin, hair)
    _draw_head(rng, canvas, look, skin)
    if look["beard"] > 0:
        jaw = band(_ACROSS * look["width"], 0.46 - 0.1 * np.cos(_ACROSS * 4.7) - 0.25 * np.abs(_ACROSS) ** 6, 1.1)
        canvas.fill(jaw, hair * 0.7, look["beard"], blur=0.035, within=_head_outline(look, 1.02))
    iris = _mixed(rng, _IRISES, 0.3)
    for side in (-1, 1):
        _draw_eye(canvas, look, skin, hair, iris, side)
    _draw_nose(canvas, look, skin)
    _draw_mouth(canvas, look, skin, 0.6 * skin + 0.4 * _mixed(rng, _LIPS))
    _draw_hair(rng, canvas, look, skin, hair)
    return DrawnFace(np.clip(canvas.pixels, 0, 1), _regions(canvas, look))


def _regions(canvas: Canvas, look: Look) -> tuple[Region, ...]:
    shapes = (
        (-look["eye_x"], look["eye_y"] - 0.02, 0.23, 0.17),
        (look["eye_x"], look["eye_y"] - 0.02, 0.23, 0.17),
        (0.0, look["nose_y"] - 0.09, 0.21, 0.25),
        (0.0, look["mouth_y"], look["mouth_width"] + 0.06, 0.17),
    )
    centres = canvas.to_pixels([shape[:2] for shape in shapes])
    return tuple(
        (float(x), float(y), width * canvas.unit, height * canvas.unit)
        for (x, y), (_, _, width, height) in zip(centres, shapes, strict=True)
    )


def _background(rng: np.random.Generator, size: int) -> Pixels:
    """Fields of colour out of focus, with a grain of leaves or plaster."""
    near, far = _mixed(rng, _BACKGROUNDS, 0.6), _mixed(rng, _BACKGROUNDS, 0.6)
    field = smooth_noise(rng, size, int(rng.integers(2, 9)))
    grain = rng.uniform(0, 0.05) * smooth_noise(rng, size, int(rng.integers(size // 12, size // 5)))
    return np.asarray(near + (far - near) / (1 + np.exp(-2 * field))[..., None] + grain[..., None], dtype=np.float32)


def _hair_paint(rng: np.random.Generator, canvas: Canvas, look: Look) -> Pixels:
    """Strands that fall from a point above the head, or curls."""
    size, down = len(canvas.pixels), canvas.y + rng.uniform(1.3, 2.2)
    distance = np.hypot(canvas.x, down)
    turn = np.arctan2(canvas.x, down) / (2 * np.pi) + 0.5 + rng.uniform(0, 0.012) * np.sin(5 * distance)
    table = rng.standard_normal((8, 512), dtype=np.float32)
    columns, rows = (turn * 511).astype(np.float32), np.clip(distance * 2.5, 0, 7).astype(np.float32)
    strands = cv2.remap(table, columns, rows, cv2.INTER_LINEAR) / 4
    curls = 0.35 * smooth_noise(rng, size, size // 6) + 0.2 * smooth_noise(rng, size, size // 3)
    shade = 0.45 * np.tanh(1.5 * (curls if look["curls"] > 0 else strands))
    shade = shade + 0.35 * np.exp(-(((canvas.y + 0.85) / 0.18) ** 2))
    return np.asarray(np.clip(_mixed(rng, _HAIRS, 0.25) * (1 + shade)[..., None] + 0.02, 0, 1), dtype=np.float32)


def _draw_body(rng: np.random.Generator, canvas: Canvas, look: Look, skin: Pixels, hair: Pixels) -> None:
    """Shoulders and neck, with the hair that hangs behind them."""
    if look["curls"] > 0:
        canvas.fill(ellipse(0, -0.3, look["width"] + 0.32, 0.98), hair, blur=0.03)
    if look["length"] > 0:
        canvas.fill(band(_ACROSS * 1.02, -1.12 * np.sqrt(1 - _ACROSS**2), look["length"]), hair * 0.8, blur=0.02)
    cloth = _mixed(rng, _CLOTHES, 0.4)
    weave = np.sin(canvas.x * rng.uniform(0, 60)) * np.sin(canvas.y * rng.uniform(0, 60)) * rng.uniform(0, 0.12)
    shoulders = band(_ACROSS * 1.75, 1.2 + 0.45 * np.abs(_ACROSS) ** 2.5, 4.0)
    canvas.fill(shoulders, cloth * (1 + weave[..., None]), blur=0.008)
    neck = band(_ACROSS * look["neck"], 0.5, 1.4 - 0.25 * _ACROSS**2)
    canvas.fill(neck, skin * 0.86, blur=0.02)
    canvas.fill(ellipse(look["light"] * -0.15, 0.98, 0.5, 0.22), skin * 0.5, 0.6, blur=0.08, within=neck)


def _draw_head(rng: np.random.Generator, canvas: Canvas, look: Look, skin: Pixels) -> None:
    size = len(canvas.pixels)
    x, y = canvas.x / look["width"], canvas.y
    depth = np.sqrt(np.clip(1.15 - (x * 0.9) ** 2 - (y * 0.9) ** 2, 0.02, None))
    pores = 0.012 * smooth_noise(rng, size, size // 2) + 0.012 * smooth_noise(rng, size, size // 6)
    blush = np.exp(-(((np.abs(canvas.x) - 0.42) / 0.2) ** 2 + ((y - 0.32) / 0.17) ** 2)) * rng.uniform(0, 0.16)
    shaded = skin * (0.72 + 0.3 * depth + 0.2 * (look["light"] * x - 0.4 * y) + pores)[..., None]
    shaded = shaded + blush[..., None] * np.array([0.5, -0.25, -0.2], dtype=np.float32)
    for side in (-1, 1):
        canvas.fill(ellipse(side * (look["width"] + 0.01), 0.08, 0.1, 0.2, side * 0.15), shaded * 0.9, blur=0.01)
    canvas.fill(_head_outline(look), shaded, blur=0.008)


def _head_outline(look: Look, grow: float = 1.0) -> Points:
    turn = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    cos, sin = np.cos(turn), np.sin(turn)
    chin = np.clip(sin, 0, None)
    x = look["width"] * np.sign(cos) * np.abs(cos) ** (0.85 + look["jaw"] * chin) * (1 - 0.12 * chin)
    return np.stack([x, sin], axis=1) * grow


def _draw_eye(canvas: Canvas, look: Look, skin: Pixels, hair: Pixels, iris: Pixels, side: int) -> None:
    x, y, radius = side * look["eye_x"], look["eye_y"], look["eye_width"] * 0.52
    across, slant = x + _ACROSS * look["eye_width"], y - look["slant"] * _ACROSS * side
    upper = slant - look["eye_open"] * (1 - _ACROSS**2) ** 0.75
    lower = slant + 0.65 * look["eye_open"] * (1 - _ACROSS**2)
    almond = band(across, upper, lower)
    canvas.fill(ellipse(x, y - 0.01, 0.25, 0.16), skin * 0.62, 0.45, blur=0.06)
    canvas.fill(almond, (0.93, 0.92, 0.9), blur=0.005)
    for share, colour in ((1.0, iris * 0.5), (0.85, iris * 1.15), (0.45, iris * 0 + 0.03)):
        disc = ellipse(x + look["gaze"], y - 0.01, radius * share, radius * share)
        canvas.fill(disc, colour, blur=0.004, within=almond)
    glint = ellipse(x + look["gaze"] + look["light"] * 0.03, y - 0.04, radius * 0.2, radius * 0.2)
    canvas.fill(glint, (1, 1, 1), 0.95)
    canvas.fill(band(across, upper - 0.014, upper + 0.014), (0.08, 0.05, 0.04), 0.9)
    canvas.fill(band(across, lower - 0.006, lower + 0.006), skin * 0.45, 0.6)
    canvas.fill(band(across, upper - 0.052, upper - 0.038), skin * 0.5, 0.6, blur=0.006)
    brow = y - look["brow"] - look["arch"] * np.cos(1.3 * _ACROSS) - look["slant"] * _ACROSS * side
    thick = 0.03 * np.clip(1.15 - np.abs(_ACROSS) ** 3, 0.2, 1)
    canvas.fill(band(x + _ACROSS * 0.21, brow - thick, brow + thick), hair * 0.7, 0.85, blur=0.01)


def _draw_nose(canvas: Canvas, look: Look, skin: Pixels) -> None:
    y, width = look["nose_y"], look["nose_width"]
    away = -1.0 if look["light"] > 0 else 1.0
    bridge = np.array([[0.05, look["eye_y"]], [0.16, look["eye_y"] - 0.05], [0.5 * width + 0.05, y], [0.1, y]])
    canvas.fill(bridge * [away, 1], skin * 0.55, 0.35, blur=0.04)
    canvas.fill(ellipse(0, y + 0.05, width * 0.8, 0.05), skin * 0.5, 0.45, blur=0.035)
    canvas.fill(ellipse(-away * 0.02, y - 0.15, 0.035, 0.2), skin * 1.35, 0.45, blur=0.03)
    for side in (-1, 1):
        canvas.fill(ellipse(side * width * 0.85, y, 0.03, 0.06), skin * 0.45, 0.4, blur=0.015)
        canvas.fill(ellipse(side * width * 0.4, y + 0.04, width * 0.2, 0.017, side * 0.3), skin * 0.22, 0.85, blur=0.01)


def _draw_mouth(canvas: Canvas, look: Look, skin: Pixels, lips: Pixels) -> None:
    x, full = _ACROSS * look["mouth_width"], (1 - _ACROSS**2) ** 0.8
    line = look["mouth_y"] - look["smile"] * (_ACROSS**2 - 0.4)
    under = line + max(0.02, look["mouth_open"]) * (1 - _ACROSS**2)
    canvas.fill(band(x, under + 0.05, under + 0.05 + 0.09 * full), skin * 0.55, 0.35, blur=0.04)
    bow = 0.065 * full * (1 - 0.35 * np.exp(-((_ACROSS / 0.18) ** 2)))
    canvas.fill(band(x, line - bow, line), lips * 0.85, blur=0.007)
    canvas.fill(band(x, under, under + 0.09 * full), lips, blur=0.007)
    canvas.fill(band(x, line, under), (0.25, 0.08, 0.08), 0.9, blur=0.004)
    if look["mouth_open"] > 0.02:
        canvas.fill(band(x * 0.85, line, line + 0.6 * (under - line)), (0.95, 0.93, 0.88), 0.95, blur=0.004)
    canvas.fill(ellipse(0, under[16] + 0.05, look["mouth_width"] * 0.35, 0.015), lips * 1.5, 0.4, blur=0.015)


def _draw_hair(rng: np.random.Generator, canvas: Canvas, look: Look, skin: Pixels, hair: Pixels) -> None:
    """The hair in front of the skull: between the outline of the head and the hairline."""
    temple = 0.25 if look["length"] > 0 else 0.05
    turn = np.linspace(np.pi - temple, 2 * np.pi + temple, 64)
    outer = np.stack([np.cos(turn) * (look["width"] + 0.07), np.sin(turn) * 1.13], axis=1)
    across, parting, top = np.linspace(1, -1, 64), rng.uniform(-0.5, 0.5), rng.uniform(-0.84, -0.6)
    aside = np.abs(across - parting) / (1 - np.sign(across - parting) * parting)
    hairline = top + (outer[-1, 1] - top) * aside ** rng.uniform(2.5, 6) + 0.03 * rng.standard_normal(64)
    outline = np.concatenate([outer, np.stack([across * (look["width"] - 0.01), hairline], axis=1)])
    canvas.fill(outline + np.array([0, 0.05]), skin * 0.5, 0.35, blur=0.04, within=_head_outline(look))
    canvas.fill(outline, hair, rng.choice([0.6, 1.0], p=(0.2, 0.8)), blur=0.012)


def _mixed(rng: np.random.Generator, palette: tuple[str, ...], spread: float = 0.15) -> Pixels:
    """Return a colour of a palette of ``rrggbb``, mixed with another one, its brightness spread around 1; ``(3,)``."""
    first, second = (np.array([*bytes.fromhex(code)]) / 255 for code in rng.choice(palette, 2))
    colour = first + rng.uniform(0, 0.4) * (second - first)
    return np.asarray(np.clip(colour * rng.uniform(1 - spread / 2, 1 + spread / 2), 0, 1), dtype=np.float32)
