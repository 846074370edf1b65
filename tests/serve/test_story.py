import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from fakeface.data.augment import PAPER_OPERATIONS
from fakeface.inference.published import read_published
from fakeface.report.paper import read_paper_tables
from fakeface.serve.faces import KnownFace
from fakeface.serve.story import draw_story
from tests.networks import ELA


def test_page_and_pictures_belong_together(client: TestClient, faces: list[KnownFace]) -> None:
    page = client.get("/").text
    shown = set(re.findall(r'src="(\w+\.jpg)"', page))
    assert shown == set(draw_story(faces, ELA))
    for name in shown:
        assert Image.open(BytesIO(client.get(f"/{name}").content)).format == "JPEG"


def test_each_augmentation_is_another_change_of_one_picture(client: TestClient) -> None:
    page, style = client.get("/").text, client.get("/page.css").text
    seven = re.search(r'class="figures seven">(.*?)</div>', page, re.DOTALL)
    assert seven is not None
    assert seven[1].count('src="real.jpg"') == len(PAPER_OPERATIONS) == 7
    changes = [re.search(rf"\.seven \.{name} {{(.*?)}}", style) for name in re.findall(r'class="([\w-]+)"', seven[1])]
    assert len({change[1] for change in changes if change}) == len(PAPER_OPERATIONS) - 1


def test_the_two_headers_differ_and_their_pictures_hardly(faces: list[KnownFace]) -> None:
    pictures = draw_story(faces, ELA)
    one, other = (Image.open(BytesIO(pictures[f"saved_{name}.jpg"])) for name in "ab")
    assert one.quantization != other.quantization  # type: ignore[attr-defined]
    assert np.abs(np.asarray(one).astype(int) - np.asarray(other)).mean() < 8


@pytest.mark.parametrize(
    ("words", "experiment"),
    [
        ("ELA and MobileNetV2", "mobilenet_ela"),
        ("ELA and ResNet50", "resnet50_ela"),
        ("Photo and VGG16", "vgg16_original"),
        ("Photo and MobileNetV2", "mobilenet_original"),
        ("Fusion of both", "fusion_type1"),
    ],
)
def test_figures_of_the_page_are_the_reports(client: TestClient, words: str, experiment: str) -> None:
    rows = {row.experiment: row for table in read_paper_tables() for row in table.rows}
    verdicts = rows[experiment].verdicts()
    accuracy = float((verdicts.label == verdicts.score).mean())
    match = re.search(
        rf'{words}</dt><dd><meter min="0" max="1" value="([\d.]+)"></meter> ([\d.]+)\s%', client.get("/").text
    )
    assert match is not None
    assert float(match[1]) == pytest.approx(accuracy, abs=6e-4)
    assert float(match[2]) == pytest.approx(100 * accuracy, abs=0.06)


def test_the_two_rules_count_what_the_page_says(client: TestClient) -> None:
    page = client.get("/").text
    assert f"{100 * (1081 + 240) / 2041:.1f}\u00a0%" in page
    assert f"{100 * 1081 / 2041:.1f}\u00a0%" in page


def test_the_page_says_the_published_share_of_false_alarms(client: TestClient) -> None:
    said = re.search(r"FALSE_ALARMS = ([\d.]+);", client.get("/result.js").text)
    assert said is not None
    assert float(said[1]) == read_published().other_origins.reals_called_fake
