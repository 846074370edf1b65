"""Classify the features of frozen pre-trained backbones with scikit-learn: minutes, where a training takes hours.

The classifier's parameters are chosen by cross-validation over source groups within the training images, threshold and
temperature on the validation images, and the test images are scored once. The run lies beside the trained ones, as
lightning_logs/EXPERIMENT_CLASSIFIER/version_N. All other arguments are those of `fakeface fit`, such as
--data.root FOLDER or --model.net.init_args.pretrained FILE.
"""

import argparse
from pathlib import Path

from fakeface.errors import UserError
from fakeface.folders import write_json
from fakeface.training.runs import CLASSIFIER_FILE, SPLIT_FILE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        action="append",
        required=True,
        help="an experiment: a file, or a name that `fakeface configs` lists",
    )
    parser.add_argument(
        "--classifier", choices=("knn", "svm", "logistic"), required=True, help="what learns from the features"
    )
    parser.add_argument(
        "--evaluate",
        choices=("test", "val"),
        default="test",
        help="the split to measure on (default: %(default)s); nothing is calibrated on val when it is val",
    )
    parser.set_defaults(trainer_arguments=[])


def run(arguments: argparse.Namespace) -> int:
    from fakeface.data.manifest import write_manifest
    from fakeface.evaluation.calibration import calibrate
    from fakeface.evaluation.predictions import Predictions
    from fakeface.models import FaceClassifier
    from fakeface.studies.baseline import extract_features, tune_classifier
    from fakeface.training.callbacks.run_files import write_results
    from fakeface.training.experiment import Experiment

    if any(argument.startswith("--ckpt_path") for argument in arguments.trainer_arguments):
        raise UserError("a baseline reads the backbones' pre-trained weights: leave --ckpt_path out")
    name = f"--trainer.logger.init_args.name={arguments.config[0].stem}_{arguments.classifier}"
    configs = [f"--config={config}" for config in arguments.config]
    experiment = Experiment(["fit", name, *configs, *arguments.trainer_arguments])
    net, data, evaluated = experiment.model.net, experiment.datamodule, arguments.evaluate
    if not isinstance(net, FaceClassifier):
        raise UserError(
            f"a baseline reads the features of a FaceClassifier, not of a {type(net).__name__}: name another"
        )
    data.augmentation = "none"
    records = {split: experiment.records(split) for split in dict.fromkeys((evaluated, "train", "val"))}
    with experiment.inference() as device:
        features = {
            split: extract_features(net, data.datasets[split].source, len(records[split]), device) for split in records
        }
    print(f"Tuning {arguments.classifier} on {features['train'].shape[1]} features of {len(records['train'])} images")
    tuned = tune_classifier(arguments.classifier, features["train"], records["train"], data.seed)
    predictions = {
        split: Predictions.from_records(records[split], tuned.scores(features[split])) for split in ("val", evaluated)
    }
    calibration = None if evaluated == "val" else calibrate(predictions["val"])

    experiment.save_configuration()
    folder = experiment.folder
    write_manifest(folder / SPLIT_FILE, data.records, data.root)
    summary = write_results(folder, evaluated, predictions[evaluated], calibration)
    chosen = {"parameters": tuned.parameters, "cross_validated_auroc": tuned.auroc}
    write_json(folder / CLASSIFIER_FILE, {"classifier": arguments.classifier, **chosen})
    metrics = {metric: value for metric, value in summary["metrics"].items() if value is not None}
    experiment.log({f"{evaluated}/{metric}": value for metric, value in metrics.items()})
    print(f"Cross-validation chose {tuned.parameters}: AUROC {tuned.auroc:.3f}")
    print(f"{evaluated}: AUROC {metrics['auroc']:.3f}, accuracy {metrics['accuracy']:.3f}")
    print(f"The run lies in {folder}")
    return 0
