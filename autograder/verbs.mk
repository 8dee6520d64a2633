# The verbs that every homework has; its Makefile includes this file and adds its own.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup release check site new format clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' autograder/verbs.mk Makefile

setup: $(READY) ## make .venv from requirements.lock (every other verb does it if needed)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; make PYTHON=/path/to/python3.11 setup"; exit 1; }
	@test ! -L $(VENV) || { echo "$(VENV) is a link, and what it leads to is not cleared: remove it"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

release: $(READY) ## build student/, solutions/ and autograder/*.zip from assignment/
	$(RUN) -m autograder.release

check: $(READY) ## rebuild in a temporary folder and compare with what is committed
	$(RUN) -m autograder.release --check

site: $(READY) ## build site/, the homework in a browser tab (PYODIDE=folder with its files)
	$(RUN) -m autograder.release.site $(if $(PYODIDE),--pyodide "$(PYODIDE)")

new: $(READY) ## begin another homework beside this one: make new NAME=optimizers
	$(RUN) -m autograder.release.new "$(NAME)"

# Outputs go first: they are no code, and lint would stop at them.
format: $(READY) ## clean the masters, write points and minutes into their texts, format the code
	$(RUN) -m autograder.release --clean
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

clean: ## remove .venv and caches; what is committed stays
	rm -rf $(VENV) .pytest_cache .ruff_cache .release-* site
	find . -name __pycache__ -prune -exec rm -rf {} +
