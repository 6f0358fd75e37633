#!/bin/sh
# Writes what an installation of the package consists of as CycloneDX: write_sbom.sh FILE.cdx.json [EXTRAS]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=$1 extras=${2:+[$2]}
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
python3 -m venv "$clean/package"
"$clean/package/bin/pip" install --quiet --disable-pip-version-check --constraint "$root/constraints.txt" "$root$extras"
"$clean/package/bin/pip" uninstall --quiet --yes setuptools pip
python3 -m venv "$clean/writer"
"$clean/writer/bin/pip" install --quiet --disable-pip-version-check cyclonedx-bom
"$clean/writer/bin/cyclonedx-py" environment --pyproject "$root/pyproject.toml" --output-reproducible \
  --of JSON --output-file "$out" "$clean/package/bin/python"
