"""Ports for tests that must name one before they listen on it."""

import fcntl
from functools import cache
from itertools import count
import os
from pathlib import Path
import socket
import tempfile
from typing import Final

_FIRST: Final = 20_000
"""Below the range that systems take ports for outgoing connections from, so that nobody else takes one meanwhile."""
_BLOCKS: Final = 40
_EACH: Final = 250

_numbers = count()


@cache
def _block() -> int:
    """Return the number of a block of ports that is this process's alone until it ends, whoever else runs tests."""
    for number in range(_BLOCKS):
        path = Path(tempfile.gettempdir(), f"chargestead-ports-{number}")
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        return number
    raise RuntimeError("all blocks of ports are taken")


def free_port() -> int:
    """Return a port that nobody uses, and that no test running beside this one is given."""
    first = _FIRST + _block() * _EACH
    for _ in range(_EACH):
        port = first + next(_numbers) % _EACH
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
        return port
    raise RuntimeError("no port is free")
