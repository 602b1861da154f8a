# make demo   restore the photos in demo/ and write a before/after sheet
# make test   run the tests
# make test-editors  run the plug-ins in real GIMP and Krita, which are installed into a folder apart;
#             EDITORS="trixie forky sid" for GIMP 3.0 and Krita 5.2, GIMP 3.2, Krita 6
# make screenshots  take the documentation's pictures of the editors again
# make check  lint, formatting, types
# make fuzz   read thousands of damaged files; SEED=1 COUNT=500 choose which and how many
# make tools  install the programs that judge our files, where root and apt are at hand
# make public fetch the odd and hostile pictures of other projects, for the tests
# make bench  measure quality, speed and memory
# make digits train and measure the small world of docs/examples/digits.md

PYTHON ?= python3
SEED ?= 0
COUNT ?= 10000
EDITORS ?= trixie
BIN := .venv/bin
SOURCES := pyproject.toml constraints.txt $(shell find restore plugins integrations models -type f -not -name '*.pyc')

.PHONY: demo test test-editors screenshots check format fuzz tools public bench digits clean

demo: .venv/.installed
	$(BIN)/python demo/run.py

test: .venv/.tested
	$(BIN)/python -m pytest --ignore tests/editors $(TESTS)

test-editors: .venv/.tested
	$(BIN)/python -m tests.editors $(EDITORS)

screenshots: .venv/.tested
	$(BIN)/python -m tests.editors.roots
	RESTORE_SCREENSHOTS=docs/images/editors $(BIN)/python -m pytest tests/editors/test_tour.py

check: .venv/.checked
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.checked
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: .venv/.tested
	$(BIN)/python -m tests.fuzz --seed $(SEED) --count $(COUNT)

# Best effort: tests that need a program say so and are skipped without it.
TOOLS := exiftool:libimage-exiftool-perl identify:imagemagick vips:libvips-tools ffmpeg:ffmpeg
tools:
	@packages=; for tool in $(TOOLS); do \
	    command -v "$${tool%%:*}" >/dev/null || packages="$$packages $${tool##*:}"; \
	done; \
	[ -z "$$packages" ] && exit; \
	[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	    && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$packages \
	    >/dev/null || echo "Not installed:$$packages. Tests that need them are skipped."

public: .venv/.tested
	$(BIN)/python -m tests.public.fetch

bench: .venv/.benched
	$(BIN)/python -m benchmarks $(BENCH)

digits: .venv/.documented
	$(BIN)/python -m benchmarks.digits

clean:
	rm -rf .venv build dist out

$(BIN)/python:
	$(PYTHON) -m venv .venv

.venv/.installed: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt .
	@touch $@

.venv/.tested: .venv/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt '.[test]'
	-$(BIN)/python -m tests.samples .venv/samples
	@touch $@

.venv/.checked: .venv/.tested
	$(BIN)/python -m pip install --quiet --constraint constraints.txt '.[test,check]'
	@touch $@

.venv/.benched: .venv/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt '.[bench]'
	@touch $@

.venv/.documented: .venv/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt '.[docs]'
	@touch $@
