"""Statistics of sessions, in a real recorder."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import (
    get_metadata,
    statistics_during_period,
    valid_statistic_id,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.events import SessionUpdated
from custom_components.chargestead.model.reading import MeterReading
from custom_components.chargestead.model.session import Session, SessionFlag
from custom_components.chargestead.statistics import StatisticsImporter, statistic_id

from .entity_fixtures import NOW, SESSION, House, house_with
from .rating_fixtures import begin, costing_of, end, fixed, ledger_of, price, settle

pytestmark = pytest.mark.usefixtures("socket_enabled")

KWH = 1_000_000
HOUR = timedelta(hours=1)
ENERGY, SOLAR, COST = (
    statistic_id("GARAGE-1", 1, key) for key in ("energy", "solar_energy", "cost_eur")
)
EVENING = NOW.replace(minute=0)


@pytest.fixture
async def house(
    recorder_mock: object, hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> AsyncIterator[House]:
    """Return a house with a station, a price and a recorder."""
    assert recorder_mock
    freezer.move_to(NOW)
    async with house_with(hass, Platform.SENSOR) as house:
        await price(house, fixed())
        yield house


async def recorded(house: House, wanted: str = ENERGY) -> dict[datetime, tuple[float, float]]:
    """Return what is recorded: state and sum by hour."""
    await settle(house)
    await house.hass.async_block_till_done(wait_background_tasks=True)
    await async_wait_recording_done(house.hass)
    found = await get_instance(house.hass).async_add_executor_job(
        statistics_during_period,
        house.hass,
        datetime(2020, 1, 1, tzinfo=UTC),
        None,
        {wanted},
        "hour",
        None,
        {"state", "sum"},
    )
    return {
        datetime.fromtimestamp(row["start"], UTC): (
            round(row["state"] or 0, 6),
            round(row["sum"] or 0, 6),
        )
        for row in found.get(wanted, [])
    }


async def metadata_of(house: House, wanted: str) -> dict[str, Any]:
    """Return how a statistic is described."""
    found = await get_instance(house.hass).async_add_executor_job(
        lambda: get_metadata(house.hass, statistic_ids={wanted})
    )
    return dict(found[wanted][1])


def story(number: int, start: datetime) -> Session:
    """Return a session that begins at a register of 1000 kWh."""
    return replace(
        SESSION,
        id=f"s{number}",
        transaction_id=str(number),
        started_at=start,
        register_last_mwh=None,
        register_last_at=None,
    )


async def charged(
    house: House,
    number: int,
    start: datetime,
    *kwh: int,
    flags: frozenset[SessionFlag] = frozenset(),
) -> Session:
    """Let a session be told that charged so many kWh in each of its hours."""
    session = replace(story(number, start), flags=flags)
    await begin(house, session, replayed=bool(flags))
    register = 1000 * KWH
    readings = [MeterReading(at=start, register_mwh=register)]
    for hour, energy in enumerate(kwh, 1):
        register += energy * KWH
        readings.append(MeterReading(at=start + hour * HOUR, register_mwh=register))
    return await end(
        house,
        session,
        start + len(kwh) * HOUR,
        register,
        replayed=bool(flags),
        readings=tuple(readings),
    )


async def test_an_offline_session_lands_in_its_own_hours(house: House) -> None:
    yesterday = EVENING - timedelta(days=1)
    await charged(house, 1, yesterday, 5, 2, flags=frozenset({SessionFlag.OFFLINE}))

    energy = await recorded(house)
    assert energy[yesterday] == (5, 5)
    assert energy[yesterday + HOUR] == (2, 7)
    assert {energy[yesterday + hours * HOUR] for hours in range(2, 25)} == {(0, 7)}
    assert max(energy) == EVENING
    cost = await recorded(house, COST)
    assert cost[yesterday] == (1.5, 1.5)
    assert cost[yesterday + HOUR] == (0.6, 2.1)
    assert (await recorded(house, SOLAR))[EVENING] == (0, 0)


async def test_what_comes_late_moves_the_sums_of_all_that_came_after_it(house: House) -> None:
    await charged(house, 2, EVENING - 3 * HOUR, 4)
    assert (await recorded(house))[EVENING - 3 * HOUR] == (4, 4)

    await charged(house, 1, EVENING - timedelta(days=1), 5, flags=frozenset({SessionFlag.OFFLINE}))

    energy = await recorded(house)
    assert energy[EVENING - timedelta(days=1)] == (5, 5)
    assert energy[EVENING - 3 * HOUR] == (4, 9)
    assert energy[EVENING] == (0, 9)


async def test_a_correction_takes_back_what_is_no_longer_true(house: House) -> None:
    session = await charged(house, 1, EVENING - 5 * HOUR, 5, 4, 1)
    assert (await recorded(house))[EVENING - 3 * HOUR] == (1, 10)

    site = house.entry.runtime_data.site
    correction = MeterReading(at=EVENING - 4 * HOUR, register_mwh=1009 * KWH)
    site.publish(
        SessionUpdated(
            station_id="GARAGE-1",
            at=correction.at,
            session=session,
            readings=(correction,),
        )
    )
    energy = await recorded(house)
    assert energy[EVENING - 5 * HOUR] == (9, 9)
    assert energy[EVENING - 3 * HOUR][1] == 10
    assert sum(state for state, _ in energy.values()) == 10


async def test_a_restart_changes_nothing(house: House) -> None:
    await charged(house, 1, EVENING - 5 * HOUR, 5, 1)
    before = [await recorded(house, wanted) for wanted in (ENERGY, COST, SOLAR)]
    await house.hass.config_entries.async_reload(house.entry.entry_id)
    await price(house, fixed())
    assert [await recorded(house, wanted) for wanted in (ENERGY, COST, SOLAR)] == before


async def test_what_was_lost_in_a_crash_is_sent_at_the_next_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(
            "custom_components.chargestead.statistics.async_add_external_statistics",
            lambda *_args: None,
        )
        await charged(house, 1, EVENING - 5 * HOUR, 5)
        assert await recorded(house) == {}
    await house.hass.config_entries.async_reload(house.entry.entry_id)
    assert (await recorded(house))[EVENING - 5 * HOUR] == (5, 5)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(datetime(2026, 10, 24, 23, tzinfo=UTC), id="an hour twice"),
        pytest.param(datetime(2027, 3, 27, 23, tzinfo=UTC), id="an hour less"),
    ],
)
async def test_hours_are_right_when_the_clocks_change(
    house: House, freezer: FrozenDateTimeFactory, start: datetime
) -> None:
    await house.hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to(start + timedelta(hours=6))
    await charged(house, 1, start, 1, 2, 3, 4)
    energy = await recorded(house)
    assert [energy[start + hour * HOUR] for hour in range(4)] == [(1, 1), (2, 3), (3, 6), (4, 10)]


async def test_negative_prices_and_other_currencies_have_sums_of_their_own(house: House) -> None:
    await charged(house, 1, EVENING - 5 * HOUR, 10)
    await price(house, fixed("-0.10"))
    await charged(house, 2, EVENING - 4 * HOUR, 10)
    await price(house, fixed("2", "SEK"))
    await charged(house, 3, EVENING - 3 * HOUR, 10)
    cost = await recorded(house, COST)
    assert [cost[EVENING - hours * HOUR] for hours in (5, 4)] == [(3, 3), (-1, 2)]
    crowns = await recorded(house, statistic_id("GARAGE-1", 1, "cost_sek"))
    assert crowns[EVENING - 3 * HOUR] == (20, 20)
    assert (await recorded(house))[EVENING] == (0, 30)


async def test_statistics_are_described_so_that_the_energy_dashboard_takes_them(
    house: House,
) -> None:
    await charged(house, 1, EVENING - 5 * HOUR, 1)
    await recorded(house)
    energy, cost = await metadata_of(house, ENERGY), await metadata_of(house, COST)
    assert (energy["unit_of_measurement"], energy["unit_class"]) == ("kWh", "energy")
    assert (cost["unit_of_measurement"], cost["unit_class"]) == ("EUR", None)
    assert energy["has_sum"]
    assert energy["name"] == "Garage 1: energy of sessions"


async def test_a_ledger_that_cannot_answer_is_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_args: object) -> None:
        raise LedgerError("locked")

    with monkeypatch.context() as patch:
        patch.setattr("custom_components.chargestead.statistics.hourly_rows", fails)
        await charged(house, 1, EVENING - 5 * HOUR, 1)
        assert await recorded(house) == {}
    assert "locked" in caplog.text
    await charged(house, 2, EVENING - 3 * HOUR, 1)
    assert (await recorded(house))[EVENING - 5 * HOUR] == (1, 1)


@pytest.mark.parametrize("question", ["kept_session", "sessions"])
async def test_a_ledger_that_cannot_read_loses_no_session(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    question: str,
) -> None:
    await charged(house, 1, EVENING - 5 * HOUR, 1)
    await recorded(house)
    importer = StatisticsImporter(house.hass, house.entry)

    async def fails(*_args: object) -> None:
        raise LedgerError("locked")

    with monkeypatch.context() as patch:
        patch.setattr(ledger_of(house), question, fails)
        importer.start()
        await house.hass.async_block_till_done(wait_background_tasks=True)
    assert "locked" in caplog.text
    await charged(house, 2, EVENING - 3 * HOUR, 1)
    assert (await recorded(house))[EVENING] == (0, 2)


async def test_only_so_many_sessions_wait_and_unknown_ones_are_passed_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.chargestead.statistics._MOST_WAITING", 2)
    importer = StatisticsImporter(house.hass, house.entry)
    for number in range(4):
        importer._note(f"nobody-{number}")
    assert list(importer._waiting) == ["nobody-2", "nobody-3"]
    importer.start()
    await house.hass.async_block_till_done(wait_background_tasks=True)
    assert importer._waiting == {}
    assert await recorded(house) == {}


async def test_without_a_recorder_nothing_is_imported(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(NOW)
    async with house_with(hass, Platform.SENSOR) as house:
        await price(house, fixed())
        await charged(house, 1, EVENING - 5 * HOUR, 1)
        assert costing_of(house).diagnostics()["failures"] == 0
        assert (await ledger_of(house).count_sessions()) == 1


@pytest.mark.parametrize(
    ("station_id", "wanted"),
    [("garage", "chargestead:garage_1_energy"), ("cp_2", "chargestead:cp_2_1_energy")],
)
def test_a_plain_name_makes_a_plain_id(station_id: str, wanted: str) -> None:
    assert statistic_id(station_id, 1, "energy") == wanted


def test_no_two_stations_share_an_id() -> None:
    stations = ["CP-1", "CP.1", "cp 1", "cp_1", "CP_1", "Straße", "strasse", "★", "☆", "a/b", "a_b"]
    ids = {statistic_id(station_id, 1, "energy") for station_id in stations}
    assert len(ids) == len(stations)
    assert all(valid_statistic_id(one) for one in ids)
