"""The rotator of the chaos fleet: passes what it is asked on to the authority. Runs in the workspace."""

import json
import os
import sys
import urllib.error
import urllib.request

body = sys.stdin.buffer.read()
request = urllib.request.Request(os.environ["AUTHORITY"] + "/rotate", body, {"Content-Type": "application/json"})
try:
    with urllib.request.urlopen(request, timeout=10) as reply:
        json.dump(json.load(reply), sys.stdout)
except urllib.error.HTTPError:
    sys.exit(1)
except OSError:
    sys.exit(75)
