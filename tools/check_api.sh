#!/bin/sh
# Hold the API to its own OpenAPI document with schemathesis, in an environment of its own: it brings a dozen packages
# that nothing else here needs, and a pytest plugin.
# Usage: check_api.sh [PORT] [EXAMPLES]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
port=${1:-8766} examples=${2:-20}
work=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --constraint "$root/constraints.txt" schemathesis==4.32.5
"$root/.venv/bin/emotion-classifier" serve --no-app --port "$port" --workers 1 --log-level warning &
service=$!
tries=0
until "$root/.venv/bin/python" "$root/deploy/healthcheck.py" "$port" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 120 ] || { echo "The service did not become ready." >&2; exit 1; }
  sleep 0.5
done
cd "$work"
NO_PROXY=127.0.0.1 "$work/venv/bin/schemathesis" run "http://127.0.0.1:$port/openapi.json" \
  --checks all --max-examples "$examples" --seed 0 --request-timeout 30
