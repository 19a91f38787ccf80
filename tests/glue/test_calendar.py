"""The calendar of maintenance."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.chargestead.maintenance.availability import WindowOrigin

from .entity_fixtures import house_with
from .upkeep_fixtures import CALENDAR, UpkeepHouse, upkeep_house

pytestmark = pytest.mark.usefixtures("socket_enabled")

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[UpkeepHouse]:
    """Return a house with two stations whose inspection is due today."""
    async with upkeep_house(hass, freezer, stations=("GARAGE", "GARAGE 2")) as house:
        yield house


async def plan(house: UpkeepHouse, title: str, start: str, end: str, **more: str) -> None:
    """Plan a window in the calendar."""
    await house.call(
        "create_event", domain="calendar", response=False, entity_id=CALENDAR, summary=title,
        start_date_time=start, end_date_time=end, **more,
    )  # fmt: skip


async def test_the_calendar_of_the_house(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, freezer: FrozenDateTimeFactory,
    snapshot: SnapshotAssertion,
) -> None:  # fmt: skip
    freezer.move_to(datetime(2026, 10, 5, tzinfo=UTC))
    async with house_with(hass, Platform.CALENDAR) as house:
        await snapshot_platform(hass, entity_registry, snapshot, house.entry.entry_id)


async def test_due_dates_are_whole_days(house: UpkeepHouse) -> None:
    events = await house.events(OCTOBER, 31)
    assert [(event["summary"], event["start"], event["end"]) for event in events] == [
        ("Electrical inspection · Garage", "2026-10-05", "2026-10-06"),
        ("Electrical inspection · Garage 2", "2026-10-05", "2026-10-06"),
    ]
    state = house.hass.states.get(CALENDAR)
    assert state is not None
    assert state.state == "on"
    assert await house.events(datetime(2026, 11, 1, tzinfo=UTC), 30) == []


async def test_a_window_is_planned_for_the_stations_in_its_title(house: UpkeepHouse) -> None:
    await plan(house, "Electrician at garage 2", "2026-10-07 08:00", "2026-10-07 12:00")
    await plan(house, "Power cut", "2026-10-08 08:00", "2026-10-08 12:00", description="All day")
    windows = {window.title: window for window in house.upkeep.windows.all.values()}
    assert windows["Electrician at garage 2"].stations == {"GARAGE 2"}
    assert windows["Electrician at garage 2"].origin is WindowOrigin.CALENDAR
    assert windows["Electrician at garage 2"].start == datetime(2026, 10, 7, 6, tzinfo=UTC)
    assert windows["Power cut"].stations == frozenset()
    events = await house.events(datetime(2026, 10, 6, tzinfo=UTC), 5)
    assert [event["summary"] for event in events] == [
        "Electrician at garage 2 · Garage 2", "Power cut",
    ]  # fmt: skip


async def test_a_window_may_be_whole_days(house: UpkeepHouse) -> None:
    await house.call(
        "create_event", domain="calendar", response=False, entity_id=CALENDAR,
        summary="Renovation", start_date="2026-10-24", end_date="2026-10-26",
    )  # fmt: skip
    (window,) = house.upkeep.windows.all.values()
    assert window.end is not None
    assert (window.end - window.start).total_seconds() / 3600 == 49, "clocks go back that night"


async def test_a_window_is_changed_and_taken_back(
    house: UpkeepHouse, hass_ws_client: WebSocketGenerator
) -> None:
    await plan(house, "Garage: new cable", "2026-10-07 08:00", "2026-10-07 12:00")
    (window,) = house.upkeep.windows.all.values()
    client = await hass_ws_client(house.hass)
    event = {
        "summary": "Garage: new cable · Garage",
        "dtstart": "2026-10-09T08:00:00+02:00",
        "dtend": "2026-10-09T10:00:00+02:00",
        "description": "Later",
    }
    change = {"type": "calendar/event/update", "entity_id": CALENDAR, "uid": window.uid}
    await client.send_json_auto_id({**change, "event": event})
    assert (await client.receive_json())["success"]
    changed = house.upkeep.windows.all[window.uid]
    assert changed.start == datetime(2026, 10, 9, 6, tzinfo=UTC)
    assert (changed.title, changed.note) == ("Garage: new cable", "Later")
    assert changed.stations == {"GARAGE"}
    await client.send_json_auto_id({**change, "event": {**event, "summary": "Everything"}})
    assert (await client.receive_json())["success"]
    assert house.upkeep.windows.all[window.uid].stations == frozenset()
    await client.send_json_auto_id(
        {"type": "calendar/event/delete", "entity_id": CALENDAR, "uid": window.uid}
    )
    assert (await client.receive_json())["success"]
    assert house.upkeep.windows.all == {}


async def test_due_dates_are_not_changed_here_and_windows_do_not_recur(
    house: UpkeepHouse, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(house.hass)
    uid = house.schedule.items[0].uid
    await client.send_json_auto_id(
        {"type": "calendar/event/delete", "entity_id": CALENDAR, "uid": uid}
    )
    assert not (await client.receive_json())["success"]
    calendar = house.hass.data["calendar"].get_entity(CALENDAR)
    with pytest.raises(ServiceValidationError) as wrong:
        await calendar.async_create_event(
            summary="x", dtstart=OCTOBER, dtend=OCTOBER, rrule="FREQ=DAILY"
        )
    assert wrong.value.translation_key == "window_recurs"


async def test_a_window_without_an_end_is_on_and_one_by_the_switch_is_not_shown(
    house: UpkeepHouse,
) -> None:
    await house.call("begin_maintenance_window", title="Open heart")
    house.upkeep.windows.switched("GARAGE", None, operative=False)
    await house.settle()
    events = await house.events(OCTOBER, 31)
    assert [event["summary"] for event in events][-1] == "Open heart"
    assert len(events) == 3
    house.freezer.move_to(datetime(2026, 10, 20, tzinfo=UTC))
    shown = await house.events(datetime(2026, 10, 20, tzinfo=UTC), 1)
    assert [event["summary"] for event in shown] == ["Open heart"]
