#!/usr/local/bin/python -IS
"""`ready PORT [PATH]`: whether http://127.0.0.1:PORT/readyz answers 200, for health checks.

The images have no curl. This runs every few seconds in every container, so it starts in a fraction of the time that
Python's own HTTP client needs. What a service says it lacks is printed: `docker inspect` shows it.
"""

import socket
import sys


def main(port: str, path: str = "/readyz") -> int:
    """0 when it is ready, 1 when it is not (or does not answer)."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", int(port)), timeout=4) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            while part := connection.recv(65536):
                answer += part
    except OSError as error:
        print(error)
        return 1
    head, _, body = answer.partition(b"\r\n\r\n")
    print(body.decode(errors="replace").strip())
    return 0 if head.split(b" ", 2)[1:2] == [b"200"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
