"""A ledger in a file of its own, and loopback."""

import pytest
import pytest_socket

from tests.billing.conftest import clock, ledger, path, url

__all__ = ["clock", "ledger", "path", "url"]


@pytest.fixture(autouse=True)
def _loopback() -> None:
    """Allow sockets to this machine, those of a file included."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)
