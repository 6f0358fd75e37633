"""Is the service ready? Exit code 0 if it is: ``python healthcheck.py [PORT]``."""

import sys
import urllib.request

port = sys.argv[1] if len(sys.argv) > 1 else "8000"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    opener.open(f"http://127.0.0.1:{port}/health/ready", timeout=3)
except OSError as error:
    sys.exit(str(error))
