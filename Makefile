# The verbs of the project, for people and for CI alike. `make` alone explains them.
include autograder/verbs.mk

# The modules that need no sandbox, no release and no browser.
QUICK := $(addprefix homework/test_,bank feedback recognise training doctor project) test_upload test_protocol

.PHONY: checkpoints mistakes portability quick test image-test bench bench-attacks lint

# Four processes fill two CPUs, for tests wait a third of their time; more only wait for each other.
test: $(READY) ## run all tests
	$(RUN) -m pytest -n 4 --dist loadscope --no-loadscope-reorder

quick: $(READY) ## run the cheap tests: bank, feedback, lab, uploads, protocol (seconds)
	$(RUN) -m pytest -n 2 --dist loadscope $(QUICK:%=tests/%.py)

lint: $(READY) ## check style and types without changing anything
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

checkpoints: $(READY) ## train the six networks of part 2 again (seconds)
	$(RUN) assignment/reference_trainer.py

mistakes: $(READY) ## work out again what known mistakes lead to on the public inputs
	$(RUN) assignment/reference_mistakes.py

portability: $(READY) ## repeat the check as if on other machines (a minute for each)
	$(RUN) -m tests.portability

bench: $(READY) ## measure what the README claims
	$(RUN) -m benchmarks

bench-attacks: $(READY) ## try attacks on the isolated grader and on stock Otter, side by side
	$(RUN) -m tests.attacks

image-test: $(READY) ## build the grading image's content in a bare system (root, debootstrap; SUITE=)
	$(RUN) -m tests.bare_tree $(SUITE)
