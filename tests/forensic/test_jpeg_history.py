from pathlib import Path

import cv2
import numpy as np

from fakeface.forensic.jpeg_history import have_the_common_table, random_history

NOISE = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)


def test_a_history_depends_on_the_generator_alone_and_differs_from_draw_to_draw() -> None:
    drawn = [random_history(NOISE, np.random.default_rng(seed)) for seed in range(12)]
    again = [random_history(NOISE, np.random.default_rng(seed)) for seed in range(12)]
    assert all((one == two).all() for one, two in zip(drawn, again, strict=True))
    assert all(image.shape == NOISE.shape and image.dtype == np.uint8 for image in drawn)
    assert len({image.tobytes() for image in drawn}) == 12


def test_the_common_table_is_the_one_that_most_files_have(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg", "d.png")]
    for path, quality in zip(paths, (91, 75, 91, None), strict=True):
        settings = [] if quality is None else [cv2.IMWRITE_JPEG_QUALITY, quality]
        assert cv2.imwrite(str(path), NOISE, settings)
    assert have_the_common_table(paths).tolist() == [True, False, True, False]
    # Where most are no JPEGs, those are the usual ones.
    assert have_the_common_table([paths[3], paths[3], paths[0]]).tolist() == [True, True, False]
