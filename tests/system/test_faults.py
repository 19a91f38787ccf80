"""Faults of stations, from the wire to the repair issue and back."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.maintenance.faults import house_report, rule_of
from custom_components.chargestead.maintenance.faults.components import KINDS as COMPONENTS
from custom_components.chargestead.maintenance.faults.statuses import KINDS as CODES
from custom_components.chargestead.model.events import CertificateIssued
from custom_components.chargestead.model.fault import FaultKind, FaultSeverity
from tests.simulator import Car, Personality, SimulatedStation

from .fault_fixtures import Dialog, component_event, issues
from .house import GARAGE, SAMPLE_S, House

LISTED = (
    "PowerContactor",
    "RCD",
    "RCDRecloser",
    "ConnectorPlugRetentionLock",
    "CableBreakawaySensor",
    "CaseAccessSensor",
    "FloodSensor",
    "HumiditySensor",
    "TemperatureSensor",
    "ShockSensor",
    "TiltSensor",
    "OverCurrentProtection",
    "ElectricalFeed",
    "FiscalMetering",
    "TokenReader",
    "DataLink",
)


@pytest.fixture(params=["2.0.1", "2.1"])
async def later(house: House, request: pytest.FixtureRequest) -> AsyncIterator[SimulatedStation]:
    """Return a station of a later version, connected and got to know."""
    async with house.simulated(version=request.param) as station:
        await house.pass_time(20)
        yield station


@pytest.mark.parametrize("blocks", [False, True], ids=["warning", "faulted"])
async def test_each_error_code_is_an_issue_that_explains_it_until_all_is_well(
    house: House, garage: SimulatedStation, hass: HomeAssistant, *, blocks: bool
) -> None:
    codes = {code: kind for code, kind in CODES.items() if code != "Mode3Error"}
    assert len(codes) == 15
    for code, kind in codes.items():
        garage.fault(1, code, vendor_error_code="E42", info="from the maker", blocks=blocks)
        await house.pass_time(rule_of(kind).lasts_s + 2)
        (issue,) = issues(hass).values()
        assert issue.translation_key == kind.value, code
        assert issue.translation_placeholders is not None
        assert issue.translation_placeholders["station"] == GARAGE
        assert issue.translation_placeholders["code"] == f"{code} / E42"
        assert issue.translation_placeholders["info"] == "from the maker"
        assert issue.is_fixable == bool(rule_of(kind).fixes)
        assert house.state("last_fault", 0) == kind.value
        assert house.state("problem", platform="binary_sensor") == "on"
        garage.clear_fault(1)
        await house.pass_time(2)
        assert issues(hass) == {}, code
        assert house.state("last_fault", 0) == kind.value
        assert house.state("problem", platform="binary_sensor") == "off"


async def test_each_listed_component_is_an_issue_that_explains_it_until_it_is_cleared(
    house: House, later: SimulatedStation, hass: HomeAssistant
) -> None:
    for component in LISTED:
        kind = COMPONENTS[component]
        for variable, over in (
            ("Problem", {"value": "false"}),
            ("Tripped", {"value": "true", "cleared": True}),
        ):
            await component_event(later, component, variable, "true", techCode="77")
            await house.pass_time(rule_of(kind).lasts_s + 2)
            (issue,) = issues(hass).values()
            assert issue.translation_key == kind.value, component
            assert issue.translation_placeholders is not None
            assert issue.translation_placeholders["code"] == f"{component}.{variable}"
            assert house.state("problem", platform="binary_sensor") == "on"
            await component_event(later, component, variable, **over)  # type: ignore[arg-type]
            await house.pass_time(2)
            assert issues(hass) == {}, component
    assert house.state("problem", platform="binary_sensor") == "off"


async def test_what_became_well_unheard_is_found_out_by_asking(
    house: House, later: SimulatedStation, hass: HomeAssistant
) -> None:
    await component_event(later, "RCD", "Tripped", "true")
    await component_event(later, "TokenReader", "Problem", "true", evse=None)
    await house.pass_time(62)
    assert set(issues(hass)) == {"ground_failure", "reader_failure"}
    values = {"RCD": "false", "TokenReader": "true"}
    later.overrides["GetVariables"] = lambda payload: {
        "getVariableResult": [
            {
                "attributeStatus": "Accepted",
                "attributeValue": values[item["component"]["name"]],
                "component": item["component"],
                "variable": item["variable"],
            }
            if "connectorId" not in item["component"].get("evse", {})
            else {
                "attributeStatus": "UnknownComponent",
                "component": item["component"],
                "variable": item["variable"],
            }
            for item in payload["getVariableData"]
        ]
    }
    later.go_offline()
    await house.pass_time(5)
    later.go_online()
    await house.until(lambda: later.at_rest, within=300)
    await house.pass_time(65)
    assert set(issues(hass)) == {"reader_failure"}
    assert len(later.requests("GetVariables")) == 1


async def test_thresholds_of_monitors_are_issues_too(
    house: House, later: SimulatedStation, hass: HomeAssistant
) -> None:
    for component, variable in (
        ("TemperatureSensor", "Temperature"),
        ("FiscalMetering", "Count"),
        ("ElectricalFeed", "Overload"),
        ("Controller", "Fallback"),
    ):
        value = "true" if variable in {"Overload", "Fallback"} else "97"
        await component_event(later, component, variable, value, trigger="Alerting", evse=None)
        await house.pass_time(62)
        assert len(issues(hass)) == 1, component
        await component_event(
            later, component, variable, value, trigger="Alerting", evse=None, cleared=True
        )
        await house.pass_time(2)
        assert issues(hass) == {}, component


async def test_a_later_station_that_is_faulted_without_a_word_is_an_issue(
    house: House, later: SimulatedStation, hass: HomeAssistant
) -> None:
    later.fault(1, "InternalError")
    await house.pass_time(62)
    assert set(issues(hass)) == {"other_error"}
    later.clear_fault(1)
    await house.pass_time(2)
    assert issues(hass) == {}


async def test_the_severity_is_home_assistants(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    for code, expected in (
        ("LocalListConflict", ir.IssueSeverity.WARNING),
        ("WeakSignal", ir.IssueSeverity.WARNING),
        ("InternalError", ir.IssueSeverity.ERROR),
        ("GroundFailure", ir.IssueSeverity.CRITICAL),
    ):
        garage.fault(1, code, blocks=False)
        await house.pass_time(125)
        (issue,) = issues(hass).values()
        assert issue.severity is expected, code
        garage.clear_fault(1)
        await house.pass_time(2)
    assert {rule_of(kind).severity for kind in CODES.values()} == set(FaultSeverity)


async def test_a_station_that_flaps_makes_one_issue(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    happened = house.entity_id("event", "station", 0)
    before = len(house.shown(happened))
    for _ in range(30):
        garage.fault(1, "WeakSignal", blocks=False)
        await house.pass_time(5)
        garage.clear_fault(1)
        await house.pass_time(5)
    assert set(issues(hass)) == {"weak_signal"}
    assert len(house.shown(happened)) == before + 1
    (fault,) = house.site.faults.of(GARAGE)
    assert fault.count == 30


async def test_a_fault_outlives_restarts_and_is_over_when_the_station_says_so(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.fault(1, "PowerSwitchFailure", blocks=True)
    await house.pass_time(10)
    assert set(issues(hass)) == {"power_switch_failure"}
    await house.down()
    assert issues(hass) == {}
    await house.up()
    assert set(issues(hass)) == {"power_switch_failure"}
    assert house.state("last_fault", 0) == "power_switch_failure"
    assert house.state("problem", platform="binary_sensor") == "on"
    garage.clear_fault(1)
    await house.until(lambda: garage.at_rest, within=300)
    await house.pass_time(20)
    assert issues(hass) == {}
    response = await hass.services.async_call(
        "chargestead", "get_faults", {}, blocking=True, return_response=True
    )
    assert response is not None
    assert response["total"] == 1
    (told,) = response["faults"]  # type: ignore[misc]
    assert (told["kind"], told["open"], told["count"]) == ("power_switch_failure", False, 1)  # type: ignore[call-overload, index]


async def test_a_station_that_goes_takes_its_issues_with_it(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.fault(1, "GroundFailure")
    await house.pass_time(10)
    assert issues(hass)
    subentry_id = house.entry.runtime_data.coordinators[GARAGE].subentry_id
    hass.config_entries.async_remove_subentry(house.entry, subentry_id)
    await house.pass_time(1)
    assert issues(hass) == {}


async def test_a_fault_does_not_take_away_what_explains_it(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.fault(1, "GroundFailure")
    await house.pass_time(10)
    garage.go_offline()
    await house.pass_time(3700)
    assert set(issues(hass)) == {"ground_failure", "offline"}
    assert house.state("problem", platform="binary_sensor") == "on"
    assert house.state("last_fault", 0) == "offline"
    assert house.state("station", 0, platform="event") != "unavailable"


async def _issue(house: House, kind: str) -> Dialog:
    return await Dialog(house, issues(house.hass)[kind].issue_id).open()


async def test_a_restart_from_the_issue_mends_it_or_says_that_it_did_not(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.fault(1, "InternalError")
    await house.pass_time(25)
    dialog = await _issue(house, "internal_error")
    assert dialog.page["type"] == "menu"
    assert dialog.page["menu_options"] == ["restart", "enable", "fetch_log"]
    await dialog.choose("restart")
    await dialog.wait()
    assert dialog.page["step_id"] == "still_there"
    assert set(issues(hass)) == {"internal_error"}
    await dialog.submit()
    assert dialog.page["type"] == "menu"
    await dialog.choose("restart")
    garage.clear_fault(1)
    await dialog.wait()
    assert dialog.page["type"] == "create_entry"
    assert issues(hass) == {}
    assert len(garage.requests("Reset")) == 2


async def test_the_log_of_a_station_is_fetched_from_the_issue(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.fault(1, "OtherError")
    await house.pass_time(90)
    dialog = await _issue(house, "other_error")
    await dialog.choose("fetch_log")
    await dialog.wait()
    assert dialog.page["step_id"] == "log_ready"
    told = dialog.page["description_placeholders"]
    assert '<a href="/api/chargestead/logs/' in told["log"]
    assert "authSig=" in told["log"]
    stored = Path(hass.config.path(DOMAIN, "logs"))
    files = await hass.async_add_executor_job(lambda: list(stored.rglob("*.log")))
    assert [f">{path.name}</a>" in told["log"] for path in files] == [True]
    await dialog.submit()
    assert dialog.page["type"] == "menu"
    garage.go_offline()
    await house.pass_time(5)
    await dialog.choose("fetch_log")
    if dialog.page["type"] == "progress":
        await dialog.wait()
    assert dialog.page["step_id"] == "failed"
    assert "not connected" in dialog.page["description_placeholders"]["reason"]
    assert set(issues(hass)) == {"other_error"}


async def test_a_refusal_is_told_in_the_flow(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.fault(1, "ConnectorLockFailure", blocks=False)
    await house.pass_time(25)
    dialog = await _issue(house, "connector_lock_failure")
    garage.overrides["UnlockConnector"] = {"status": "UnlockFailed"}
    await dialog.choose("unlock")
    if dialog.page["type"] == "progress":
        await dialog.wait()
    assert dialog.page["step_id"] == "failed"
    assert "UnlockFailed" in dialog.page["description_placeholders"]["reason"]
    await dialog.submit()
    garage.go_offline()
    await house.pass_time(5)
    await dialog.choose("unlock")
    if dialog.page["type"] == "progress":
        await dialog.wait()
    assert "not connected" in dialog.page["description_placeholders"]["reason"]
    assert set(issues(hass)) == {"connector_lock_failure"}


async def test_the_cable_is_released_from_the_issue(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.fault(1, "ConnectorLockFailure", blocks=False)
    await house.pass_time(25)
    dialog = await _issue(house, "connector_lock_failure")
    await dialog.choose("unlock")
    garage.clear_fault(1)
    await dialog.wait()
    assert dialog.page["type"] == "create_entry"
    assert len(garage.requests("UnlockConnector")) == 1
    assert issues(hass) == {}


async def test_a_connector_out_of_service_is_put_back_from_the_issue(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    await hass.services.async_call(
        "switch",
        "turn_off",
        {"entity_id": house.entity_id("switch", "available", 0)},
        blocking=True,
    )
    await house.pass_time(86_500)
    dialog = await _issue(house, "out_of_service")
    await dialog.choose("enable")
    await dialog.wait()
    assert dialog.page["type"] == "create_entry"
    assert garage.status() == "Available"
    assert issues(hass) == {}


async def test_a_limit_that_is_ignored_is_sent_again_from_the_issue(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.plug_in(1, Car(capacity_kwh=80, soc=20))
    garage.present_card(1, "04AABBCC")
    await house.pass_time(2 * SAMPLE_S)
    garage.overrides["SetChargingProfile"] = {"status": "Accepted"}
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": house.entity_id("number", "maximum_current"), "value": 8},
        blocking=True,
    )
    await house.pass_time(600)
    assert "limit_ignored" in issues(hass)
    dialog = await _issue(house, "limit_ignored")
    await dialog.choose("send_limit")
    await dialog.wait()
    assert dialog.page["step_id"] == "still_there"
    await dialog.submit()
    del garage.overrides["SetChargingProfile"]
    await dialog.choose("send_limit")
    await dialog.wait()
    assert dialog.page["type"] == "create_entry"
    await house.pass_time(2 * SAMPLE_S)
    assert garage.current_a() == 8
    assert issues(hass) == {}


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_wrong_clock_is_set_from_the_issue_and_looked_at(
    house: House, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    async with house.simulated(version=version) as station:
        await house.pass_time(20)
        stubborn = Personality(follows_central_time=False)
        monkeypatch.setattr(station.times, "_personality", stubborn)
        station.times.offset = timedelta(hours=2)
        station.plug_in(1)
        await house.pass_time(400)
        assert "clock_wrong" in issues(hass)
        dialog = await _issue(house, "clock_wrong")
        station.overrides["SetVariables"] = station.overrides["TriggerMessage"] = {
            "status": "Rejected",
            "setVariableResult": [],
        }
        await dialog.choose("set_clock")
        if dialog.page["type"] == "progress":
            await dialog.wait()
        assert dialog.page["step_id"] in {"failed", "still_there"}
        await dialog.submit()
        station.overrides.clear()
        monkeypatch.undo()
        await dialog.choose("set_clock")
        await dialog.wait()
        assert dialog.page["type"] == "create_entry"
        assert abs(station.time() - house.clock.now()) < timedelta(seconds=5)
        assert "clock_wrong" not in issues(hass)


async def test_a_certificate_that_runs_out_is_renewed_from_the_issue(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    report = house_report(FaultKind.STATION_CERTIFICATE_EXPIRING, "2026-10-12")
    house.site.faults.report(GARAGE, report)
    dialog = await _issue(house, "station_certificate_expiring")
    garage.overrides["ExtendedTriggerMessage"] = {"status": "NotImplemented"}
    await dialog.choose("renew_certificate")
    if dialog.page["type"] == "progress":
        await dialog.wait()
    assert dialog.page["step_id"] == "failed"
    await dialog.submit()
    garage.overrides["ExtendedTriggerMessage"] = {"status": "Accepted"}
    await dialog.choose("renew_certificate")
    await dialog.wait()
    assert dialog.page["step_id"] == "still_there", "nothing came of it"
    await dialog.submit()
    del garage.overrides["ExtendedTriggerMessage"]
    signing = house.station()._tasks
    house.clock.add_probe("the authority, which signs in a thread", lambda: bool(signing))
    await dialog.choose("renew_certificate")
    await dialog.wait()
    house.clock.add_probe("the authority, which signs in a thread", lambda: False)
    assert dialog.page["type"] == "create_entry"
    assert house.told(CertificateIssued)
    assert issues(hass) == {}


async def test_what_only_happened_is_seen_to_by_a_person(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    await garage.security_event("TamperDetectionActivated")
    await house.pass_time(2)
    dialog = await _issue(house, "tampering")
    await dialog.choose("acknowledge")
    assert dialog.page["type"] == "create_entry"
    assert issues(hass) == {}
    await house.down()
    await house.up()
    assert issues(hass) == {}


async def test_an_issue_that_was_over_before_anything_was_chosen_says_so(
    house: House, garage: SimulatedStation, hass: HomeAssistant
) -> None:
    garage.fault(1, "ReaderFailure", blocks=False)
    await house.pass_time(62)
    dialog = await _issue(house, "reader_failure")
    garage.clear_fault(1)
    await house.pass_time(2)
    await dialog.choose("restart")
    assert (dialog.page["type"], dialog.page["reason"]) == ("abort", "already_over")
    assert garage.requests("Reset") == []
    assert issues(hass) == {}
