"""A service that works with a credential.

With AUTHORITY, that one is asked about its own and about that of whoever asks. With VERIFIER_URL it shows its own to
that service. With neither it is the verifier: it accepts API_TOKEN and API_TOKEN_PREVIOUS.
"""

import http.server
import json
import os
import signal
import socketserver
import threading
import urllib.error
import urllib.request

build = {"service": os.environ["CHITTYOPS_SERVICE"], "build": os.environ["CHITTYOPS_BUILD_ID"]}


def accepted(value: str) -> bool:
    if "AUTHORITY" not in os.environ and "VERIFIER_URL" not in os.environ:
        return value in (os.environ["API_TOKEN"], os.environ["API_TOKEN_PREVIOUS"])
    address = os.environ.get("AUTHORITY") or os.environ["VERIFIER_URL"]
    request = urllib.request.Request(address + "/check", headers={"Authorization": "Bearer " + value})
    try:
        with urllib.request.urlopen(request, timeout=10):
            return True
    except urllib.error.HTTPError:
        return False


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, said = 200, build
        if self.path != "/health":
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            asked = [os.environ["API_TOKEN"]] if "VERIFIER_URL" in os.environ else [bearer, os.environ["API_TOKEN"]]
            status = 200 if all(map(accepted, asked)) else 401
            said = {}
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = False
    request_queue_size = 256


server = Server((os.environ["HOST"], int(os.environ["PORT"])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.server_close()
