"""Backups: what Home Assistant copies is a whole ledger."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
import hashlib
from itertools import batched
from pathlib import Path
import shutil
import sqlite3

from homeassistant.components.backup.const import DATA_MANAGER
from homeassistant.components.backup.manager import BackupManager, BackupManagerError
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.billing.ledger.engine import CHECKPOINT_PAGES
from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.events import SessionStarted

from .entity_fixtures import NOW, SESSION
from .flow_fixtures import new_entry

PAGE_BYTES = 4096

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[MockConfigEntry]:
    """Return a house that can be backed up."""
    entry = new_entry(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await async_setup_component(hass, "backup", {})
    await hass.async_block_till_done()
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


def manager_of(hass: HomeAssistant) -> BackupManager:
    """Return what makes backups."""
    manager: BackupManager = hass.data[DATA_MANAGER]
    assert "chargestead" in manager.platforms
    return manager


def file_of(hass: HomeAssistant) -> Path:
    """Return the file of the ledger."""
    return Path(hass.config.path("chargestead.db"))


def started(number: int) -> SessionStarted:
    """Return the start of a session."""
    return SessionStarted(
        station_id="GARAGE-1",
        at=NOW,
        session=replace(SESSION, id=f"{number:032x}", transaction_id=str(number)),
    )


async def keep(ledger: Ledger, numbers: range) -> None:
    """Keep sessions, some with each commit."""
    for some in batched(numbers, 20, strict=False):
        kept = [ledger.keep(started(number)) for number in some]
        await asyncio.gather(*(each for each in kept if each is not None))


def sessions_in(file: Path) -> int:
    """Return how many sessions a file holds."""
    with sqlite3.connect(file) as database:
        (count,) = database.execute("SELECT count(*) FROM chargestead_sessions").fetchone()
    database.close()
    number: int = count
    return number


async def test_the_file_is_whole_and_still_while_it_is_copied_and_nothing_is_lost(
    hass: HomeAssistant, house: MockConfigEntry, tmp_path: Path
) -> None:
    ledger: Ledger = house.runtime_data.ledger
    file = file_of(hass)
    await keep(ledger, range(20))
    await manager_of(hass).async_pre_backup_actions()
    before = hashlib.sha256(file.read_bytes()).digest()
    await keep(ledger, range(20, 3000))
    assert hashlib.sha256(file.read_bytes()).digest() == before
    beside = file.with_name(f"{file.name}-wal")
    assert beside.stat().st_size > 2 * CHECKPOINT_PAGES * PAGE_BYTES
    copy = tmp_path / "copy.db"
    shutil.copy(file, copy)
    assert sessions_in(copy) == 20
    await manager_of(hass).async_post_backup_actions()
    await ledger.checkpoint()
    assert hashlib.sha256(file.read_bytes()).digest() != before
    assert len(await ledger.sessions()) == 3000


async def test_a_ledger_that_cannot_be_made_ready_fails_the_backup_and_says_why(
    hass: HomeAssistant, house: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def in_use(_ledger: Ledger) -> None:
        raise LedgerError("the write-ahead log is in use")

    monkeypatch.setattr(Ledger, "hold", in_use)
    with pytest.raises(BackupManagerError, match="the write-ahead log is in use"):
        await manager_of(hass).async_pre_backup_actions()
    assert house.runtime_data.ledger.healthy


async def test_a_ledger_that_cannot_be_released_does_not_fail_the_backup(
    hass: HomeAssistant, house: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await manager_of(hass).async_pre_backup_actions()
    await house.runtime_data.ledger.close()
    await manager_of(hass).async_post_backup_actions()
    assert "The ledger was not released after the backup: the ledger is closed" in caplog.text


async def test_a_backup_without_a_house_is_none_of_our_business(
    hass: HomeAssistant, house: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(house.entry_id)
    await manager_of(hass).async_pre_backup_actions()
    await manager_of(hass).async_post_backup_actions()
