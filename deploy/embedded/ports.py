"""Ports of this machine: which are free, who has the busy ones, and whether something answers on them."""

import socket
from collections.abc import Mapping
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import psutil

from deploy.embedded.processes import Failed

# What runs on this machine is asked directly, whatever proxy the rest of the world is behind.
_directly = build_opener(ProxyHandler({}))


def answers(url: str) -> bool:
    """Whether `url` answers 2xx. False while nothing listens there and while it says that it is not ready."""
    try:
        with _directly.open(url, timeout=5) as answer:
            return bool(200 <= answer.status < 300)
    except (URLError, OSError):
        return False


def listens(port: int) -> bool:
    """Whether something takes connections on 127.0.0.1:port."""
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as connection:
        connection.bind(("127.0.0.1", 0))
        return int(connection.getsockname()[1])


def check_free(wanted: Mapping[str, int]) -> None:
    """`wanted` is {what wants it: port}. Raises Failed with every busy port, who wants it and who has it."""
    taken = [
        f"  {port} is wanted by {name}, and {holder(port)} listens there" for name, port in wanted.items() if busy(port)
    ]
    if taken:
        raise Failed(
            "These ports are busy:\n" + "\n".join(taken) + "\n"
            "Stop what listens there, or move the whole demo, for example by 10000: "
            "COPSE_PORT_OFFSET=10000 make demo"
        )


def busy(port: int) -> bool:
    """Whether 127.0.0.1:port cannot be bound (a port that is only waiting to be forgotten can)."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            connection.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def holder(port: int) -> str:
    """'postgres (process 4711)' where the system tells us, else 'another program'."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens_there = connection.laddr and connection.laddr[1] == port
            if connection.status == psutil.CONN_LISTEN and listens_there and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        # macOS shows other accounts' connections to root only.
        pass
    return "another program"
