"""Faults: who is told of what, and when it is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.chargestead.maintenance.faults import (
    RULES,
    Report,
    VendorCodes,
    rule_of,
    vendors,
)
from custom_components.chargestead.maintenance.faults.components import KINDS as COMPONENTS
from custom_components.chargestead.maintenance.faults.security import KINDS as SECURITY
from custom_components.chargestead.maintenance.faults.statuses import KINDS as CODES
from custom_components.chargestead.model.events import HealthChanged, StationBooted
from custom_components.chargestead.model.fault import (
    FaultFix,
    FaultKind,
    FaultSeverity,
    FaultSource,
)
from custom_components.chargestead.model.health import Finding, FindingSeverity, HealthMetric
from custom_components.chargestead.model.station import StationIdentity

from .fault_fixtures import CONNECTED, STATION, FaultDesk

DAY = 86_400
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
async def desk() -> FaultDesk:
    """Return a desk with one station that is connected."""
    return await FaultDesk().open()


def test_there_is_a_rule_for_every_kind() -> None:
    assert set(RULES) == set(FaultKind)
    for kind, rule in RULES.items():
        assert rule.times >= 1
        assert rule.momentary or FaultFix.ACCEPT_METER not in rule.fixes, kind


def test_the_page_about_faults_names_them_all() -> None:
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    house = {"certificate_expired", "certificate_expiring", "ledger_full", "ledger_unwritable"}
    assert {kind.value for kind in FaultKind if f"`{kind.value}`" not in page} <= house
    for code in (*CODES, *COMPONENTS):
        assert f"`{code}`" in page, code


def test_what_endangers_people_is_not_restarted_from_afar() -> None:
    for kind, rule in RULES.items():
        if rule.severity is FaultSeverity.CRITICAL:
            assert set(rule.fixes) <= {FaultFix.ACKNOWLEDGE}, kind


@pytest.mark.parametrize("code", sorted(CODES))
async def test_every_error_code_is_told_once_it_lasts_and_closed_when_all_is_well(
    desk: FaultDesk, code: str
) -> None:
    desk.raised(code, vendor_error_code="E7", info="detail")
    kind = CODES[code]
    assert desk.told == []
    desk.clock.advance(rule_of(kind).lasts_s + 1)
    fault = desk.open_faults[kind.value]
    assert (fault.connector_id, fault.code, fault.vendor_code) == (1, code, "E7")
    assert (fault.info, fault.severity, fault.count) == ("detail", rule_of(kind).severity, 1)
    desk.cleared(code)
    assert desk.words == [("noticed", kind.value), ("closed", kind.value)]
    assert not desk.open_faults
    (kept,) = await desk.faults.history()
    assert not kept.active
    assert kept.closed_at == desk.clock.now()
    assert desk.faults.newest(STATION) == kept


async def test_a_fault_that_heals_in_seconds_is_kept_and_nobody_is_told(desk: FaultDesk) -> None:
    desk.raised("InternalError")
    desk.clock.advance(5)
    desk.cleared("InternalError")
    desk.clock.advance(3600)
    assert desk.told == []
    assert desk.faults.newest(STATION) is None
    (kept,) = await desk.faults.history()
    assert (kept.kind, kept.noticed, kept.active) == (FaultKind.INTERNAL_ERROR, False, False)


async def test_one_that_comes_three_times_a_day_is_told_and_over_after_a_day_of_peace(
    desk: FaultDesk,
) -> None:
    for hours in (0, 5, 10):
        desk.clock.go_to(hours * 3600)
        desk.raised("InternalError")
        desk.clock.advance(2)
        desk.cleared("InternalError")
    assert desk.words == [("noticed", "internal_error")]
    assert desk.open_faults["internal_error"].count == 3
    desk.clock.go_to(23 * 3600)
    assert desk.words == [("noticed", "internal_error")]
    desk.clock.go_to(10 * 3600 + DAY + 10)
    assert desk.words[1:] == [("closed", "internal_error")]
    (kept,) = await desk.faults.history()
    assert kept.count == 3


async def test_three_times_in_two_days_is_not_often(desk: FaultDesk) -> None:
    for hours in (0, 20, 40, 60):
        desk.clock.go_to(hours * 3600)
        desk.raised("InternalError")
        desk.clock.advance(2)
        desk.cleared("InternalError")
    assert desk.told == []


async def test_the_same_said_a_thousand_times_is_one_fault_and_few_writes(desk: FaultDesk) -> None:
    desk.raised("GroundFailure")
    desk.clock.advance(10)
    for _ in range(1000):
        desk.repeated("GroundFailure")
        desk.clock.advance(1)
    assert desk.words == [("noticed", "ground_failure")]
    assert desk.open_faults["ground_failure"].count == 1001
    assert desk.journal.writes <= 3 + 1000 / 60
    assert len(await desk.faults.history()) == 1


async def test_a_station_with_ever_new_codes_fills_neither_memory_nor_patience(
    desk: FaultDesk,
) -> None:
    for number in range(2000):
        desk.raised(f"Code{number}", vendor_error_code="x" * 10_000)
        desk.cleared(f"Code{number}")
    assert len(desk.faults._stations[STATION].records) == 100
    for number in range(1, 201):
        desk.raised("InternalError", number)
    assert len(desk.faults._stations[STATION].records) == 100
    assert desk.faults.left_out == 100
    assert len(desk.journal.entries) <= 200
    assert desk.faults.diagnostics()["left_out"] > 1500  # type: ignore[operator]
    desk.clock.advance(25)
    assert len(desk.told) == 100, "those that hold are told of all the same"
    assert len(desk.journal.entries) <= 300
    assert all(len(fault.key) < 400 for fault in desk.faults.active(STATION))


async def test_a_code_nobody_knows_is_a_fault_that_names_it(desk: FaultDesk) -> None:
    desk.raised("FluxCapacitorDry")
    desk.clock.advance(61)
    assert desk.open_faults["unknown_error"].code == "FluxCapacitorDry"


@pytest.mark.parametrize("code", ["NoError", "noError", "NO_ERROR", "No error"])
async def test_no_error_in_any_spelling_is_no_fault(desk: FaultDesk, code: str) -> None:
    desk.raised(code)
    desk.clock.advance(DAY)
    assert desk.told == []


async def test_what_a_station_says_of_itself_and_of_its_connector_is_one_fault(
    desk: FaultDesk,
) -> None:
    desk.raised("InternalError", 0)
    desk.raised("InternalError", 1)
    desk.raised("ReaderFailure", 2)
    desk.clock.advance(100)
    assert [fault.connector_id for fault in desk.faults.of(STATION)] == [0, 2]
    desk.cleared("InternalError", 0)
    desk.cleared("InternalError", 1)
    assert set(desk.open_faults) == {"reader_failure"}


async def test_another_vendor_code_is_another_fault(desk: FaultDesk) -> None:
    desk.raised("OtherError", vendor_error_code="E1")
    desk.clock.advance(100)
    desk.cleared("OtherError")
    desk.raised("OtherError", vendor_error_code="E2")
    desk.clock.advance(100)
    assert [fault.vendor_code for fault in desk.faults.of(STATION)] == ["E2"]
    assert len(await desk.faults.history()) == 2


async def test_codes_of_the_vendor_say_what_a_vague_code_means() -> None:
    codes = VendorCodes.read(
        {
            "vendors": [
                {
                    "names": ["Elektro"],
                    "codes": [{"code": "E7", "kind": "water_inside", "text": "Flooded"}],
                },
                {
                    "names": ["elektro"],
                    "models": ["Wall 11"],
                    "codes": [{"code": "e8", "kind": "tilted"}],
                },
            ]
        }
    )
    desk = await FaultDesk(codes).open()
    desk.raised("OtherError", vendor_error_code="e7", info="ch 3")
    desk.raised("HighTemperature", 2, vendor_error_code="E7")
    desk.raised("InternalError", 0, vendor_error_code="E8")
    desk.clock.advance(100)
    assert set(desk.open_faults) == {"water_inside", "high_temperature", "tilted"}
    assert desk.open_faults["water_inside"].info == "Flooded (ch 3)"


def test_the_codes_that_come_with_the_house_can_be_read_and_name_their_source() -> None:
    codes = VendorCodes.load()
    assert len(codes) >= 20
    content = json.loads(vendors._FILE.read_text(encoding="utf-8"))
    for vendor in content["vendors"]:
        assert set(vendor) <= {"names", "models", "codes", "source"}
        assert vendor["source"]
        assert vendor["names"]
        for code in vendor["codes"]:
            assert set(code) <= {"code", "kind", "text"}
            assert FaultKind(code["kind"]) in RULES


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"vendors": [{"codes": []}]},
        {"vendors": [{"names": "one", "codes": []}]},
        {"vendors": [{"names": ["one"], "codes": "x"}]},
        {"vendors": [{"names": ["one"], "codes": [{"code": "1", "kind": "nonsense"}]}]},
        {"vendors": [{"names": ["one", "ONE"], "codes": [{"code": "1", "kind": "tilted"}]}]},
    ],
)
def test_codes_that_cannot_be_understood_are_refused(content: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        VendorCodes.read(content)


async def test_codes_of_any_vendor_are_understood_in_every_version() -> None:
    desk = await FaultDesk(VendorCodes.load()).open()
    desk.raised("OtherError", vendor_error_code="CX017", vendor_id="https://chargex.inl.gov")
    desk.raised("OtherError", 2, vendor_error_code="X9, cx026")
    desk.component("EVSE", "Problem", "true", tech_code="CX019", tech_info="92 degrees")
    desk.clock.advance(61)
    assert set(desk.open_faults) == {"power_switch_failure", "cable_torn_off", "high_temperature"}
    info = desk.open_faults["high_temperature"].info
    assert info == "Cable too hot, charging stopped (CX019, 92 degrees)"


async def test_what_holds_is_taken_up_again_after_a_restart_and_told_only_once(
    desk: FaultDesk,
) -> None:
    desk.raised("GroundFailure")
    desk.clock.advance(1)
    desk.raised("ReaderFailure", 2)
    desk.clock.advance(10)
    before = desk.open_faults["ground_failure"]
    await desk.restart()
    assert desk.open_faults["ground_failure"] == before
    assert desk.words == [("noticed", "ground_failure")]
    desk.clock.advance(60)
    assert desk.words == [("noticed", "ground_failure"), ("noticed", "reader_failure")]
    desk.cleared("GroundFailure")
    desk.cleared("ReaderFailure", 2)
    assert not desk.open_faults
    await desk.restart()
    assert not desk.open_faults
    newest = desk.faults.newest(STATION)
    assert newest is not None
    assert newest.kind is FaultKind.READER_FAILURE


async def test_what_came_twice_before_a_restart_is_told_when_it_comes_after(
    desk: FaultDesk,
) -> None:
    for _ in range(2):
        desk.raised("WeakSignal")
        desk.clock.advance(3)
        desk.cleared("WeakSignal")
        desk.clock.advance(100)
    await desk.restart()
    assert desk.told == []
    desk.raised("WeakSignal")
    assert desk.words == [("noticed", "weak_signal")]


async def test_a_page_that_cannot_be_read_is_counted_and_the_rest_taken_up(desk: FaultDesk) -> None:
    desk.raised("GroundFailure")
    desk.raised("ReaderFailure", 2)
    desk.clock.advance(100)
    broken = next(key for key in desk.journal.entries if "Reader" in key[1])
    for content in ({}, {"kind": "nonsense"}, {"key": None, "kind": 5}):
        desk.journal.entries[broken] = replace(desk.journal.entries[broken], content=content)
        await desk.restart()
        assert set(desk.open_faults) == {"ground_failure"}
        assert desk.faults.unreadable >= 1


async def test_a_fault_seen_to_is_closed_and_told_again_only_when_it_comes_anew(
    desk: FaultDesk,
) -> None:
    desk.component("TiltSensor", "Tripped", "true")
    desk.clock.advance(10)
    fault = desk.open_faults["tilted"]
    desk.faults.settle(STATION, fault.key)
    assert desk.words == [("noticed", "tilted"), ("closed", "tilted")]
    desk.component("TiltSensor", "Tripped", "true")
    desk.clock.advance(100)
    await desk.restart()
    desk.component("TiltSensor", "Tripped", "true")
    desk.clock.advance(100)
    assert len(desk.told) == 2
    assert [item.kind for item in desk.faults.active(STATION)] == [FaultKind.TILTED]
    desk.component("TiltSensor", "Tripped", "false")
    assert desk.faults.active(STATION) == ()
    desk.component("TiltSensor", "Tripped", "true")
    desk.clock.advance(10)
    assert desk.words[2:] == [("noticed", "tilted")]


@pytest.mark.parametrize("component", sorted(COMPONENTS))
@pytest.mark.parametrize(
    ("variable", "on", "off"),
    [
        ("Problem", {"value": "true"}, {"value": "false"}),
        ("Tripped", {"value": "True", "trigger": "Alerting"}, {"value": "true", "cleared": True}),
    ],
)
async def test_every_component_is_told_and_cleared(
    desk: FaultDesk,
    component: str,
    variable: str,
    on: dict[str, object],
    off: dict[str, object],
) -> None:
    desk.component(component, variable, **on)  # type: ignore[arg-type]
    desk.clock.advance(61)
    kind = COMPONENTS[component]
    if kind is FaultKind.LOCAL_LIST_CONFLICT:
        desk.clock.advance(120)
    assert desk.open_faults[kind.value].code == f"{component}.{variable}"
    assert desk.open_faults[kind.value].source is FaultSource.COMPONENT
    desk.component(component, variable, **off)  # type: ignore[arg-type]
    assert not desk.faults.active(STATION)
    if not rule_of(kind).momentary:
        assert desk.words == [("noticed", kind.value), ("closed", kind.value)]


@pytest.mark.parametrize(
    ("component", "variable", "value", "trigger", "kind"),
    [
        ("Fan", "Problem", "true", "Delta", "component_problem"),
        ("Controller", "Fallback", "true", "Delta", "fallback_mode"),
        ("PowerContactor", "Overload", "true", "Delta", "over_current_failure"),
        ("TemperatureSensor", "Temperature", "91.5", "Alerting", "high_temperature"),
        ("FiscalMetering", "Count", "12", "Alerting", "power_meter_failure"),
        ("rcd", "Tripped", "1", "Delta", "ground_failure"),
    ],
)
async def test_variables_say_what_is_wrong(
    desk: FaultDesk, component: str, variable: str, value: str, trigger: str, kind: str
) -> None:
    desk.component(component, variable, value, trigger=trigger)
    desk.clock.advance(61)
    assert set(desk.open_faults) == {kind}


@pytest.mark.parametrize(
    ("component", "variable", "value", "trigger"),
    [
        ("TemperatureSensor", "Temperature", "91.5", "Periodic"),
        ("FiscalMetering", "Count", "12", "Delta"),
        ("Connector", "AvailabilityState", "Faulted", "Alerting"),
        ("RCD", "Tripped", "", "Delta"),
        ("RCD", "Tripped", None, "Periodic"),
        ("RCD", "Tripped", "maybe", "Alerting"),
    ],
)
async def test_plain_values_are_no_faults(
    desk: FaultDesk, component: str, variable: str, value: str | None, trigger: str
) -> None:
    desk.component(component, variable, value, trigger=trigger)
    desk.clock.advance(DAY)
    assert desk.told == []


@pytest.mark.parametrize(
    ("severity", "expected"),
    [(0, "critical"), (3, "critical"), (4, "error"), (6, "warning"), (9, "info"), (42, "warning")],
)
async def test_a_monitor_says_how_bad_it_is(desk: FaultDesk, severity: int, expected: str) -> None:
    desk.component("Fan", "Problem", "true", severity=severity)
    desk.clock.advance(300)
    assert desk.open_faults["component_problem"].severity.value == expected


async def test_a_component_that_tells_of_itself_is_not_told_of_by_its_connector_too(
    desk: FaultDesk,
) -> None:
    desk.component("RCD", "Tripped", "true")
    desk.raised("RCD.Tripped", 1)
    desk.clock.advance(100)
    assert set(desk.open_faults) == {"ground_failure"}
    desk.component("RCD", "Tripped", "false")
    desk.cleared("RCD.Tripped", 1)
    assert not desk.open_faults


@pytest.mark.parametrize("event", sorted(SECURITY))
async def test_security_events_that_matter_are_told_until_they_are_seen_to(
    desk: FaultDesk, event: str
) -> None:
    kind = SECURITY[event]
    if kind is None:
        desk.security(event)
        desk.clock.advance(DAY)
        assert desk.told == []
        return
    for _ in range(rule_of(kind).times):
        assert desk.told == []
        desk.security(event)
    assert set(desk.open_faults) == {kind.value}
    await desk.restart()
    desk.faults.settle(STATION, desk.open_faults[kind.value].key)
    assert desk.words == [("noticed", kind.value), ("closed", kind.value)]


async def test_what_only_happened_is_forgotten_after_a_week(desk: FaultDesk) -> None:
    desk.security("TamperDetectionActivated")
    desk.security("SomethingNew")
    desk.clock.advance(6 * DAY)
    assert set(desk.open_faults) == {"tampering", "security_event"}
    desk.clock.advance(DAY + 2)
    assert not desk.open_faults


async def test_the_history_can_be_asked_for_by_station_and_time(desk: FaultDesk) -> None:
    desk.raised("GroundFailure")
    desk.clock.advance(100)
    later = desk.clock.now()
    desk.raised("ReaderFailure", 2)
    desk.repeated("ReaderFailure", 2)
    found = await desk.faults.history(station_id=STATION)
    assert [fault.code for fault in found] == ["ReaderFailure", "GroundFailure"]
    assert found[0].count == 2, "what waits to be written is there too"
    assert [item.code for item in await desk.faults.history(since=later)] == ["ReaderFailure"]
    assert await desk.faults.history(station_id="ELSE") == []
    assert len(await desk.faults.history(limit=1)) == 1


async def test_a_station_that_is_gone_is_followed_no_more(desk: FaultDesk) -> None:
    heard: list[str | None] = []
    stop = desk.faults.subscribe(heard.append)
    desk.raised("GroundFailure")
    desk.clock.advance(10)
    desk.faults.forget(STATION)
    assert desk.faults.of(STATION) == ()
    assert desk.faults.newest(STATION) is None
    heard_before = len(heard)
    desk.raised("ReaderFailure")
    desk.clock.advance(100)
    assert len(heard) == heard_before
    stop()
    stop()
    desk.faults.forget("NEVER")
    desk.faults.settle("NEVER", "x")
    desk.faults.over("NEVER", "x")
    desk.faults.end("NEVER", FaultKind.OFFLINE)


async def test_faults_of_the_house_are_told_at_once_and_judged_anew_after_a_restart(
    desk: FaultDesk,
) -> None:
    report = Report(kind=FaultKind.LEDGER_FULL, source=FaultSource.WATCH, code="ledger_full")
    desk.faults.report(None, report)
    desk.faults.report(None, report)
    (fault,) = desk.faults.of(None)
    assert (fault.station_id, fault.count) == (None, 1)
    await desk.restart()
    assert desk.faults.of(None) == ()
    assert all(item.closed_at for item in await desk.faults.history())
    desk.faults.report(None, report)
    desk.faults.over(None, report.key)
    assert desk.faults.of(None) == ()


async def test_diagnostics_tell_what_is_followed(desk: FaultDesk) -> None:
    desk.raised("GroundFailure")
    assert desk.faults.diagnostics() == {
        "unreadable": 0,
        "left_out": 0,
        "vendor_codes": 0,
        "followed": {STATION: [["ground_failure", 1, 1, True, False]]},
    }


async def test_a_clock_that_is_set_back_disturbs_nothing(desk: FaultDesk) -> None:
    desk.raised("GroundFailure")
    desk.clock.seconds -= 7200
    desk.repeated("GroundFailure")
    desk.cleared("GroundFailure")
    desk.clock.seconds += 3 * 7200
    desk.clock.advance(DAY)
    assert not desk.faults.active(STATION)
    assert desk.told == []


async def test_boots_that_come_often_are_told(desk: FaultDesk) -> None:
    for _ in range(5):
        assert desk.told == []
        for _ in range(3):
            desk.say(StationBooted(**desk.now(), identity=StationIdentity(), reason="PowerUp"))  # type: ignore[arg-type]
        desk.clock.advance(300)
    assert desk.open_faults["boots_often"].info == "PowerUp"
    desk.clock.advance(3600)
    assert not desk.open_faults
    assert desk.state is CONNECTED
    assert desk.told[-1].fault.closed_at is not None
    assert desk.told[-1].fault.closed_at - desk.told[-1].fault.last_at >= timedelta(hours=1)


def found(
    metric: HealthMetric, severity: FindingSeverity | None, phase: int | None = None
) -> HealthChanged:
    """Return what readings tell of a connector."""
    finding = severity and Finding(
        station_id=STATION,
        connector_id=1,
        metric=metric,
        severity=severity,
        since=BEGIN,
        value=0.7,
        baseline=0.35,
        phase=phase,
    )
    return HealthChanged(
        station_id=STATION,
        at=BEGIN,
        connector_id=1,
        metric=metric,
        phase=phase,
        finding=finding or None,
    )


@pytest.mark.parametrize(
    "metric", [metric for metric in HealthMetric if metric is not HealthMetric.DERATING]
)
async def test_a_finding_that_asks_for_action_is_a_fault_until_it_does_not(
    desk: FaultDesk, metric: HealthMetric
) -> None:
    desk.faults.handle(found(metric, FindingSeverity.WATCH))
    assert not desk.open_faults
    desk.faults.handle(found(metric, FindingSeverity.ACT))
    ((kind, fault),) = desk.open_faults.items()
    assert RULES[FaultKind(kind)].fixes == ()
    assert fault.info is not None
    assert fault.info.count("\u2192") == 1
    desk.faults.handle(found(metric, FindingSeverity.WATCH))
    assert not desk.open_faults


async def test_each_phase_is_a_fault_of_its_own(desk: FaultDesk) -> None:
    for phase in (1, 3):
        desk.faults.handle(found(HealthMetric.LOOP_IMPEDANCE, FindingSeverity.ACT, phase))
    infos = {fault.info for fault in desk.faults.of(STATION)}
    assert infos == {"L1: 0.35 \u2126 \u2192 0.70 \u2126", "L3: 0.35 \u2126 \u2192 0.70 \u2126"}
    desk.faults.handle(found(HealthMetric.LOOP_IMPEDANCE, None, 1))
    (left,) = desk.faults.of(STATION)
    assert left.code == "terminal_loose_l3"


async def test_a_connector_that_is_not_used_fully_is_nobody_s_fault(desk: FaultDesk) -> None:
    desk.faults.handle(found(HealthMetric.DERATING, FindingSeverity.ACT))
    assert not desk.open_faults
