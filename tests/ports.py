"""Ports for tests that must name one before they listen on it."""

from itertools import count
import os
import socket
from typing import Final

_FIRST: Final = 20_000
"""Below the range that systems take ports for outgoing connections from, so that nobody else takes one meanwhile."""
_EACH: Final = 400

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 30
_numbers = count(os.getpid() % _EACH)


def free_port() -> int:
    """Return a port that nobody uses, and that no test running beside this one is given."""
    for _ in range(_EACH):
        port = _FIRST + _worker * _EACH + next(_numbers) % _EACH
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
        return port
    raise RuntimeError("no port is free")
