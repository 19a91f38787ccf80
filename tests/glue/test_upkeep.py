"""Reminders, repairs, actions and sensors of maintenance."""

from collections.abc import AsyncIterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.events import StationConnected, StatusChanged
from custom_components.chargestead.model.station import ConnectorStatus
from custom_components.chargestead.repairs import async_report_maintenance

from .entity_fixtures import NOW
from .upkeep_fixtures import EVENT, OWN, UpkeepHouse, upkeep_house

pytestmark = pytest.mark.usefixtures("socket_enabled")

INSPECTION = "Electrical inspection"


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[UpkeepHouse]:
    """Return a house with an inspection that is due today, and a task of its own."""
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, "repairs", {})
    async with upkeep_house(hass, freezer, tasks=OWN) as house:
        yield house


@pytest.fixture
async def late(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[UpkeepHouse]:
    """Return a house with an inspection that was due yesterday."""
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, "repairs", {})
    inspection = {**OWN["electrical_inspection"], "first_due": "2026-10-04"}
    async with upkeep_house(
        hass, freezer, tasks={**OWN, "electrical_inspection": inspection}
    ) as house:
        yield house


def told(house: UpkeepHouse) -> tuple[str, str]:
    """Return the newest event."""
    state = house.hass.states.get(EVENT)
    assert state is not None
    return state.attributes["event_type"], state.attributes["name"]


async def test_each_stage_is_told_once(house: UpkeepHouse) -> None:
    changes = async_capture_events(house.hass, "state_changed")
    await house.pass_days(1)
    assert told(house) == ("overdue", INSPECTION)
    await house.pass_days(1)
    await house.reload()
    await house.pass_days(46)
    kinds = [
        (change.data["new_state"].attributes["event_type"],
         change.data["new_state"].attributes["name"])
        for change in changes
        if change.data["entity_id"] == EVENT
        and change.data["new_state"] is not None
        and change.data["new_state"].attributes.get("event_type")
        and change.data["new_state"].last_changed == change.data["new_state"].last_updated
    ]  # fmt: skip
    assert list(dict.fromkeys(kinds)) == [("overdue", INSPECTION), ("soon", "Wash the charger")]


# Repairs


async def fix(house: UpkeepHouse, client: Any, issue_id: str, *answers: dict[str, Any]) -> Any:  # noqa: ANN401
    """Go through the fix flow of an issue; returns the last page."""
    response = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id}
    )
    assert response.status == HTTPStatus.OK
    page = await response.json()
    for answer in answers:
        response = await client.post(f"/api/repairs/issues/fix/{page['flow_id']}", json=answer)
        assert response.status == HTTPStatus.OK, await response.text()
        page = await response.json()
    await house.settle()
    return page


async def test_what_is_overdue_is_a_repair_that_is_mended_by_doing_it(
    late: UpkeepHouse, hass_client: ClientSessionGenerator
) -> None:
    (issue,) = late.issues()
    assert issue.translation_placeholders == {"task": INSPECTION, "due": "2026-10-04"}
    assert issue.is_fixable
    client = await hass_client()
    page = await fix(late, client, issue.issue_id)
    assert (page["type"], page["menu_options"]) == ("menu", ["done", "later"])
    page = await fix(late, client, issue.issue_id, {"next_step_id": "done"})
    assert page["description_placeholders"]["task"] == INSPECTION
    page = await fix(
        late, client, issue.issue_id, {"next_step_id": "done"},
        {"result": "passed", "who": " Ann ", "note": "0.3 ohm"},
    )  # fmt: skip
    assert page["type"] == "create_entry"
    assert late.issues() == []
    (record,) = late.schedule.records
    assert (record.who, record.note, record.result) == ("Ann", "0.3 ohm", "passed")


async def test_a_check_that_failed_is_asked_for_again(
    late: UpkeepHouse, hass_client: ClientSessionGenerator
) -> None:
    (issue,) = late.issues()
    client = await hass_client()
    await fix(late, client, issue.issue_id, {"next_step_id": "done"}, {"result": "failed"})
    assert late.issues() == []
    await late.pass_days(1)
    assert [issue.translation_placeholders for issue in late.issues()] == [
        {"task": INSPECTION, "due": "2026-10-04"}
    ]


async def test_a_repair_can_wait(late: UpkeepHouse, hass_client: ClientSessionGenerator) -> None:
    (issue,) = late.issues()
    client = await hass_client()
    page = await fix(late, client, issue.issue_id, {"next_step_id": "later"})
    assert page["step_id"] == "later"
    await fix(late, client, issue.issue_id, {"next_step_id": "later"}, {"days": 3})
    assert late.issues() == []
    await late.reload()
    await late.pass_days(2)
    assert late.issues() == []
    await late.pass_days(1)
    assert len(late.issues()) == 1


@pytest.mark.parametrize("step", [None, "done", "later"])
async def test_what_was_done_elsewhere_needs_no_mending(
    house: UpkeepHouse, hass_client: ClientSessionGenerator, step: str | None
) -> None:
    await house.call("record_maintenance", task="Wash the charger")
    await house.todo("add_item", item="Hook", due_date="2026-10-01")
    issue = next(one for one in house.issues() if one.translation_placeholders)
    client = await hass_client()
    if step is None:
        response = client.post
        item = next(item for item in house.schedule.items if item.title == "Hook")
        flow = await response(
            "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id}
        )
        assert (await flow.json())["type"] == "menu"
        house.schedule.remove(item)
        assert house.issues() == []
        return
    page = await fix(house, client, issue.issue_id, {"next_step_id": step})
    item = next(item for item in house.schedule.items if item.title == "Hook")
    house.schedule.remove(item)
    answers = {"done": {"result": "done"}, "later": {"days": 2}}
    response = await client.post(f"/api/repairs/issues/fix/{page['flow_id']}", json=answers[step])
    assert (await response.json())["reason"] == "not_due"


async def test_an_issue_whose_task_is_gone_has_nothing_to_mend(
    late: UpkeepHouse, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    async_report_maintenance(late.hass, {"gone": ("Old task", "2020-01-01")})
    (issue,) = late.issues()
    page = await fix(late, client, issue.issue_id)
    assert (page["type"], page["reason"]) == ("abort", "not_due")
    page = await fix(late, client, issue.issue_id)
    assert await late.hass.config_entries.async_unload(late.entry.entry_id)
    async_report_maintenance(late.hass, {"gone": ("Old task", "2020-01-01")})
    page = await fix(late, client, issue.issue_id)
    assert page["reason"] == "not_due"
    async_report_maintenance(late.hass, {})


async def test_an_issue_of_an_entry_that_is_gone_is_gone(house: UpkeepHouse) -> None:
    await house.pass_days(1)
    assert await house.hass.config_entries.async_unload(house.entry.entry_id)
    assert house.issues() == []


# Actions


async def test_a_record_tells_when_it_is_due_next(house: UpkeepHouse) -> None:
    for task in (INSPECTION.lower(), "electrical_inspection"):
        answer = await house.call(
            "record_maintenance", task=task, at="2026-10-04 12:00", who="Ann", result="passed",
            note="Fine",
        )  # fmt: skip
        assert answer["next_due"] == "2027-10-04"
        record = answer["record"]
        assert (record["task"], record["name"]) == ("electrical_inspection", INSPECTION)
        assert (record["at"], record["station"]) == ("2026-10-04T10:00:00Z", "Garage")
        assert (record["who"], record["result"], record["note"]) == ("Ann", "passed", "Fine")
    assert told(house) == ("recorded", INSPECTION)


async def test_whoever_asks_is_who_did_it(house: UpkeepHouse, hass_admin_user: User) -> None:
    context = Context(user_id=hass_admin_user.id)
    answer = await house.call("record_maintenance", context=context, task="Wash the charger")
    assert (answer["record"]["who"], answer["next_due"]) == (hass_admin_user.name, "2026-12-05")
    answer = await house.call("record_maintenance", task="Wash the charger")
    assert answer["record"]["who"] == ""


async def test_what_was_never_planned_is_written_down_all_the_same(house: UpkeepHouse) -> None:
    answer = await house.call(
        "record_maintenance", task="New cable", device_id=house.device_id(), result="done"
    )
    assert answer["next_due"] is None
    assert (answer["record"]["task"], answer["record"]["station_id"]) == (None, "GARAGE")


async def test_a_task_of_several_stations_needs_one_of_them(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    async with upkeep_house(hass, freezer, tasks=OWN, stations=("GARAGE", "YARD")) as house:
        with pytest.raises(ServiceValidationError) as wrong:
            await house.call("record_maintenance", task=INSPECTION)
        assert wrong.value.translation_key == "station_needed"
        answer = await house.call(
            "record_maintenance", task=INSPECTION, device_id=house.device_id("YARD")
        )
        assert answer["record"]["station"] == "Yard"
        answer = await house.call(
            "record_maintenance", task="Wash the charger", device_id=house.device_id("YARD")
        )
        assert answer["record"]["station"] is None, "that is done once for the house"


async def test_nothing_is_done_in_the_future(house: UpkeepHouse) -> None:
    with pytest.raises(ServiceValidationError) as wrong:
        await house.call("record_maintenance", task=INSPECTION, at="2027-01-01")
    assert wrong.value.translation_key == "not_done_yet"


async def test_the_log_is_filtered_and_told_newest_first(house: UpkeepHouse) -> None:
    for day in (1, 2, 3):
        await house.call("record_maintenance", task=INSPECTION, at=f"2026-10-0{day} 12:00")
    await house.call("record_maintenance", task="Hook", at="2026-10-02 13:00")

    async def days(**fields: object) -> list[str]:
        answer = await house.call("get_maintenance_log", **fields)
        return [record["at"][8:10] + record["name"][0] for record in answer["records"]]

    assert await days() == ["03E", "02H", "02E", "01E"]
    assert await days(task="electrical_inspection") == ["03E", "02E", "01E"]
    assert await days(task="hook", device_id=house.device_id()) == []
    assert await days(**{"from": "2026-10-02", "to": "2026-10-03"}) == ["02H", "02E"]
    assert await days(limit=1, offset=1) == ["02H"]
    answer = await house.call("get_maintenance_log", limit=1)
    assert answer["total"] == 4
    assert [item["name"] for item in answer["due"]] == [
        "Wash the charger", "Residual current device test", INSPECTION,
    ]  # fmt: skip
    with pytest.raises(ServiceValidationError) as wrong:
        await days(**{"from": "2026-10-03", "to": "2026-10-02"})
    assert wrong.value.translation_key == "times_in_wrong_order"


async def test_the_log_is_exported_oldest_first(
    house: UpkeepHouse, hass_client_no_auth: ClientSessionGenerator, hass_read_only_user: User
) -> None:
    await house.call("record_maintenance", task="=Hook", at="2026-10-02 13:00", note="a;b")
    await house.call("record_maintenance", task=INSPECTION, at="2026-10-01 12:00", who="Ann")
    told = await house.call("export_maintenance")
    header, first, second, end = told["content"].removeprefix("\ufeff").split("\r\n")
    assert (told["records"], end) == (2, "")
    assert header == "When,Task,Charging station,Result,Who,Note,Taken back,Record"
    assert first.startswith("2026-10-01 12:00:00,Electrical inspection,Garage,done,Ann,,,")
    assert second.startswith("2026-10-02 13:00:00,'=Hook,,done,,a;b,,")
    german = (await house.call("export_maintenance", language="de"))["content"]
    assert '"a;b"' in german
    told = await house.call("export_maintenance", write_file=True)
    assert "/maintenance-" in told["url"]
    client = await hass_client_no_auth()
    response = await client.get(told["url"])
    assert response.status == HTTPStatus.OK
    with pytest.raises(Unauthorized):
        await house.call("export_maintenance", context=Context(user_id=hass_read_only_user.id))


async def test_windows_are_begun_and_ended(house: UpkeepHouse) -> None:
    here = (await house.call("begin_maintenance_window", device_id=house.device_id()))["window"]
    assert (here["stations"], here["end"]) == (["GARAGE"], None)
    everywhere = await house.call(
        "begin_maintenance_window", duration={"hours": 2}, title="Power cut", note="All"
    )
    assert everywhere["window"]["end"] == (NOW + timedelta(hours=2)).isoformat()
    house.freezer.tick(60)
    ended = await house.call("end_maintenance_window", device_id=house.device_id())
    assert [window["window_id"] for window in ended["windows"]] == [here["window_id"]]
    uid = everywhere["window"]["window_id"]
    ended = await house.call("end_maintenance_window", window_id=uid)
    assert ended["windows"][0]["title"] == "Power cut"
    for fields in ({}, {"window_id": uid}, {"device_id": house.device_id()}):
        with pytest.raises(ServiceValidationError) as wrong:
            await house.call("end_maintenance_window", **fields)
        assert wrong.value.translation_key == "no_window"
    with pytest.raises(ServiceValidationError) as wrong:
        await house.call(
            "begin_maintenance_window", start="2026-10-06 12:00", end="2026-10-06 11:00"
        )
    assert wrong.value.translation_key == "times_in_wrong_order"


# Sensors


def status(house: UpkeepHouse, status: ConnectorStatus) -> None:
    """Let the station report a status."""
    station: ChargingStation = house.entry.runtime_data.site.stations["GARAGE"]
    station.book.update_connector(1, status=status)
    site, now = house.entry.runtime_data.site, station.clock.now()
    site.publish(StatusChanged(station_id="GARAGE", at=now, connector_id=1, status=status))


async def test_availability_and_plug_cycles_are_shown_and_kept(house: UpkeepHouse) -> None:
    station: ChargingStation = house.entry.runtime_data.site.stations["GARAGE"]
    station.book.update(connected=True)
    house.entry.runtime_data.site.publish(
        StationConnected(station_id="GARAGE", at=station.clock.now())
    )
    status(house, ConnectorStatus.AVAILABLE)
    await house.settle()

    def shown(key: str) -> str:
        state = house.hass.states.get(f"sensor.garage_{key}")
        assert state is not None, key
        return state.state

    assert shown("availability_30_days") == "unknown"
    assert shown("first_time_charge_success") == "unknown"
    await house.pass_days(0.5)
    assert shown("availability_30_days") == "100.0"
    status(house, ConnectorStatus.CHARGING)
    status(house, ConnectorStatus.FAULTED)
    await house.pass_days(0.5)
    assert shown("availability_30_days") == "50.0"
    assert shown("first_time_charge_success") == "100.0"
    assert shown("plug_cycles") == "1"
    state = house.hass.states.get("sensor.garage_availability_30_days")
    assert state is not None
    hours = {key: state.attributes[key] for key in ("observed_hours", "outage_hours")}
    assert hours == {"observed_hours": 24.0, "outage_hours": 12.0}
    await house.reload()
    house.entry.runtime_data.site.stations["GARAGE"].statuses.found(1)
    await house.settle()
    assert shown("availability_30_days") == "50.0"
    assert shown("plug_cycles") == "1"


async def test_readings_do_not_make_us_count_again(house: UpkeepHouse) -> None:
    status(house, ConnectorStatus.AVAILABLE)
    await house.settle()
    house.freezer.tick(60)
    station: ChargingStation = house.entry.runtime_data.site.stations["GARAGE"]
    station.book.update(last_seen=station.clock.now(), connected=True)
    await house.settle()
    reported = {}
    for key in ("availability_30_days", "plug_cycles", "status"):
        state = house.hass.states.get(f"sensor.garage_{key}")
        assert state is not None
        reported[key] = (station.clock.now() - state.last_reported).total_seconds()
    assert reported == {"availability_30_days": 60, "plug_cycles": 60, "status": 0}
