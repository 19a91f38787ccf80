"""What may come between while a fault is looked at and mended, and the action that tells of faults."""

from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from custom_components.chargestead import log_files
from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.fault_issues import ATTR_FAULT, ATTR_STATION
from custom_components.chargestead.maintenance.faults import VendorCodes, house_report
from custom_components.chargestead.model.fault import FaultKind
from custom_components.chargestead.repairs import async_create_fix_flow
from tests.simulator import ManualClock, SimulatedStation

from .fault_fixtures import Dialog, issues
from .house import GARAGE, House, house_in


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow the heartbeat timer of a web socket that was torn off, which fires once into the void."""
    return True


async def issue_of(house: House, kind: str) -> Dialog:
    """Open the dialog of an issue."""
    return await Dialog(house, issues(house.hass)[kind].issue_id).open()


async def told(house: House, **fields: object) -> list[Any]:
    """Return the faults that the action finds."""
    response = await house.hass.services.async_call(
        DOMAIN, "get_faults", fields, blocking=True, return_response=True
    )
    assert response is not None
    found: Any = response["faults"]
    assert response["total"] == len(found)
    return list(found)


def is_over_already(dialog: Dialog) -> bool:
    """Tell whether a dialog ended because there is nothing left to mend."""
    return (dialog.page["type"], dialog.page.get("reason")) == ("abort", "already_over")


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("fix", ["restart", "fetch_log"])
async def test_a_house_that_is_taken_down_ends_the_dialog(
    house: House, garage: SimulatedStation, fix: str, *, answered: bool
) -> None:
    garage.fault(1, "InternalError")
    await house.pass_time(90)
    dialog = await issue_of(house, "internal_error")
    garage.overrides["GetDiagnostics"] = {}
    await dialog.choose(fix)
    assert dialog.page["type"] == "progress"
    if answered:
        await house.clock.advance(1)
    await house.down()
    await dialog.submit()
    assert is_over_already(dialog)


async def test_a_log_that_does_not_come_is_not_waited_for_for_ever(
    house: House, garage: SimulatedStation
) -> None:
    garage.fault(1, "OtherError")
    await house.pass_time(90)
    dialog = await issue_of(house, "other_error")
    garage.overrides["GetDiagnostics"] = {}
    with patch.object(log_files, "_LOG_S", 0):
        await dialog.choose("fetch_log")
        await dialog.wait()
    assert dialog.page["step_id"] == "failed"
    assert "did not answer log upload" in dialog.page["description_placeholders"]["reason"]
    await dialog.submit()
    assert dialog.page["type"] == "menu"


async def test_why_a_station_brings_no_log_is_told(house: House, garage: SimulatedStation) -> None:
    garage.fault(1, "OtherError")
    await house.pass_time(90)
    dialog = await issue_of(house, "other_error")
    garage.overrides["GetDiagnostics"] = {}
    await dialog.choose("fetch_log")
    await house.until(lambda: garage.requests("GetDiagnostics"), within=10)
    await garage.send("DiagnosticsStatusNotification", {"status": "UploadFailed"})
    await dialog.wait()
    assert dialog.page["step_id"] == "failed"
    assert "UploadFailed" in dialog.page["description_placeholders"]["reason"]


async def test_nothing_is_asked_of_a_station_that_was_removed_meanwhile(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.fault(1, "OtherError")
    await house.pass_time(90)
    dialogs = [await issue_of(house, "other_error") for _ in range(2)]
    subentry_id = house.entry.runtime_data.coordinators[GARAGE].subentry_id
    hass.config_entries.async_remove_subentry(house.entry, subentry_id)
    await house.pass_time(1)
    for dialog, fix in zip(dialogs, ("fetch_log", "restart"), strict=True):
        await dialog.choose(fix)
        assert is_over_already(dialog)
    assert garage.requests("GetDiagnostics") == garage.requests("Reset") == []


async def test_a_replaced_meter_is_taken_as_such(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    house.site.faults.report(GARAGE, house_report(FaultKind.METER_REPLACED))
    await house.pass_time(1)
    dialog = await issue_of(house, "meter_replaced")
    assert dialog.page["menu_options"] == ["accept_meter"]
    await dialog.choose("accept_meter")
    assert dialog.page["type"] == "create_entry"
    assert issues(hass) == {}
    assert garage.requests("Reset") == []


@pytest.mark.usefixtures("garage")
async def test_an_issue_whose_fault_is_over_says_so(hass: HomeAssistant) -> None:
    data: dict[str, str | int | float | None] = {ATTR_FAULT: "gone", ATTR_STATION: GARAGE}
    flow = await async_create_fix_flow(hass, "fault/gone", data)
    flow.hass, flow.handler, flow.flow_id = hass, DOMAIN, "1"
    page = await flow.async_step_init()  # type: ignore[attr-defined]
    assert (page["type"], page["reason"]) == ("abort", "already_over")


async def test_without_the_codes_of_vendors_a_house_is_set_up_all_the_same(
    hass: HomeAssistant, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    with patch.object(VendorCodes, "load", side_effect=OSError("gone")):
        async with house_in(hass, clock) as house, house.simulated() as station:
            await house.pass_time(20)
            station.fault(1, "OtherError", vendor_error_code="E1")
            await house.pass_time(90)
            assert set(issues(hass)) == {"other_error"}
    assert "The codes of vendors cannot be read" in caplog.text


async def test_faults_are_told_by_station_connector_time_and_whether_they_are_open(
    house: House,
) -> None:
    async with house.simulated(connectors=2) as station:
        await house.pass_time(20)
        station.fault(2, "GroundFailure")
        await house.pass_time(10)
        noon = house.clock.now()
        station.fault(1, "PowerSwitchFailure")
        await house.pass_time(10)
        station.clear_fault(2)
        await house.pass_time(10)
        device_id, connector_id = devices(house)
        both = ["power_switch_failure", "ground_failure"]
        for fields, kinds in (
            ({}, both),
            ({"device_id": device_id}, both),
            ({"device_id": connector_id}, both[1:]),
            ({"device_id": connector_id, "connector_id": 1}, both[:1]),
            ({"connector_id": 2}, both[1:]),
            ({"open": True}, both[:1]),
            ({"open": False}, both[1:]),
            ({"from": noon}, both[:1]),
            ({"device_id": device_id, "connector_id": 3}, []),
        ):
            assert [item["kind"] for item in await told(house, **fields)] == kinds, fields
        [first] = await told(house, connector_id=2)
        assert (first["station_id"], first["station"]) == (GARAGE, GARAGE)
        assert first["over_at"] is not None


def devices(house: House) -> tuple[str, str]:
    """Return the device of the station, and that of its second connector."""
    registry = er.async_get(house.hass)
    found = [
        registry.async_get(house.entity_id(platform, key, connector))
        for platform, key, connector in (("event", "station", 0), ("sensor", "status", 2))
    ]
    station, connector = [entry.device_id for entry in found if entry is not None]
    assert station is not None
    assert connector is not None
    return station, connector
