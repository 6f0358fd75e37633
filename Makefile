PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: app test test-all lint docs default-model clean

app: $(VENV)/.app
	$(BIN)/emotion-classifier app

# What takes a few minutes; `make test-all` also trains networks.
test: $(VENV)/.test
	$(BIN)/python -m pytest --doctest-modules -m "not slow"

test-all: $(VENV)/.test
	$(BIN)/python -m pytest --doctest-modules

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

# The default bundle; needs the data described in docs/data.md beside the repository. Goes on after a kill.
DATA ?= ../shared/data
default-model: $(VENV)/.test
	$(BIN)/python tools/everyday_faces.py $(DATA)/fairface/train.parquet build/readings
	$(BIN)/emotion-classifier train $(DATA)/ferplus $(DATA)/lfw --config default-model/train.toml --out build/base
	$(BIN)/emotion-classifier train $(DATA)/ferplus $(DATA)/lfw --config default-model/refine.toml --out build/refined
	$(BIN)/emotion-classifier train $(DATA)/ferplus $(DATA)/lfw build/readings/learn --config default-model/everyday.toml \
		--out build/everyday
	$(BIN)/python tools/convert_face_descriptor.py build/face_descriptor.npz
	$(BIN)/emotion-classifier train $(DATA)/ferplus $(DATA)/lfw build/readings/learn --config default-model/faces.toml \
		--out build/faces
	$(BIN)/python tools/pair_networks.py build/everyday build/faces --calibrate build/readings/calibrate \
		--about default-model/about.md --out build/default
	$(BIN)/emotion-classifier evaluate build/default $(DATA)/stock_photos --card "266 stock photos"
	$(BIN)/emotion-classifier evaluate build/default $(DATA)/ferplus --split validation --card "FER+ validation"
	$(BIN)/emotion-classifier evaluate build/default $(DATA)/lfw --split validation --card "LFW validation"
	$(BIN)/emotion-classifier audit build/default $(DATA)/lfw --split validation --by gender --labels happy,neutral || [ $$? -eq 3 ]
	$(BIN)/emotion-classifier audit build/default --counterfactual || [ $$? -eq 3 ]
	cp build/base.training/history.csv build/base.training/curves.png default-model/
	cp build/refined.training/history.csv default-model/refine_history.csv
	cp build/refined.training/curves.png default-model/refine_curves.png
	cp build/everyday.training/history.csv default-model/everyday_history.csv
	cp build/everyday.training/curves.png default-model/everyday_curves.png
	cp build/faces.training/history.csv default-model/faces_history.csv
	cp build/faces.training/curves.png default-model/faces_curves.png
	cp build/default/* src/emotion_classifier/assets/default/

clean:
	rm -rf build dist docs/_build .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) --editable '.[app]'
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) --editable '.[app,heic,train,audit,track,dev]'
	touch $@ $(VENV)/.app

$(VENV)/.docs: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) --editable '.[app,train,docs]'
	touch $@
