#!/bin/sh
# Does what the image does, without Docker: installs from a copy that holds only what the image gets, starts the service
# with nowhere to write to, asks it, and ends it. CI runs this.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
clean=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; chmod -R u+w "$clean"; rm -rf "$clean"' EXIT
mkdir "$clean/source" "$clean/empty"
for name in src pyproject.toml README.md LICENSE NOTICE constraints.txt deploy; do
  cp -R "$root/$name" "$clean/source/"
done
sh "$clean/source/deploy/install.sh" "$clean/source" "$clean/venv" serve
python=$clean/venv/bin/python
if "$python" -c 'import gradio' 2>/dev/null; then
  echo "Gradio came along with the extra serve." >&2
  exit 1
fi
chmod -R a-w "$clean/venv" "$clean/empty"
port=${1:-8765}
cd "$clean/empty"
env -i PATH="$PATH" PYTHONDONTWRITEBYTECODE=1 \
  "$clean/venv/bin/emotion-classifier" serve --port "$port" --workers 1 &
service=$!
tries=0
until "$python" "$root/deploy/healthcheck.py" "$port" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 120 ] || { echo "The service did not become ready." >&2; exit 1; }
  kill -0 "$service"
  sleep 0.5
done
"$python" - "$port" "$root/src/emotion_classifier/serving/examples/smile.jpg" <<'END'
import base64, json, sys, urllib.request

content = base64.b64encode(open(sys.argv[2], "rb").read()).decode()
request = urllib.request.Request(
    f"http://127.0.0.1:{sys.argv[1]}/v1/predict",
    json.dumps({"photos": [{"content": content}]}).encode(),
    {"content-type": "application/json"},
)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
label = json.load(opener.open(request, timeout=60))["photos"][0]["readings"][0]["label"]
sys.exit(0 if label == "happy" else f"The example smile was read as {label}.")
END
kill -TERM "$service"
wait "$service"
service=
echo "The service installs, answers and ends as in the image."
