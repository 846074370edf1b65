"""Parts of a test set on which a detector is measured by itself."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fakeface.data.jpeg_headers import common_table
from fakeface.data.records import DIFFICULTIES, REAL, REGIONS, Record, is_numbered
from fakeface.evaluation.predictions import Predictions


def difficulty_subsets(predictions: Predictions) -> dict[str, NDArray[np.bool_]]:
    """Return a mask ``(N,)`` per difficulty that any fake has: the fakes of that difficulty and all reals."""
    real = predictions.label == REAL
    own = np.array([record.difficulty for record in predictions.records], dtype=np.str_)
    return {difficulty: real | (own == difficulty) for difficulty in DIFFICULTIES if difficulty in own}


def region_subsets(predictions: Predictions) -> dict[str, NDArray[np.bool_]]:
    """Return a mask ``(N,)`` per region that is replaced in any fake: the fakes in which it is, and all reals."""
    real, edited = predictions.label == REAL, [record.regions for record in predictions.records]
    replaced = {
        region: np.array([regions[index : index + 1] == "1" for regions in edited], dtype=np.bool_)
        for index, region in enumerate(REGIONS)
    }
    return {region: real | fakes for region, fakes in replaced.items() if fakes.any()}


def common_table_subset(predictions: Predictions, tables: Mapping[str, str] | None) -> NDArray[np.bool_] | str:
    """Mask ``(N,)`` the photographs with the most frequent JPEG quantisation table, whose header gives nothing away.

    Args:
        predictions: The photographs.
        tables: From each photograph's path to a name of its quantisation table, "" where the file has none.

    Returns:
        The mask, or why there is none.
    """
    if tables is None:
        return "the JPEG quantisation tables of the photographs were not read"
    missing = [path for path in predictions.path.tolist() if path not in tables]
    if missing:
        return (
            f"the quantisation tables of {len(missing)} images are not known, first {missing[0]}: "
            f"name the data folder that the predictions were made on"
        )
    own = [tables[path] for path in predictions.path.tolist()]
    if not any(own):
        return "none of the images is a JPEG: leave out the subset with the common quantisation table"
    return np.asarray(np.array(own) == common_table(own))


def unseen_source_subset(predictions: Predictions, training: Sequence[Record]) -> NDArray[np.bool_] | str:
    """Mask ``(N,)`` the photographs whose source group has no photograph in train; one without a group has none.

    Args:
        predictions: The photographs.
        training: All photographs of the training's data set, each with its split and group.

    Returns:
        The mask, or why there is none: where no group is known on a side, "unseen" would be a guess that flatters, and
        a group of another data set that is named by a number alone, such as ``source_17``, may be any.
    """
    seen = {record.group for record in training if record.split == "train" and record.group}
    if not seen:
        return "the source groups of the training photographs are not known: train on a manifest that names them"
    if not np.any(predictions.group != ""):
        return "the source groups of the photographs are not known: test on a manifest that names them"
    listed = {(record.path.name, record.group) for record in training}
    foreign = {record.group for record in predictions.records if (record.path.name, record.group) not in listed}
    if any(is_numbered(group) for group in foreign & seen):
        return (
            "the photographs and those of the training are of two data sets whose source groups are numbered, each "
            "for itself: find the groups of both at once, with both in one manifest"
        )
    return ~np.isin(predictions.group, list(seen))
