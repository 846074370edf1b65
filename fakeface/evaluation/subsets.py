"""Parts of a test set on which a detector is measured by itself."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from fakeface.data.jpeg_headers import common_table
from fakeface.data.records import DIFFICULTIES, REAL, REGIONS
from fakeface.errors import UserError
from fakeface.evaluation.predictions import Predictions


def difficulty_subsets(predictions: Predictions) -> dict[str, NDArray[np.bool_]]:
    """Return a mask ``(N,)`` per difficulty: the fakes of that difficulty and all reals."""
    real = predictions.label == REAL
    own = np.array([record.difficulty for record in predictions.records], dtype=np.str_)
    return {difficulty: real | (own == difficulty) for difficulty in DIFFICULTIES}


def region_subsets(predictions: Predictions) -> dict[str, NDArray[np.bool_]]:
    """Return a mask ``(N,)`` per region: the fakes in which that region was replaced, and all reals."""
    real, edited = predictions.label == REAL, [record.regions for record in predictions.records]
    return {
        region: real | np.array([regions[index : index + 1] == "1" for regions in edited], dtype=np.bool_)
        for index, region in enumerate(REGIONS)
    }


def common_table_subset(predictions: Predictions, tables: Mapping[str, str]) -> NDArray[np.bool_]:
    """Mask ``(N,)`` the photographs with the most frequent JPEG quantisation table, whose header gives nothing away.

    Args:
        predictions: The photographs.
        tables: From each photograph's path to a name of its quantisation table, "" where the file has none.

    Raises:
        UserError: When a photograph is not among the tables, or no file has one.
    """
    missing = [path for path in predictions.path.tolist() if path not in tables]
    if missing:
        raise UserError(
            f"the quantisation tables of {len(missing)} images are not known, first {missing[0]}: "
            f"name the data folder that the predictions were made on"
        )
    own = [tables[path] for path in predictions.path.tolist()]
    if not any(own):
        raise UserError("none of the images is a JPEG: leave out the subset with the common quantisation table")
    return np.asarray(np.array(own) == common_table(own))


def unseen_source_subset(predictions: Predictions, train_groups: Collection[str]) -> NDArray[np.bool_]:
    """Mask ``(N,)`` the photographs whose source group has no photograph in train; one without a group has none."""
    seen = [group for group in train_groups if group]
    return ~np.isin(predictions.group, seen)
