import numpy as np

from fakeface.forensic.jpeg_history import random_history

NOISE = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)


def test_a_history_depends_on_the_generator_alone_and_differs_from_draw_to_draw() -> None:
    drawn = [random_history(NOISE, np.random.default_rng(seed)) for seed in range(12)]
    again = [random_history(NOISE, np.random.default_rng(seed)) for seed in range(12)]
    assert all((one == two).all() for one, two in zip(drawn, again, strict=True))
    assert all(image.shape == NOISE.shape and image.dtype == np.uint8 for image in drawn)
    assert len({image.tobytes() for image in drawn}) == 12
