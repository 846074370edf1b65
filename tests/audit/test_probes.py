"""Probes on files whose shortcuts are planted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakeface.audit.examination import ELA_STATISTICS, Examined, inventory
from fakeface.audit.page import audit_content
from fakeface.audit.probes import Probe, run_probes
from fakeface.audit.source_groups import LocalFeatures
from fakeface.data.jpeg_headers import Header
from fakeface.data.records import FAKE, REAL, Record
from fakeface.report.pages import render

GROUPS = {"images": 0, "groups": 0, "fakes_of_reals": 0}
FEATURES = LocalFeatures(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))


def examined(number: int, label: int, table: str = "406-a", size: int = 1000, error: str = "") -> Examined:
    return Examined(
        record=Record(Path(f"{label}/{number}.jpg"), label, regions="0011" if label == FAKE else "0000"),
        size=size,
        digest=f"{label}-{number}",
        header=Header("JPEG", 600, 600, "RGB", table, "4:2:0"),
        error=error,
        ela=np.zeros(ELA_STATISTICS),
        features=FEATURES,
        thumbnail=np.zeros((1, 1, 3), np.uint8),
    )


def planted() -> list[Examined]:
    """60 reals with one table; 40 fakes, 10 of which have another; every fake's file is larger."""
    generator = np.random.default_rng(0)
    reals = [examined(i, REAL, size=int(generator.integers(1000, 2000))) for i in range(60)]
    return reals + [
        examined(i, FAKE, "974-b" if i < 10 else "406-a", int(generator.integers(2000, 3000))) for i in range(40)
    ]


@pytest.fixture(scope="module")
def probes() -> dict[str, Probe]:
    photographs = planted()
    return {probe.name: probe for probe in run_probes(photographs, [str(i) for i in range(len(photographs))])}


def test_majority_and_constant_probes_know_nothing(probes: dict[str, Probe]) -> None:
    for name in ("majority class", "image size", "global ELA statistics"):
        assert probes[name].accuracy == pytest.approx(0.6)
        assert (probes[name].auroc, probes[name].recall_without_false_positive) == (0.5, 0.0)


def test_header_rule_finds_the_planted_tables_without_false_positive(probes: dict[str, Probe]) -> None:
    # Of 100 images, 60 reals and 10 fakes are right; a fake with the rare table ranks above all 60 reals, the other 30
    # tie with them: (10 + 30 / 2) / 40.
    assert probes["header rule"].accuracy == pytest.approx(0.70)
    assert probes["header rule"].auroc == pytest.approx(0.625, abs=0.01)
    assert probes["header rule"].recall_without_false_positive == pytest.approx(0.25, abs=0.02)


def test_file_size_is_found(probes: dict[str, Probe]) -> None:
    auroc = probes["file size"].auroc
    assert auroc is not None
    assert auroc > 0.99


def test_groups_stay_on_one_side() -> None:
    # Every group is one real and one fake with a table of its own: a table seen among the reals of other groups helps
    # nobody, so all images have unseen tables.
    photographs = [examined(i, label, table=f"{i}") for i in range(20) for label in (REAL, FAKE)]
    found = {probe.name: probe for probe in run_probes(photographs, [str(i) for i in range(20) for _ in range(2)])}
    assert found["header rule"].accuracy == pytest.approx(0.5)


@pytest.mark.parametrize("reals", [0, 4])
def test_too_few_sources_give_a_reason_and_no_number(reals: int) -> None:
    photographs = [examined(i, REAL) for i in range(reals)] + [examined(i, FAKE) for i in range(10)]
    for probe in run_probes(photographs, [str(i) for i in range(len(photographs))]):
        assert (probe.accuracy, probe.auroc, probe.recall_without_false_positive) == (None, None, None)
        assert f"there are {reals}" in probe.reason


def test_unreadable_files_take_no_part() -> None:
    photographs = [*planted(), examined(99, REAL, "974-b", error="truncated")]
    found = {probe.name: probe for probe in run_probes(photographs, [str(i) for i in range(len(photographs))])}
    assert found["header rule"].accuracy == pytest.approx(0.70)


def test_inventory_counts_by_class_and_names_bad_files() -> None:
    first = examined(0, REAL)
    photographs = [first, examined(1, REAL, error="truncated"), examined(0, FAKE, "974-b"), first]
    found = inventory(photographs)
    assert found["images"] == 4
    assert found["counts"]["class"] == {"real": {"real": 3, "fake": 0}, "fake": {"real": 0, "fake": 1}}
    assert found["counts"]["quantisation table"]["974-b"] == {"real": 0, "fake": 1}
    assert found["counts"]["edited region"] == {
        "none": {"real": 3, "fake": 0},
        "mouth": {"real": 0, "fake": 1},
        "nose": {"real": 0, "fake": 1},
    }
    assert found["broken"] == [{"path": "0/1.jpg", "reason": "truncated"}]
    assert found["duplicates"] == [["0/0.jpg", "0/0.jpg"]]


def of_sources(sizes: dict[str, tuple[int, int]]) -> list[Examined]:
    """Twenty photographs of each source, all of its label and about its size of file."""
    generator = np.random.default_rng(0)
    return [
        replace(one, record=replace(one.record, source=source))
        for source, (label, size) in sizes.items()
        for one in [examined(n, label, size=size + int(generator.integers(0, 100))) for n in range(20)]
    ]


def test_with_whole_sources_left_out_a_probe_may_be_worse_than_guessing() -> None:
    # Fakes are the larger files in one pair of sources, and the smaller ones in the other.
    photographs = of_sources({"a": (REAL, 1000), "b": (FAKE, 2000), "c": (FAKE, 3000), "d": (REAL, 4000)})
    found = {probe.name: probe for probe in run_probes(photographs, [str(n) for n in range(80)])}
    size = found["file size"]
    assert size.auroc is not None
    assert size.auroc > 0.8
    assert size.accuracy_of_source == 1.0
    assert found["majority class"].accuracy_of_source == pytest.approx(0.25)
    assert found["image size"].accuracy_of_source == pytest.approx(0.25)
    assert found["image size"].auroc_of_new_sources == 0.5
    assert size.auroc_of_new_sources is not None
    assert size.auroc_of_new_sources < 0.45
    shown = audit_content([Path("a")], inventory(photographs) | {"groups": GROUPS}, list(found.values()))
    assert shown["reversed"] == ["file size"]
    page = render("audit", "markdown", **shown)
    assert "An AUROC below 0.5 (file size) is no mistake and no safety." in page
    assert "AUROC, whole sources left out" in page


def test_what_tells_no_source_says_so_and_an_audit_without_sources_does_not_speak_of_them() -> None:
    photographs = planted()
    probes = run_probes(photographs, [str(n) for n in range(len(photographs))])
    assert {(probe.auroc_of_new_sources, probe.accuracy_of_source) for probe in probes} == {(None, None)}
    page = render(
        "audit", "markdown", **audit_content([Path("a")], inventory(photographs) | {"groups": GROUPS}, probes)
    )
    assert "whole sources left out" not in page
    assert "no mistake" not in page
