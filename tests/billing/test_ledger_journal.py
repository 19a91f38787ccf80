"""What is kept for years besides sessions and money."""

from dataclasses import replace
from pathlib import Path
import sqlite3

import pytest

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.journal import JournalEntry, JournalPruned

from .stories import STATION, ManualClock, after, keep


def fault(uid: str = "ground", seconds: float = 0, **content: object) -> JournalEntry:
    """Return that something was wrong at a connector."""
    return JournalEntry(
        kind="fault",
        uid=uid,
        at=after(seconds),
        station_id=STATION,
        connector_id=1,
        content={"count": 1, "info": "Erdschluß", **content},
    )


async def test_entries_come_back_newest_first_after_a_restart(url: str, clock: ManualClock) -> None:
    first, second = fault(), fault("lock", 60, nested={"a": [1, None, True, 0.5]})
    check = JournalEntry(kind="maintenance", uid="rcd", at=after(5), content={})
    ledger = await Ledger.open(url, clock=clock)
    for entry in (first, second, check):
        await keep(ledger, entry)
    await ledger.close()

    ledger = await Ledger.open(url, clock=clock)
    assert await ledger.journal("fault") == [second, first]
    assert await ledger.journal("maintenance") == [check]
    assert await ledger.journal("firmware") == []
    await ledger.close()


async def test_an_entry_kept_again_takes_the_place_of_the_one_before(
    url: str, clock: ManualClock
) -> None:
    ledger = await Ledger.open(url, clock=clock)
    await keep(ledger, fault())
    again = fault(count=7)
    queued = [ledger.keep(replace(again, content={"count": number})) for number in range(20)]
    queued.append(ledger.keep(again))
    for kept in queued:
        assert kept is not None
        await kept
    assert await ledger.journal("fault") == [again]
    await ledger.close()


async def test_the_same_uid_of_two_kinds_is_two_entries(url: str, clock: ManualClock) -> None:
    ledger = await Ledger.open(url, clock=clock)
    other = replace(fault(), kind="firmware")
    await keep(ledger, fault())
    await keep(ledger, other)
    assert await ledger.journal("fault") == [fault()]
    assert await ledger.journal("firmware") == [other]
    await ledger.close()


async def test_entries_are_found_by_station_time_and_number(url: str, clock: ManualClock) -> None:
    ledger = await Ledger.open(url, clock=clock)
    entries = [fault(str(number), number) for number in range(5)]
    elsewhere = replace(fault("elsewhere", 2), station_id="CP-2")
    for entry in (*entries, elsewhere):
        await keep(ledger, entry)
    assert await ledger.journal("fault", station_id="CP-2") == [elsewhere]
    assert await ledger.journal("fault", station_id=STATION, since=after(3)) == entries[:2:-1]
    assert await ledger.journal("fault", station_id=STATION, limit=1) == entries[-1:]
    await ledger.close()


async def test_pruning_takes_only_what_is_older_and_of_that_kind(
    url: str, clock: ManualClock
) -> None:
    ledger = await Ledger.open(url, clock=clock)
    old, young = fault("old", 1), fault("young", 2)
    record = replace(old, kind="maintenance")
    for entry in (old, young, record):
        await keep(ledger, entry)
    await keep(ledger, JournalPruned(kind="fault", before=after(2)))
    assert await ledger.journal("fault") == [young]
    assert await ledger.journal("maintenance") == [record]
    await ledger.close()


async def test_a_content_that_json_cannot_say_is_refused_and_harms_no_other(
    url: str, clock: ManualClock
) -> None:
    ledger = await Ledger.open(url, clock=clock)
    good = ledger.keep(fault())
    bad = ledger.keep(fault("bad", 1, thing=object()))
    assert good is not None
    assert bad is not None
    await good
    with pytest.raises(LedgerError):
        await bad
    assert await ledger.journal("fault") == [fault()]
    await ledger.close()


async def test_a_ledger_of_version_2_gets_its_journal(
    url: str, path: Path, clock: ManualClock
) -> None:
    await (await Ledger.open(url, clock=clock)).close()
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TABLE chargestead_journal; UPDATE chargestead_schema SET version = 2;"
    )
    connection.close()
    ledger = await Ledger.open(url, clock=clock)
    await keep(ledger, fault())
    assert await ledger.journal("fault") == [fault()]
    await ledger.close()
