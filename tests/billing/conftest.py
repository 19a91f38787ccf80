"""A ledger in a file of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.chargestead.billing.ledger import Ledger

from .stories import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands still."""
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the ledger's file is, or will be."""
    return tmp_path / "chargestead.db"


@pytest.fixture
def url(path: Path) -> str:
    """Return the database URL of that file."""
    return f"sqlite:///{path}"


@pytest.fixture
async def ledger(url: str, clock: ManualClock) -> AsyncIterator[Ledger]:
    """Return an open, empty ledger."""
    opened = await Ledger.open(url, clock=clock)
    yield opened
    await opened.close()
