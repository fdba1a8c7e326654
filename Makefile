# The verbs of this project. `make demo` and `make test` are all that a fresh machine needs.
# A small (CPU) torch on Linux: PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make demo

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test lint check cases clean

demo: $(INSTALLED)  ## set up, then show the whole way on an embedded example
	$(BIN)/py2cpp-autograd demo

# By file, because the tests of a file share what they build.
test: $(INSTALLED)  ## set up, then run every test
	$(BIN)/py2cpp-autograd cache --prepare
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(INSTALLED)  ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test  ## what CI runs

cases: $(INSTALLED)  ## rewrite the C++ blocks of the golden cases; read the diff before committing it
	$(BIN)/python -m pytest tests/test_cases.py -q --update-cases -k translate

clean:  ## remove what the other verbs made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[verify,dev]'
	touch $@
