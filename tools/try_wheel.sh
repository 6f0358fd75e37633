#!/bin/sh
# Builds the wheel and the sdist, and has the wheel alone, in an empty environment of each Python, read a shipped face.
# Usage: try_wheel.sh [PYTHON…], of which those that are absent are passed over; default: python3.11 to python3.13.
# Leaves both files in dist/.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- python3.11 python3.12 python3.13
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
pip="-m pip install --quiet --disable-pip-version-check --constraint $root/constraints.txt"

build_with=
for python in "$@"; do
  if "$python" -c '' 2>/dev/null; then build_with=$python; break; fi
done
[ -n "$build_with" ] || { echo "None of these is here: $*" >&2; exit 1; }
"$build_with" -m venv "$clean/builder"
"$clean/builder/bin/python" $pip build
rm -rf "$root/dist"
"$clean/builder/bin/python" -m build --outdir "$root/dist" "$root" >/dev/null

for python in "$@"; do
  if ! "$python" -c '' 2>/dev/null; then
    echo "$python: not on this machine"
    continue
  fi
  rm -rf "$clean/empty"
  "$python" -m venv "$clean/empty"
  "$clean/empty/bin/python" $pip "$root"/dist/*.whl
  # Away from the checkout, so that nothing of it can be imported.
  label=$(cd "$clean" && empty/bin/emotion-classifier predict --json \
    "$root/src/emotion_classifier/serving/examples/smile.jpg" |
    empty/bin/python -c 'import json, sys; print(json.load(sys.stdin)["readings"][0]["label"])')
  [ "$label" = happy ] || { echo "$python read the example smile as $label." >&2; exit 1; }
  echo "$("$python" --version): the wheel installs alone and reads a face"
done
