"""Those who listen, and what is kept without waiting for it."""

import asyncio
from typing import Any

import pytest

from custom_components.chargestead.model.errors import LedgerFullError
from custom_components.chargestead.model.journal import JournalEntry
from custom_components.chargestead.model.ports import Kept
from custom_components.chargestead.site.upkeep.ports import Listeners, keep


def test_one_who_fails_harms_nobody_and_who_left_hears_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[int] = []
    listeners = Listeners[[int]]()

    def fail(_: int) -> None:
        raise ZeroDivisionError

    listeners.subscribe(fail)
    leave = listeners.subscribe(heard.append)
    listeners.tell(1)
    for _ in range(2):
        leave()
    listeners.tell(2)
    assert heard == [1]
    assert caplog.text.count("A listener to maintenance failed") == 2


class Disk:
    """A journal that keeps entries, or does not care for them."""

    def __init__(self, kept: Kept | None) -> None:
        """Answer what is to be kept with that."""
        self.kept = kept

    def keep(self, _: JournalEntry) -> Kept | None:
        """Take an entry."""
        return self.kept


async def test_what_is_not_kept_is_the_ledgers_to_report() -> None:
    loop = asyncio.get_running_loop()
    failed, given_up = loop.create_future(), loop.create_future()
    entry: Any = object()
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    for kept in (failed, given_up, None):
        disk: Any = Disk(kept)
        assert keep(disk, entry) is kept
    failed.set_exception(LedgerFullError("disk full"))
    given_up.cancel()
    await asyncio.sleep(0)
    del failed, given_up, kept, disk
    assert complaints == []
