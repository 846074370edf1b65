# Every target works from a bare clone: it makes .venv and installs what it needs first.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
# Passed on to `fakeface fit` by `make paper`, such as ARGS="--model.net.init_args.pretrained false", and to pytest by
# `make test`.
ARGS ?=
# A test file a core; each process has one thread, for more than there are cores make all of them slower. Files keep
# their order, for those of a folder share fixtures, and those with the most tests are not those that take longest.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
PAPER := lightning_logs/paper
REPORT_EXPERIMENTS := $(foreach network,custom_cnn vgg16 resnet50 mobilenet,$(network)_original $(network)_ela) \
	fusion_type1 fusion_type2 fusion_type3

.PHONY: help install demo paper paper-page verify test test-lowest soak bench lint tensorboard clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: .venv/installed  ## Make .venv and install fakeface in the versions of constraints.txt

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: install  ## Draw demo faces, train the fusion of Type 1 on them, test it (minutes, no download but the install)
	[ -e data/demo ] || $(BIN)/fakeface data demo --out data/demo --seed 0
	$(BIN)/fakeface fit --config configs/fusion_type1.yaml --config configs/demo.yaml
	$(BIN)/fakeface test --ckpt_path best
	@echo "These faces are drawn: the figures show that training works, and mean nothing about photographs."
	@echo "See the run in TensorBoard: make tensorboard"

paper: install  ## Reproduce the report, resumable: make paper DATA=data/real_and_fake_face
	@[ -n "$(DATA)" ] || { echo "name the photographs: make paper DATA=data/real_and_fake_face"; exit 2; }
	[ -e $(PAPER)/audit ] || $(BIN)/fakeface data audit $(DATA) --out $(PAPER)/audit
	[ -e $(PAPER)/split.csv ] || \
		$(BIN)/fakeface data index $(PAPER)/audit/manifest.csv --split grouped --out $(PAPER)/split.csv
	$(BIN)/fakeface sweep $(REPORT_EXPERIMENTS:%=configs/%.yaml) --out $(PAPER)/runs \
		--data.root $(DATA) --data.manifest $(PAPER)/split.csv --data.split manifest $(ARGS)
	rm -rf $(PAPER)/report
	$(BIN)/fakeface report $(PAPER)/runs/*/seed_0 --audit $(PAPER)/audit --out $(PAPER)/report

verify: install  ## Check that the release does what is published of it: make verify DATA=data/real_and_fake_face
	@[ -n "$(DATA)" ] || { echo "name the photographs: make verify DATA=data/real_and_fake_face"; exit 2; }
	$(BIN)/fakeface verify --data $(DATA) $(ARGS)

paper-page: install  ## Write docs/paper.md anew from the scores in docs/paper
	rm -rf docs/paper.md docs/paper/plots
	$(BIN)/python docs/paper/paper_page.py docs/paper

test: install  ## Run the test suite, with coverage and the slowest tests
	OMP_NUM_THREADS=1 $(BIN)/python -m slipcover --source fakeface --json --out .coverage \
		-m pytest $(PARALLEL) --durations 10 $(ARGS)
	@$(BIN)/python -m slipcover --merge .coverage --out .coverage --skip-covered --fail-under 95 > .coverage.txt \
		|| { cat .coverage.txt; echo "too few lines were run: 95 % is the least"; exit 2; }
	@echo "lines run, not run, and percent run (by file: .coverage.txt):"; tail -n 1 .coverage.txt

test-lowest:  ## Run the tests with the lowest versions that pyproject.toml allows, in .venv-lowest
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/pip install --quiet uv
	.venv-lowest/bin/uv pip compile --quiet --upgrade --resolution lowest-direct --extra dev pyproject.toml -o .venv-lowest/lowest.txt
	.venv-lowest/bin/pip install --quiet --requirement .venv-lowest/lowest.txt --editable .
	OMP_NUM_THREADS=1 .venv-lowest/bin/python -m pytest $(PARALLEL) $(ARGS)

soak: install  ## Run the long tests: kills, fuzzing, coverage of intervals
	$(BIN)/python -m pytest -m soak

bench: install  ## Measure speed against rivals, side by side; 20 minutes on a machine that does nothing else
	$(BIN)/python -m tests.benchmark

lint: install  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

tensorboard: install  ## Show all runs at http://localhost:6006
	$(BIN)/tensorboard --logdir lightning_logs

clean:  ## Remove .venv and caches; runs and data stay
	rm -rf .venv .venv-lowest .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
