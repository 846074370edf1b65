"""Write heads.csv: what heads of many widths, behind many combinations of frozen branches, give the test photographs.

From the repository's root: python docs/paper/heads.py data/real_and_fake_face mobilenetv2_100.safetensors
efficientnet_lite0.safetensors, with the files of `fakeface weights`.
"""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from tqdm import tqdm

from fakeface.models import FaceClassifier
from fakeface.training.datamodule import FaceDataModule

FOLDER = Path(__file__).parent
WIDTH, OTHER_WIDTHS = 256, (16, 64, 1024)
SEEDS = (0, 1, 2)
EPOCHS, BATCH = 30, 32
MOBILENET, EFFICIENTNET = "mobilenetv2_100", "efficientnet_lite0"
COMBINATIONS = [
    {"original": original} | ({"ela": ela} if ela else {})
    for original in (MOBILENET, EFFICIENTNET)
    for ela in (None, MOBILENET, EFFICIENTNET)
]
HEADS = [(combination, WIDTH) for combination in COMBINATIONS]
HEADS += [({"original": MOBILENET, "ela": EFFICIENTNET}, width) for width in OTHER_WIDTHS]


def extract(
    nets: dict[tuple[str, str], FaceClassifier], batches: Iterable[dict[str, Any]]
) -> tuple[dict[object, Tensor], list[str]]:
    """Return each branch's features of all samples and their labels, and the paths."""
    found: dict[object, list[Tensor]] = {}
    paths: list[str] = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for batch in tqdm(batches):
            for branch, net in nets.items():
                found.setdefault(branch, []).append(net.features(batch).float())
            found.setdefault("label", []).append(batch["label"])
            paths += batch["path"]
    return {name: torch.cat(parts) for name, parts in found.items()}, paths


def train(width: int, seed: int, parts: dict[str, tuple[Tensor, Tensor]]) -> Tensor:
    """Train the head of the fusions, keep its best epoch on validation, and return the test log odds of fake."""
    torch.manual_seed(seed)
    inputs, labels = parts["train"]
    head = nn.Sequential(nn.Linear(inputs.shape[1], width), nn.ReLU(), nn.Dropout(0.5), nn.Linear(width, 2))
    optimizer = torch.optim.Adam(head.parameters(), lr=0.001, fused=True)
    best, log_odds = -1.0, torch.empty(0)
    for _ in range(EPOCHS):
        head.train()
        for rows in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(head(inputs[rows]), labels[rows].long()).backward()
            optimizer.step()
        head.eval()
        with torch.inference_mode():
            val, test = ((out := head(parts[part][0]))[:, 1] - out[:, 0] for part in ("val", "test"))
        auroc = float(roc_auc_score(parts["val"][1], val))
        if auroc > best:
            best, log_odds = auroc, test
    return log_odds


def main(root: str, *weights: str) -> None:
    """Extract the features once, then train every head."""
    files = {Path(file).stem: file for file in weights}
    pairs = {(view, name) for combination in COMBINATIONS for view, name in combination.items()}
    nets = {(view, name): FaceClassifier({view: name}, files[name]).eval() for view, name in sorted(pairs)}
    data = FaceDataModule(
        root=Path(root),
        manifest=FOLDER / "splits" / "grouped.csv",
        split="manifest",
        views=["original", "ela"],
        size=128,
        augmentation="none",
        batch_size=BATCH,
    )
    data.prepare_data()
    data.setup("fit")
    data.setup("test")
    loaders = {"train": data.train_dataloader(), "val": data.val_dataloader(), "test": data.test_dataloader()}
    extracted = {part: extract(nets, loader) for part, loader in loaders.items()}
    columns = {"path": [str(Path(path).relative_to(root)) for path in extracted["test"][1]]}
    for combination, width in tqdm(HEADS):
        parts = {
            part: (torch.cat([found[branch] for branch in combination.items()], dim=1), found["label"])
            for part, (found, _) in extracted.items()
        }
        name = "+".join(f"{view}:{backbone}" for view, backbone in combination.items())
        for seed in SEEDS:
            columns[f"{name}/{width}/{seed}"] = [f"{value:.3f}" for value in train(width, seed, parts).tolist()]
        # After every head, so that an interruption loses little.
        with (FOLDER / "heads.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
