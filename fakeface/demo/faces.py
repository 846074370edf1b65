"""Procedurally drawn faces: stylised portraits that stand in for photographs in the demo data set and in tests."""

from dataclasses import dataclass

import numpy as np

from fakeface.demo.canvas import Canvas, Pixels, Points, Pose, ellipse, smooth_noise, strands
from fakeface.demo.looks import BACKGROUNDS, CLOTHES, Look, mixed_colour

Region = tuple[float, float, float, float]
"""An ellipse in pixels: centre x, centre y, half width, half height."""


@dataclass(frozen=True, slots=True)
class Face:
    """A drawn portrait.

    Attributes:
        pixels: RGB in 0..1, ``(S, S, 3)``.
        regions: Where the regions are that a fake may replace, in the order of ``fakeface.data.records.REGIONS``;
            left is the picture's left, as in CIPLAB.
    """

    pixels: Pixels
    regions: tuple[Region, ...]


def draw_face(rng: np.random.Generator, pose: Pose, size: int) -> Face:
    """Draw a face.

    Args:
        rng: Decides everything but the pose.
        pose: Where the head stands.
        size: Height and width in pixels.
    """
    look = Look.sample(rng)
    canvas = Canvas(_background(rng, size), pose)
    _draw_bokeh(rng, canvas)
    hair = _hair_paint(rng, canvas, look)
    if look.hair_style == "long":
        _draw_long_hair(rng, canvas, hair)
    elif look.hair_style == "curly":
        canvas.fill(_wobbly(rng, ellipse(0, -0.3, look.width + 0.32, 0.98)), hair, blur=0.02)
    _draw_body(rng, canvas, look)
    _draw_head(rng, canvas, look)
    if look.hair_style not in ("long", "curly") and rng.random() < 0.45:
        _draw_beard(rng, canvas, look)
    for side in (-1, 1):
        _draw_eye(rng, canvas, look, hair, side)
    _draw_nose(canvas, look)
    _draw_mouth(canvas, look)
    _draw_hair(rng, canvas, look, hair)
    if rng.random() < 0.15:
        _draw_glasses(rng, canvas, look)
    return Face(np.clip(canvas.pixels, 0, 1), _regions(canvas, look))


def _regions(canvas: Canvas, look: Look) -> tuple[Region, ...]:
    shapes = (
        (-look.eye_x, look.eye_y - 0.02, 0.23, 0.17),
        (look.eye_x, look.eye_y - 0.02, 0.23, 0.17),
        (0.0, look.nose_y - 0.09, 0.21, 0.25),
        (0.0, look.mouth_y, look.mouth_width + 0.06, 0.17),
    )
    centres = canvas.to_pixels([shape[:2] for shape in shapes])
    return tuple(
        (float(x), float(y), width * canvas.unit, height * canvas.unit)
        for (x, y), (_, _, width, height) in zip(centres, shapes, strict=True)
    )


def _background(rng: np.random.Generator, size: int) -> Pixels:
    """Fields of colour out of focus, with a grain of leaves or plaster."""
    near, far = mixed_colour(rng, BACKGROUNDS, spread=0.6), mixed_colour(rng, BACKGROUNDS, spread=0.6)
    field = smooth_noise(rng, size, int(rng.integers(2, 9)))
    grain = rng.uniform(0, 0.05) * smooth_noise(rng, size, int(rng.integers(size // 12, size // 5)))
    pixels = near + (far - near) / (1 + np.exp(-2 * field))[..., None] + grain[..., None]
    return np.asarray(pixels, dtype=np.float32)


def _draw_bokeh(rng: np.random.Generator, canvas: Canvas) -> None:
    """Discs of light behind the head, as a portrait lens makes them."""
    for _ in range(int(rng.integers(0, 8))):
        x, y, radius = rng.uniform(-1.5, 1.5), rng.uniform(-1.5, 1.5), rng.uniform(0.1, 0.35)
        canvas.fill(ellipse(x, y, radius, radius), (1.0, 0.97, 0.9), opacity=rng.uniform(0.03, 0.2), blur=0.025)


def _draw_body(rng: np.random.Generator, canvas: Canvas, look: Look) -> None:
    cloth = mixed_colour(rng, CLOTHES, spread=0.4)
    across = np.linspace(-1, 1, 40)
    shoulders = np.stack([across * 1.75, 1.2 + 0.45 * np.abs(across) ** 2.5], axis=1)
    weave = np.sin(canvas.x * rng.uniform(0, 60)) * np.sin(canvas.y * rng.uniform(0, 60)) * rng.uniform(0, 0.12)
    canvas.fill(np.concatenate([shoulders, [[2.5, 4.0], [-2.5, 4.0]]]), cloth * (1 + weave[..., None]), blur=0.008)
    half = np.array([[0.95, 0.5], [1.0, 1.14], [rng.uniform(0.2, 0.9), rng.uniform(1.28, 1.45)]]) * [look.neck, 1]
    neck = np.concatenate([half * [-1, 1], half[::-1]])
    canvas.fill(neck, look.skin * 0.86, blur=0.02)
    canvas.fill(ellipse(look.light[0] * -0.15, 0.98, 0.5, 0.22), look.skin * 0.5, opacity=0.6, blur=0.08, within=neck)


def _draw_head(rng: np.random.Generator, canvas: Canvas, look: Look) -> None:
    size = len(canvas.pixels)
    x, y = canvas.x / look.width, canvas.y
    depth = np.sqrt(np.clip(1.15 - (x * 0.9) ** 2 - (y * 0.9) ** 2, 0.02, None))
    shade = 0.72 + 0.3 * depth + 0.2 * (look.light[0] * x + look.light[1] * y)
    pores = 0.012 * smooth_noise(rng, size, size // 2) + 0.012 * smooth_noise(rng, size, size // 6)
    blush = np.exp(-(((np.abs(canvas.x) - 0.42) / 0.2) ** 2 + ((canvas.y - 0.32) / 0.17) ** 2)) * rng.uniform(0, 0.16)
    skin = look.skin * (shade + pores)[..., None] + blush[..., None] * np.array([0.5, -0.25, -0.2], dtype=np.float32)
    for side in (-1, 1):
        ear = ellipse(side * (look.width + 0.01), 0.08, 0.1, 0.2, side * 0.15)
        canvas.fill(ear, skin * 0.95, blur=0.01)
        canvas.fill(
            ellipse(side * (look.width + 0.02), 0.08, 0.05, 0.13, side * 0.15), look.skin * 0.6, 0.5, blur=0.025
        )
    canvas.fill(_head_outline(look), skin, blur=0.008)
    for _ in range(int(rng.integers(0, 60)) if rng.random() < 0.3 else int(rng.integers(0, 4))):
        spot = ellipse(rng.normal(0, 0.33), rng.normal(0.2, 0.2), *rng.uniform(0.007, 0.015, 2))
        canvas.fill(spot, look.skin * 0.6, opacity=0.5, blur=0.004)


def _head_outline(look: Look, grow: float = 1.0) -> Points:
    turn = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    cos, sin = np.cos(turn), np.sin(turn)
    chin = np.clip(sin, 0, None)
    x = look.width * np.sign(cos) * np.abs(cos) ** (0.85 + look.jaw * chin) * (1 - 0.12 * chin)
    return np.stack([x, sin], axis=1) * grow


def _draw_eye(rng: np.random.Generator, canvas: Canvas, look: Look, hair: Pixels, side: int) -> None:
    x, y = side * look.eye_x, look.eye_y
    u = np.linspace(-1, 1, 24)
    slant = look.eye_slant * u * -side
    upper = np.stack([x + u * look.eye_width, y + slant - look.eye_open * (1 - u**2) ** look.lid_curve], axis=1)
    lower = np.stack([x + u * look.eye_width, y + slant + 0.65 * look.eye_open * (1 - u**2)], axis=1)
    almond = np.concatenate([upper, lower[::-1]])
    canvas.fill(ellipse(x, y - 0.01, 0.25, 0.16), look.skin * 0.62, opacity=0.45, blur=0.06)
    canvas.fill(almond, (0.93, 0.92, 0.9), blur=0.005)
    radius = look.eye_width * 0.52
    iris = (x + look.gaze[0], y - 0.01 + look.gaze[1])
    canvas.fill(ellipse(*iris, radius, radius), look.iris * 0.5, blur=0.004, within=almond)
    canvas.fill(ellipse(*iris, radius * 0.85, radius * 0.85), look.iris * 1.15, blur=0.006, within=almond)
    canvas.fill(ellipse(*iris, radius * 0.45, radius * 0.45), (0.03, 0.03, 0.03), blur=0.003, within=almond)
    canvas.stroke(_lowered(upper, 0.02), look.skin * 0.3, 0.035, opacity=0.35, blur=0.012)
    glint = ellipse(iris[0] + look.light[0] * 0.03, iris[1] - 0.03, radius * 0.2, radius * 0.2)
    canvas.fill(glint, (1, 1, 1), opacity=0.95)
    canvas.stroke(upper, (0.08, 0.05, 0.04), 0.028, opacity=0.9)
    canvas.stroke(lower, look.skin * 0.45, 0.012, opacity=0.6)
    canvas.stroke(_lowered(upper, -0.045), look.skin * 0.5, 0.014, opacity=0.6, blur=0.006)
    curve = y - look.brow_height - look.brow_arch * np.cos(1.3 * u) + look.brow_angle * u * -side
    brow = np.stack([x + u * 0.21, curve + rng.uniform(-0.015, 0.015)], axis=1)
    thick = rng.uniform(0.018, 0.04) * np.clip(1.15 - np.abs(u) ** 3, 0.2, 1)
    edge = np.stack([0 * u, thick], axis=1)
    canvas.fill(np.concatenate([brow - edge, (brow + edge)[::-1]]), hair * 0.7, opacity=0.85, blur=0.01)


def _draw_nose(canvas: Canvas, look: Look) -> None:
    y, width = look.nose_y, look.nose_width
    away = -np.sign(look.light[0]) or 1.0
    bridge = np.array([[0.05, look.eye_y], [0.16, look.eye_y - 0.05], [0.5 * width + 0.05, y], [0.1, y]])
    canvas.fill(bridge * [away, 1], look.skin * 0.55, opacity=0.35, blur=0.04)
    canvas.fill(ellipse(0, y + 0.05, width * 0.8, 0.05), look.skin * 0.5, opacity=0.45, blur=0.035)
    canvas.fill(ellipse(-away * 0.02, y - 0.2, 0.03, 0.2), look.skin * 1.3, opacity=0.4, blur=0.03)
    canvas.fill(ellipse(-away * 0.02, y - 0.03, 0.05, 0.045), look.skin * 1.4, opacity=0.5, blur=0.03)
    for side in (-1, 1):
        wing = np.linspace(-1.2, 1.3, 12)
        curve = np.stack([side * (width * 0.72 + 0.045 * np.cos(wing)), y - 0.005 + 0.055 * np.sin(wing)], axis=1)
        canvas.stroke(curve, look.skin * 0.45, 0.016, opacity=0.6, blur=0.01)
        nostril = ellipse(side * width * 0.4, y + 0.04, width * 0.2, look.nostril, side * 0.3)
        canvas.fill(nostril, look.skin * 0.22, opacity=0.85, blur=0.01)


def _draw_mouth(canvas: Canvas, look: Look) -> None:
    u = np.linspace(-1, 1, 32)
    line = look.mouth_y - look.smile * (u**2 - 0.4)
    x = u * look.mouth_width
    bow = 0.065 * (1 - u**2) ** 0.8 * (1 - 0.35 * np.exp(-((u / 0.18) ** 2)))
    drop = 0.09 * (1 - u**2) ** 0.8
    gap = look.mouth_open * (1 - u**2)
    top, bottom = np.stack([x, line - bow], axis=1), np.stack([x, line + gap + drop], axis=1)
    inner_top, inner_bottom = np.stack([x, line], axis=1), np.stack([x, line + gap], axis=1)
    canvas.fill(_lowered(bottom, 0.05), look.skin * 0.55, opacity=0.35, blur=0.04)
    canvas.fill(np.concatenate([top, inner_top[::-1]]), look.lips * 0.85, blur=0.007)
    canvas.fill(np.concatenate([inner_bottom, bottom[::-1]]), look.lips, blur=0.007)
    if look.mouth_open > 0.02:
        mouth = np.concatenate([inner_top, inner_bottom[::-1]])
        canvas.fill(mouth, (0.25, 0.08, 0.08), blur=0.004)
        canvas.fill(
            _lowered(mouth, -0.25 * look.mouth_open), (0.95, 0.93, 0.88), opacity=0.95, blur=0.004, within=mouth
        )
    else:
        canvas.stroke(inner_top, look.lips * 0.35, 0.018, opacity=0.85, blur=0.004)
    gloss = ellipse(0.03 * look.light[0], look.mouth_y + look.mouth_open + 0.05, look.mouth_width * 0.35, 0.015)
    canvas.fill(gloss, look.lips * 1.5, opacity=0.4, blur=0.015)
    for side in (-1, 1):
        corner = ellipse(side * (look.mouth_width + 0.015), look.mouth_y - 0.6 * look.smile, 0.02, 0.02)
        canvas.fill(corner, look.skin * 0.4, opacity=0.5, blur=0.015)


def _hair_paint(rng: np.random.Generator, canvas: Canvas, look: Look) -> Pixels:
    if look.hair_style == "curly":
        size = len(canvas.pixels)
        shade = 0.35 * smooth_noise(rng, size, size // 6) + 0.2 * smooth_noise(rng, size, size // 3)
    else:
        shade = 0.5 * strands(rng, canvas, rng.uniform(-2.2, -1.3), int(rng.integers(300, 900)), rng.uniform(0, 0.012))
    gloss = 0.35 * np.exp(-(((canvas.y + 0.85) / 0.18) ** 2))
    shade = 0.45 * np.tanh(1.5 * shade) + gloss
    return np.asarray(np.clip(look.hair * (1 + shade)[..., None] + 0.02, 0, 1), dtype=np.float32)


def _draw_long_hair(rng: np.random.Generator, canvas: Canvas, hair: Pixels) -> None:
    length, spread = rng.uniform(0.9, 1.8), rng.uniform(0.0, 0.25)
    y = np.linspace(-1.12, length, 40)
    half = np.where(y < 0, 0.95 * np.sqrt(np.clip(1 - (y / 1.15) ** 2, 0, 1)), 0.95 + spread * y)
    outline = np.concatenate([np.stack([half, y], axis=1), np.stack([-half, y], axis=1)[::-1]])
    canvas.fill(outline, hair * 0.8, blur=0.015)


def _draw_hair(rng: np.random.Generator, canvas: Canvas, look: Look, hair: Pixels) -> None:
    """The hair in front of the skull: between the outline of the head and the hairline."""
    style = look.hair_style
    height = {"short": 1.1, "parted": 1.16, "long": 1.12, "curly": 1.15, "shaved": 1.02}[style]
    temple = {"short": 0.05, "parted": 0.05, "long": 0.25, "curly": 0.05, "shaved": -0.1}[style]
    turn = np.linspace(np.pi - temple, 2 * np.pi + temple, 60)
    outer = np.stack([np.cos(turn) * (look.width + 0.07), np.sin(turn) * height], axis=1)
    u = np.linspace(1, -1, 60)
    parting = rng.uniform(-0.5, 0.5) if style in ("parted", "long") else 0.0
    top = rng.uniform(-0.78, -0.5) if style == "long" else rng.uniform(-0.84, -0.66)
    aside = np.abs(u - parting) / (1 - np.sign(u - parting) * parting)
    hairline = top + (outer[-1, 1] - top) * aside ** rng.uniform(2.5, 6)
    hairline += 0.03 * rng.standard_normal(60) * (style != "shaved")
    inner = np.stack([u * (look.width - 0.01), hairline], axis=1)
    outline = np.concatenate([outer, inner])
    canvas.fill(_lowered(outline, 0.05), look.skin * 0.5, opacity=0.35, blur=0.04, within=_head_outline(look))
    if style == "curly":
        outline = _wobbly(rng, outline)
    canvas.fill(outline, hair, opacity=0.5 if style == "shaved" else 1.0, blur=0.03 if style == "shaved" else 0.012)


def _draw_beard(rng: np.random.Generator, canvas: Canvas, look: Look) -> None:
    size = len(canvas.pixels)
    shade = 1 + 0.3 * smooth_noise(rng, size, size // 2) + 0.15 * smooth_noise(rng, size, size // 5)
    turn = np.linspace(-0.1, np.pi + 0.1, 40)
    jaw = np.stack([np.cos(turn) * look.width * 0.96, np.sin(turn)], axis=1)
    cheek = np.linspace(-1, 1, 30)
    edge = 0.46 - 0.1 * np.cos(cheek * np.pi * 1.5) - 0.25 * np.abs(cheek) ** 6
    outline = np.concatenate([jaw, np.stack([cheek * look.width * 0.95, edge], axis=1)])
    opacity = rng.choice([0.25, 0.5, 0.85])
    canvas.fill(outline, look.hair * 0.8 * shade[..., None], opacity, blur=0.035, within=_head_outline(look, 1.02))


def _draw_glasses(rng: np.random.Generator, canvas: Canvas, look: Look) -> None:
    frame = mixed_colour(rng, CLOTHES, spread=0.3) * 0.5
    height = rng.uniform(0.15, 0.2)
    for side in (-1, 1):
        rim = ellipse(side * look.eye_x, look.eye_y + 0.02, 0.24, height)
        canvas.fill(rim, (0.9, 0.95, 1.0), opacity=0.06)
        canvas.stroke(rim, frame, 0.028, closed=True)
        temple = [[side * (look.eye_x + 0.24), look.eye_y], [side * look.width, look.eye_y - 0.04]]
        canvas.stroke(np.array(temple), frame, 0.028)
    canvas.stroke(np.array([[0.24 - look.eye_x, look.eye_y], [look.eye_x - 0.24, look.eye_y]]), frame, 0.025)


def _wobbly(rng: np.random.Generator, outline: Points) -> Points:
    return outline * (1 + 0.03 * rng.standard_normal((len(outline), 1)))


def _lowered(outline: Points, by: float) -> Points:
    return np.asarray(outline + np.array([0.0, by]), dtype=np.float64)
