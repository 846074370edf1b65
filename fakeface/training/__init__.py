"""Everything around Lightning's Trainer: command line, data module, module, callbacks, sweeps, the files of a run."""

SUBCOMMANDS = {
    "fit": "train a network: fakeface fit --config fusion_type1",
    "validate": "measure a checkpoint on the validation images",
    "test": "measure a checkpoint on the test images: fakeface test --ckpt_path CKPT",
}
"""Subcommands with a Trainer and their help; they stand here because ``training.cli`` takes seconds to import."""
