"""A service as small as one can be: it says who it is and which build. Copied into each folder of the chaos fleet."""

import json
import os
import signal
import socket

answer = json.dumps({"service": os.environ["CHITTYOPS_SERVICE"], "build": os.environ["CHITTYOPS_BUILD_ID"]}).encode()
head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
listener = socket.create_server((os.environ["HOST"], int(os.environ["PORT"])), backlog=128)
while True:
    connection, _ = listener.accept()
    with connection:
        try:
            connection.settimeout(5)
            if connection.recv(65536):  # one segment holds the whole of a small request
                connection.sendall(head % len(answer) + answer)
        except OSError:
            pass
