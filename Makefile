# The verbs of the project, for people and for CI alike. `make` alone explains them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
# The modules of tests/ that need no sandbox, no release and no browser.
QUICK := bank feedback recognise training doctor upload protocol project

.DEFAULT_GOAL := help
.PHONY: help setup release check checkpoints mistakes portability quick test image-test bench bench-attacks format lint clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv from requirements.lock (every other verb does it if needed)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; make PYTHON=/path/to/python3.11 setup"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

release: $(READY) ## build student/, solutions/ and autograder/*.zip from assignment/
	$(RUN) -m autograder.release

check: $(READY) ## rebuild in a temporary folder and compare with what is committed
	$(RUN) -m autograder.release --check

checkpoints: $(READY) ## train the six networks of part 2 again (seconds)
	$(RUN) assignment/reference_trainer.py

# Four processes fill two CPUs, for tests wait a third of their time; more only wait for each other.
test: $(READY) ## run all tests
	$(RUN) -m pytest -n 4 --dist loadscope

quick: $(READY) ## run the cheap tests: bank, feedback, lab, uploads, protocol (seconds)
	$(RUN) -m pytest -n 2 --dist loadscope $(QUICK:%=tests/test_%.py)

mistakes: $(READY) ## work out again what known mistakes lead to on the public inputs
	$(RUN) assignment/reference_mistakes.py

portability: $(READY) ## repeat the check as if on other machines (a minute for each)
	$(RUN) -m tests.portability

image-test: $(READY) ## build the grading image's content in a bare system (root, debootstrap; SUITE=)
	$(RUN) -m tests.bare_tree $(SUITE)

bench: $(READY) ## measure what the README claims
	$(RUN) -m benchmarks

bench-attacks: $(READY) ## try attacks on the isolated grader and on stock Otter, side by side
	$(RUN) -m tests.attacks

format: $(READY) ## format the code, and strip outputs and cell ids from the masters
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .
	$(RUN) -m autograder.release --clean

lint: $(READY) ## check style and types without changing anything
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

clean: ## remove .venv and caches; what is committed stays
	rm -rf $(VENV) .pytest_cache .ruff_cache .release-*
	find . -name __pycache__ -prune -exec rm -rf {} +
