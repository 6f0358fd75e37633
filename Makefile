PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# As many processes as cores, four at most: the tests start processes of their own.
PYTEST := -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: app test test-all test-lowest lint docs default-model clean

app: $(VENV)/.app
	$(BIN)/emotion-classifier app

# What takes a few minutes; `make test-all` also trains networks.
test: $(VENV)/.test
	$(BIN)/python $(PYTEST) --doctest-modules -m "not slow"

test-all: $(VENV)/.test
	$(BIN)/python $(PYTEST) --doctest-modules

# What reads, checks and measures photos, with the oldest versions of its libraries that pyproject.toml allows. Warnings
# that these raise about each other are no failure.
LOWEST := build/lowest
test-lowest: $(LOWEST)/.installed
	$(LOWEST)/bin/python $(PYTEST) -m "not slow" -W default tests/photo tests/faces tests/model tests/data tests/findings \
		tests/evaluation tests/test_classifier.py tests/test_files.py tests/test_golden_readings.py tests/cli/test_predict.py

$(LOWEST)/.installed: pyproject.toml constraints.txt $(VENV)/.test
	rm -rf $(LOWEST)
	$(PYTHON) -m venv $(LOWEST)
	$(BIN)/python tools/lowest_versions.py evaluate > $(LOWEST)/lowest.txt
	$(LOWEST)/bin/pip install --quiet --disable-pip-version-check --constraint $(LOWEST)/lowest.txt --editable '.[evaluate]'
	$(LOWEST)/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		hypothesis pytest pytest-randomly pytest-timeout pytest-xdist
	touch $@

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

# The default bundle, trained in two parts; needs the data described in docs/data.md beside the repository. Goes on after
# a kill, in the part that was not finished; a part whose options changed is trained anew.
DATA ?= ../shared/data
LEARN = $(BIN)/emotion-classifier train $(DATA)/ferplus $(DATA)/lfw build/readings/learn
default-model: build/default/config.json
	$(BIN)/emotion-classifier evaluate build/default $(DATA)/stock_photos --card "266 stock photos"
	$(BIN)/emotion-classifier evaluate build/default $(DATA)/ferplus --split validation --card "FER+ validation"
	$(BIN)/emotion-classifier evaluate build/default $(DATA)/lfw --split validation --card "LFW validation"
	$(BIN)/emotion-classifier audit build/default $(DATA)/lfw --split validation --by gender --labels happy,neutral || [ $$? -eq 3 ]
	$(BIN)/emotion-classifier audit build/default --counterfactual || [ $$? -eq 3 ]
	cp build/begun.training/history.csv default-model/begin_history.csv
	cp build/begun.training/curves.png default-model/begin_curves.png
	cp build/default.training/history.csv build/default.training/curves.png default-model/
	cp build/default/* src/emotion_classifier/assets/default/

build/begun/config.json: default-model/begin.toml | $(VENV)/.test
	$(BIN)/python tools/everyday_faces.py $(DATA)/fairface/train.parquet build/readings
	$(BIN)/python tools/convert_face_descriptor.py build/face_descriptor.npz
	$(LEARN) --config default-model/begin.toml --out build/begun

build/default/config.json: default-model/train.toml build/begun/config.json
	$(BIN)/python tools/weights_of_bundle.py build/begun build/begun.npz
	$(LEARN) --config default-model/train.toml --out build/default

clean:
	rm -rf build dist docs/_build .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) --editable '.[app]'
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) --editable '.[app,serve,batch,heic,train,audit,video,track,dev,docs]'
	touch $@ $(VENV)/.app $(VENV)/.docs

$(VENV)/.docs: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) --editable '.[app,train,docs]'
	touch $@
