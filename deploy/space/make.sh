#!/bin/sh
# Lay out a Hugging Face Space: make.sh OUT writes a folder to be pushed to the Space's repository.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:?name the folder to write}
[ ! -e "$out" ] || { echo "$out exists; name a new folder." >&2; exit 1; }
mkdir -p "$out/source"
cp "$root/deploy/space/README.md" "$root/deploy/space/Dockerfile" "$out/"
for name in src pyproject.toml README.md LICENSE NOTICE constraints.txt deploy; do
  cp -R "$root/$name" "$out/source/"
done
# Files over 10 MB, and binary ones, have to be kept in LFS there.
printf '%s filter=lfs diff=lfs merge=lfs -text\n' '*.onnx' '*.npy' '*.parquet' '*.jpg' '*.png' >"$out/.gitattributes"
echo "Wrote $out"
