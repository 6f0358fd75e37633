#!/bin/sh
# What the Dockerfile runs: this package, from its source, into an environment of its own, at the tested versions.
# Usage: install.sh SOURCE TARGET [EXTRAS]
set -eu
source=$1 target=$2 extras=${3:-serve,heic}
python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir \
  --constraint "$source/constraints.txt" "$source[$extras]"
# An image needs no installer, and nobody compiles in it.
"$target/bin/python" -m compileall -q "$target/lib"
"$target/bin/pip" uninstall --quiet --yes setuptools pip
