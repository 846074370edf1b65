# Every target works from a bare clone: it makes .venv and installs what it needs first.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install demo test soak bench lint tensorboard clean

help:  ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: .venv/installed  ## Make .venv and install fakeface in the versions of constraints.txt

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: install  ## Draw demo faces, train the fusion of Type 1 on them, test it (minutes, no download but the install)
	[ -e data/demo ] || $(BIN)/fakeface data demo --out data/demo --seed 0
	$(BIN)/fakeface fit --config configs/fusion_type1.yaml --config configs/demo.yaml
	$(BIN)/fakeface test --ckpt_path best
	@echo "See the run in TensorBoard: make tensorboard"

test: install  ## Run the test suite
	$(BIN)/python -m pytest

soak: install  ## Run the long tests: kills, fuzzing, coverage of intervals
	$(BIN)/python -m pytest -m soak

bench: install  ## Measure speed against rivals, side by side; on a machine that does nothing else
	$(BIN)/python -m tests.benchmark

lint: install  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

tensorboard: install  ## Show all runs at http://localhost:6006
	$(BIN)/tensorboard --logdir lightning_logs

clean:  ## Remove .venv and caches; runs and data stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
