"""Who is drawn: colours, proportions and pose, drawn at random."""

from dataclasses import dataclass

import numpy as np

from fakeface.demo.canvas import Pixels, Pose

Colour = Pixels
"""RGB in 0..1, ``(3,)``."""

HAIR_STYLES = ("short", "parted", "long", "curly", "shaved")
CLOTHES = ("26364f", "6b2737", "2f5d50", "d8d3c8", "3d3d42", "b5793a", "7a8fa6", "efe6dc", "40305c", "a34a3f")
BACKGROUNDS = ("3a4a5a", "8a9aa2", "c9c0b2", "56683f", "2c2e33", "a8765a", "dcd8d2", "4f6f7d", "8d8467", "6d4a52")
_SKINS = ("f6d7c3", "eec1a2", "e3ac84", "d09a6c", "b97d50", "96603a", "714428", "51301f")
_HAIRS = ("14110f", "2a1c15", "452c1c", "6a4526", "94683b", "c29b5f", "dfc48d", "8f3f1e", "9b9793", "d6d2cc")
_IRISES = ("3b2415", "5c3a1f", "6f5a2b", "4c6b3c", "44718f", "5f87a8", "6d7780")
_LIPS = ("b5525c", "a8433f", "c4707a", "8c3038", "b86a5c")


@dataclass(frozen=True, slots=True)
class Look:
    """What makes a person and the light on them; lengths are in the head's units (chin at ``y = 1``)."""

    skin: Colour
    hair: Colour
    hair_style: str
    iris: Colour
    lips: Colour
    light: tuple[float, float]
    width: float
    jaw: float
    neck: float
    eye_x: float
    eye_y: float
    eye_width: float
    eye_open: float
    eye_slant: float
    lid_curve: float
    gaze: tuple[float, float]
    brow_height: float
    brow_arch: float
    brow_angle: float
    nose_y: float
    nose_width: float
    nostril: float
    mouth_y: float
    mouth_width: float
    smile: float
    mouth_open: float

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Look":
        """Draw a person at random."""
        skin = mixed_colour(rng, _SKINS)
        return cls(
            skin=skin,
            hair=mixed_colour(rng, _HAIRS, spread=0.25),
            hair_style=str(rng.choice(HAIR_STYLES, p=(0.15, 0.2, 0.35, 0.15, 0.15))),
            iris=mixed_colour(rng, _IRISES, spread=0.3),
            lips=0.6 * skin + 0.4 * mixed_colour(rng, _LIPS),
            light=(rng.uniform(-0.8, 0.8), rng.uniform(-0.7, -0.1)),
            width=rng.uniform(0.68, 0.79),
            jaw=rng.uniform(0.05, 0.3),
            neck=rng.uniform(0.3, 0.46),
            eye_x=rng.uniform(0.28, 0.35),
            eye_y=rng.uniform(-0.12, 0.02),
            eye_width=rng.uniform(0.135, 0.185),
            eye_open=rng.uniform(0.05, 0.11),
            eye_slant=rng.uniform(-0.03, 0.04),
            lid_curve=rng.uniform(0.55, 1.0),
            gaze=(rng.uniform(-0.04, 0.04), rng.uniform(-0.025, 0.01)),
            brow_height=rng.uniform(0.12, 0.18),
            brow_arch=rng.uniform(0.0, 0.09),
            brow_angle=rng.uniform(-0.04, 0.05),
            nose_y=rng.uniform(0.28, 0.4),
            nose_width=rng.uniform(0.11, 0.2),
            nostril=rng.uniform(0.012, 0.022),
            mouth_y=rng.uniform(0.58, 0.66),
            mouth_width=rng.uniform(0.22, 0.32),
            smile=rng.uniform(-0.02, 0.09),
            mouth_open=max(0.0, rng.uniform(-0.08, 0.07)),
        )


def sample_pose(rng: np.random.Generator) -> Pose:
    """Draw where the head stands: near the centre, upright or slightly tilted."""
    return Pose(rng.uniform(0.45, 0.55), rng.uniform(0.48, 0.55), rng.uniform(0.31, 0.36), rng.uniform(-0.14, 0.14))


def mixed_colour(rng: np.random.Generator, codes: tuple[str, ...], spread: float = 0.15) -> Colour:
    """Return a colour of a palette, mixed with another one.

    Args:
        rng: Source of randomness.
        codes: The palette, as ``rrggbb``.
        spread: Range of the brightness around 1.
    """
    first, second = (_rgb(code) for code in rng.choice(codes, 2))
    colour = first + rng.uniform(0, 0.4) * (second - first)
    return np.asarray(np.clip(colour * rng.uniform(1 - spread / 2, 1 + spread / 2), 0, 1), dtype=np.float32)


def _rgb(code: str) -> Colour:
    return np.array(list(bytes.fromhex(code)), dtype=np.float32) / np.float32(255)
