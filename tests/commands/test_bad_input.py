"""What is given, the exit code, and the sentence: wrong words, wrong files and wrong places, by the command line."""

from pathlib import Path

import pytest

from fakeface.cli import main

WORDS: dict[str, tuple[str, str]] = {
    "a subcommand": ("predit a.jpg", "there is no subcommand 'predit': did you mean predict?"),
    "a subcommand of data": ("data adit x", "there is no subcommand 'adit': did you mean audit?"),
    "data itself": ("dta audit x", "there is no subcommand 'dta': did you mean data audit?"),
    "nothing near": ("xyz", "there is no subcommand 'xyz': choose one of fit, validate"),
    "a flag": ("predict --sorce a.jpg", "there is no argument --sorce: did you mean --source?"),
    "a flag with its value": ("ela a.jpg --qualty=3 --out x", "there is no argument --qualty: did you mean --quality?"),
    "a flag unlike any": ("predict a.jpg --xyz", "there is no argument --xyz: `fakeface predict --help` lists"),
    "half a flag": ("predict a.jpg --batch 3", "there is no argument --batch: did you mean --batch_size?"),
    "a word of a choice": ("export --format onx --out a.onnx", "--format is 'onx': did you mean onnx?"),
    "a split": ("data index x --split papr --out m.csv", "--split is 'papr': did you mean paper?"),
    "a classifier": (
        "baseline -c x.yaml --classifier tree",
        "--classifier is 'tree': choose one of knn, svm, logistic",
    ),
    "a word for a number": ("predict a.jpg --batch_size x", "argument --batch_size: invalid int value: 'x'"),
    "a flag without value": ("ela a.jpg --out", "argument --out: expected one argument"),
    "what is required": ("ela a.jpg", "the following arguments are required: --out: `fakeface ela --help` explains it"),
    "one word too many": ("configs copy base", "there is no argument base: `fakeface configs --help` lists"),
    "the release": (
        "export --out x.onnx --ckpt_path relase",
        "checkpoint relase does not exist: did you mean release?",
    ),
    "best": ("test --ckpt_path bset", "the checkpoint bset does not exist: did you mean best?"),
    "a configuration": ("fit --config mobilenet_elaa", "there is no configuration mobilenet_elaa: did you mean"),
    "a flag of training": ("fit --data.rot x", "there is no argument --data.rot: did you mean --data.root?"),
    "a flag of the trainer": ("fit --trainer.max_epoks 3", "did you mean --trainer.max_epochs?"),
    "no network": ("fit --data.root x", "no network is named: pass --config NAME (`fakeface configs` lists them)"),
    "an augmentation": ("fit --data.augmentation forensik", "data.augmentation is 'forensik': did you mean forensic?"),
    "a number of epochs": ("fit --trainer.max_epochs three", "is 'three': write one of a whole number, null"),
    "a precision": ("fit --trainer.precision bf16-mixd", "trainer.precision is 'bf16-mixd': did you mean bf16-mixed?"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the commands run in; what they are given must leave it as it is."""
    return tmp_path_factory.mktemp("place")


def answer(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must end with this exit code and one sentence; return the sentence."""
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert error.startswith("fakeface: error: ")
    return error


@pytest.mark.parametrize("case", WORDS)
def test_wrong_words_are_answered_with_the_right_ones(
    case: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    command, sentence = WORDS[case]
    error = answer(command.split(), 2, capsys)
    assert sentence in error
    assert error.count("\n") == 1
    assert not list(place.iterdir())
