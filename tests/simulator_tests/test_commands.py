"""What the central system can ask of a station."""

import asyncio

import pytest

from tests.simulator import CallError, Json, ManualClock, Personality, SimulatedStation
from tests.simulator.handlers import HANDLERS

from .central import RefusedError, TinyCentral
from .conftest import StationMaker
from .test_sessions import statuses


def key_of(answer: Json, name: str) -> Json:
    """Return one key of a GetConfiguration answer."""
    return next(item for item in answer["configurationKey"] if item["key"] == name)


async def refusal_of(central: TinyCentral, action: str, payload: Json) -> str | None:
    """Call the station; return the code it refuses with, None if it answers."""
    try:
        await central.ask(action, payload)
    except RefusedError as refusal:
        return refusal.code
    return None


async def test_remote_start_and_stop(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """A remote request acts like a card, with the reason Remote at the end."""
    station.plug_in(1)
    start = await central.ask("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1})
    await clock.advance(5)
    stop = await central.ask("RemoteStopTransaction", {"transactionId": 1})
    await clock.advance(5)
    assert (start, stop) == ({"status": "Accepted"}, {"status": "Accepted"})
    assert central.said("Authorize") == []
    assert central.said("StopTransaction")[0]["reason"] == "Remote"
    again = await central.ask("RemoteStopTransaction", {"transactionId": 1})
    assert again == {"status": "Rejected"}


async def test_remote_start_may_have_to_be_authorized(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """AuthorizeRemoteTxRequests: Authorize comes first, and its refusal counts."""
    station = await make(configuration={"AuthorizeRemoteTxRequests": "true"})
    central.answers["Authorize"] = {"idTagInfo": {"status": "Expired"}}
    station.plug_in(1)
    answer = await central.ask("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1})
    await clock.advance(5)
    assert answer == {"status": "Accepted"}
    assert central.said("Authorize") == [{"idTag": "APP"}]
    assert central.said("StartTransaction") == []


async def test_remote_start_without_connector_takes_the_one_with_a_car(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """The station chooses; where it cannot, it refuses."""
    station = await make(connectors=3)
    station.plug_in(3)
    await central.ask("RemoteStartTransaction", {"idTag": "APP"})
    await clock.advance(1)
    assert central.said("StartTransaction")[0]["connectorId"] == 3
    for connector in (3, 9):
        answer = await central.ask(
            "RemoteStartTransaction", {"idTag": "APP", "connectorId": connector}
        )
        assert answer == {"status": "Rejected"}


async def test_remote_start_without_a_car_waits_for_one(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Preparing, until ConnectionTimeOut."""
    await central.ask("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1})
    await clock.advance(30)
    assert station.status() == "Preparing"
    await clock.advance(31)
    assert station.status() == "Available"


async def test_availability_changes_at_once_or_after_the_transaction(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Accepted and told; Scheduled while charging; persistent over a reboot."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(5)
    off = {"connectorId": 1, "type": "Inoperative"}
    assert await central.ask("ChangeAvailability", off) == {"status": "Scheduled"}
    await clock.advance(5)
    assert station.status() == "Charging"
    station.unplug(1)
    await clock.advance(5)
    assert statuses(central)[-1] == "Unavailable"
    station.reboot(cold=True)
    await clock.advance(60)
    assert statuses(central)[-1] == "Unavailable"
    on = {"connectorId": 0, "type": "Operative"}
    assert await central.ask("ChangeAvailability", on) == {"status": "Accepted"}
    await clock.advance(5)
    assert statuses(central)[-1] == "Available"


async def test_an_unavailable_connector_charges_nobody(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Neither a card nor a remote start works."""
    await central.ask("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    await clock.advance(1)
    assert statuses(central, 0)[-1] == "Unavailable"
    station.plug_in(1)
    station.present_card(1, "CARD")
    answer = await central.ask("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1})
    await clock.advance(60)
    assert answer == {"status": "Rejected"}
    assert central.said("StartTransaction") == []


async def test_unlocking_stops_first_and_may_fail(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Unlocked, UnlockFailed with a jammed lock, NotSupported for an unknown connector."""
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(5)
    assert await central.ask("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
    await clock.advance(1)
    assert central.said("StopTransaction")[0]["reason"] == "UnlockCommand"
    station.connector().lock_jammed = True
    failed = await central.ask("UnlockConnector", {"connectorId": 1})
    unknown = await central.ask("UnlockConnector", {"connectorId": 99})
    assert failed == {"status": "UnlockFailed"}
    assert unknown == {"status": "NotSupported"}


async def test_what_broke_is_mended_by_what_helps_against_it(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """A lock by unlocking it, the inside by a restart, and neither by the other."""
    station = await make(connectors=2)
    station.fault(1, "ConnectorLockFailure", mended_by=["unlock"])
    station.fault(2, "InternalError", mended_by=["restart"])
    await clock.advance(1)
    assert statuses(central, 1)[-1] == statuses(central, 2)[-1] == "Faulted"
    await central.ask("UnlockConnector", {"connectorId": 1})
    await central.ask("UnlockConnector", {"connectorId": 2})
    await clock.advance(1)
    assert (station.status(1), station.status(2)) == ("Available", "Faulted")
    station.fault(1, "ConnectorLockFailure", mended_by=["unlock"])
    await central.ask("Reset", {"type": "Soft"})
    await clock.advance(30)
    assert (station.status(1), station.status(2)) == ("Faulted", "Available")


async def test_configuration_is_read_and_written(central: TinyCentral, make: StationMaker) -> None:
    """Each of the four statuses has its case; keys match whatever their case."""
    await make(connectors=2, configuration={"Vendor.Colour": "red"})
    everything = await central.ask("GetConfiguration")
    assert key_of(everything, "NumberOfConnectors") == {
        "key": "NumberOfConnectors",
        "readonly": True,
        "value": "2",
    }
    some = await central.ask("GetConfiguration", {"key": ["vendor.colour", "Nonsense"]})
    assert key_of(some, "Vendor.Colour")["value"] == "red"
    assert some["unknownKey"] == ["Nonsense"]
    cases = {
        ("MeterValueSampleInterval", "15"): "Accepted",
        ("MeterValueSampleInterval", "-1"): "Rejected",
        ("MeterValueSampleInterval", "soon"): "Rejected",
        ("WebSocketPingInterval", "-5"): "Rejected",
        ("LocalPreAuthorize", "perhaps"): "Rejected",
        ("LocalPreAuthorize", "TRUE"): "Accepted",
        ("NumberOfConnectors", "7"): "Rejected",
        ("AuthorizationKey", "short"): "Rejected",
        ("Nonsense", "1"): "NotSupported",
        ("SecurityProfile", "2"): "Accepted",
        ("SecurityProfile", "1"): "Rejected",
    }
    for (key, value), status in cases.items():
        answer = await central.ask("ChangeConfiguration", {"key": key, "value": value})
        assert answer == {"status": status}, key
    assert central.violations == []


async def test_an_unknown_measurand_rejects_the_list_and_changes_nothing(
    central: TinyCentral, station: SimulatedStation
) -> None:
    """Section 3.16.4."""
    before = station.configuration.text("MeterValuesSampledData")
    for value, status in {
        "Voltage,RPM": "Rejected",
        "RPM": "Rejected",
        "Voltage.L1,Current.Import": "Accepted",
        "": "Accepted",
    }.items():
        assert before or status
        answer = await central.ask(
            "ChangeConfiguration", {"key": "MeterValuesSampledData", "value": value}
        )
        assert answer == {"status": status}
        expected = value if status == "Accepted" else before
        assert station.configuration.text("MeterValuesSampledData") == expected
        before = expected


async def test_a_dotted_phase_selects_one_phase(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Voltage.L2 gives one value, of the second phase."""
    station = await make(configuration={"MeterValuesSampledData": "Voltage.L2"})
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(10)
    (value,) = central.said("MeterValues")[0]["meterValue"][0]["sampledValue"]
    assert (value["measurand"], value["phase"]) == ("Voltage", "L2-N")


@pytest.mark.parametrize(
    ("wanted", "connector", "action", "count"),
    [
        ("Heartbeat", None, "Heartbeat", 1),
        ("StatusNotification", None, "StatusNotification", 3),
        ("StatusNotification", 0, "StatusNotification", 1),
        ("StatusNotification", 2, "StatusNotification", 1),
        ("MeterValues", None, "MeterValues", 2),
        ("MeterValues", 2, "MeterValues", 1),
        ("FirmwareStatusNotification", None, "FirmwareStatusNotification", 1),
        ("DiagnosticsStatusNotification", None, "DiagnosticsStatusNotification", 1),
    ],
)
async def test_a_trigger_is_answered_first_and_followed_then(
    central: TinyCentral,
    clock: ManualClock,
    make: StationMaker,
    wanted: str,
    connector: int | None,
    action: str,
    count: int,
) -> None:
    """For one connector, or for all where none is named."""
    await make(connectors=2)
    seen = len(central.received)
    request: Json = {"requestedMessage": wanted}
    if connector is not None:
        request["connectorId"] = connector
    assert await central.ask("TriggerMessage", request) == {"status": "Accepted"}
    await clock.advance(1)
    assert central.actions()[seen:] == [action] * count
    if action == "MeterValues":
        value = central.said(action)[-1]["meterValue"][0]["sampledValue"][0]
        assert value["context"] == "Trigger"
    assert central.violations == []


async def test_a_trigger_for_what_does_not_exist_is_refused(
    central: TinyCentral, station: SimulatedStation
) -> None:
    """Rejected for a connector or a second boot, NotImplemented for the unknown."""
    assert station.online
    for request, status in (
        ({"requestedMessage": "MeterValues", "connectorId": 5}, "Rejected"),
        ({"requestedMessage": "BootNotification"}, "Rejected"),
        ({"requestedMessage": "LogStatusNotification"}, "NotImplemented"),
    ):
        assert await central.ask("TriggerMessage", request) == {"status": status}


async def test_after_a_reconnect_a_boot_may_be_triggered(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Errata 3.35: until the next reset, reboot or reconnect."""
    station.go_offline()
    await clock.advance(5)
    station.go_online()
    await clock.advance(5)
    answer = await central.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
    await clock.advance(1)
    assert answer == {"status": "Accepted"}
    assert len(central.said("BootNotification")) == 2


async def test_the_local_list_is_kept_by_version(
    central: TinyCentral, station: SimulatedStation
) -> None:
    """Full replaces, Differential changes and wants a higher version."""

    async def send(version: int, kind: str, *items: Json) -> str:
        answer = await central.ask(
            "SendLocalList",
            {"listVersion": version, "updateType": kind, "localAuthorizationList": [*items]},
        )
        return str(answer["status"])

    accepted = {"idTagInfo": {"status": "Accepted"}}
    assert await central.ask("GetLocalListVersion") == {"listVersion": 0}
    assert await send(5, "Full", {"idTag": "A"} | accepted, {"idTag": "B"} | accepted) == (
        "Accepted"
    )
    assert await send(5, "Differential", {"idTag": "C"} | accepted) == "VersionMismatch"
    assert await send(6, "Differential", {"idTag": "C"} | accepted, {"idTag": "a"}) == ("Accepted")
    assert sorted(station.access.local_list) == ["b", "c"]
    assert await central.ask("GetLocalListVersion") == {"listVersion": 6}
    assert await send(0, "Full") == "Failed"
    station.configuration.assign("LocalAuthListEnabled", "false")
    assert await central.ask("GetLocalListVersion") == {"listVersion": -1}
    assert await send(9, "Full") == "NotSupported"


async def test_a_listed_card_starts_without_asking(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """LocalPreAuthorize; the cache does the same until it is cleared."""
    station = await make(configuration={"LocalPreAuthorize": "true"})
    for asked in (1, 1):
        station.plug_in(1)
        station.present_card(1, "CARD")
        await clock.advance(5)
        station.unplug(1)
        assert len(central.said("Authorize")) == asked
    assert await central.ask("ClearCache") == {"status": "Accepted"}
    station.present_card(1, "CARD")
    await clock.advance(5)
    assert len(central.said("Authorize")) == 2


async def test_a_disagreement_about_a_listed_card_is_told(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Section 3.5.2: LocalListConflict on connector 0."""
    station = await make(configuration={"LocalPreAuthorize": "true"})
    entry = {"idTag": "CARD", "idTagInfo": {"status": "Accepted"}}
    await central.ask(
        "SendLocalList",
        {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [entry]},
    )
    central.answers["StartTransaction"] = {
        "transactionId": 1,
        "idTagInfo": {"status": "Blocked"},
    }
    station.plug_in(1)
    station.present_card(1, "CARD")
    await clock.advance(5)
    notes = [n for n in central.said("StatusNotification") if n["connectorId"] == 0]
    assert [n["errorCode"] for n in notes] == ["NoError", "LocalListConflict", "NoError"]


async def test_a_reservation_keeps_the_connector_for_its_card(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Strangers are refused, the holder starts with the reservation id."""
    request = {
        "connectorId": 1,
        "expiryDate": "2026-01-01T01:00:00Z",
        "idTag": "MINE",
        "reservationId": 77,
    }
    assert await central.ask("ReserveNow", request) == {"status": "Accepted"}
    await clock.advance(1)
    assert statuses(central)[-1] == "Reserved"
    other = request | {"reservationId": 78, "idTag": "OTHER"}
    assert await central.ask("ReserveNow", other) == {"status": "Occupied"}
    station.plug_in(1)
    station.present_card(1, "OTHER")
    await clock.advance(5)
    refused = await central.ask("RemoteStartTransaction", {"idTag": "OTHER", "connectorId": 1})
    assert refused == {"status": "Rejected"}
    assert central.said("StartTransaction") == []
    station.present_card(1, "MINE")
    await clock.advance(5)
    assert central.said("StartTransaction")[0]["reservationId"] == 77


async def test_a_reservation_ends_by_time_and_by_request(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """Available again, and told so."""
    await make(connectors=2)
    for connector, expiry in ((1, "2026-01-01T00:01:00Z"), (2, "2026-01-01T09:00:00Z")):
        await central.ask(
            "ReserveNow",
            {
                "connectorId": connector,
                "expiryDate": expiry,
                "idTag": "X",
                "reservationId": connector,
            },
        )
    await clock.advance(59)
    assert statuses(central, 1)[-1] == "Reserved"
    await clock.advance(2)
    assert statuses(central, 1)[-1] == "Available"
    cancelled = await central.ask("CancelReservation", {"reservationId": 2})
    unknown = await central.ask("CancelReservation", {"reservationId": 1})
    await clock.advance(1)
    assert (cancelled, unknown) == ({"status": "Accepted"}, {"status": "Rejected"})
    assert statuses(central, 2)[-1] == "Available"


async def test_a_reservation_of_any_connector_keeps_the_last_one_free(
    central: TinyCentral, clock: ManualClock, make: StationMaker
) -> None:
    """ReserveConnectorZeroSupported: strangers get all but one."""
    station = await make(connectors=2)
    request = {
        "connectorId": 0,
        "expiryDate": "2026-01-01T01:00:00Z",
        "idTag": "MINE",
        "reservationId": 1,
    }
    assert await central.ask("ReserveNow", request) == {"status": "Accepted"}
    for connector in (1, 2):
        station.plug_in(connector)
        station.present_card(connector, "STRANGER")
        await clock.advance(5)
    assert (station.status(1), station.status(2)) == ("Charging", "Preparing")
    station.present_card(2, "MINE")
    await clock.advance(5)
    assert central.said("StartTransaction")[-1]["reservationId"] == 1


async def test_data_transfer_knows_its_vendors(
    central: TinyCentral, station: SimulatedStation
) -> None:
    """UnknownVendorId, or what the test taught the station."""
    unknown = await central.ask("DataTransfer", {"vendorId": "org.example"})
    station.data_transfers["org.example"] = lambda call: {
        "status": "Accepted",
        "data": call["data"].upper(),
    }
    known = await central.ask("DataTransfer", {"vendorId": "org.example", "data": "hello"})
    assert unknown == {"status": "UnknownVendorId"}
    assert known == {"status": "Accepted", "data": "HELLO"}
    answer = await station.send("DataTransfer", {"vendorId": "org.example"})
    assert answer == {"status": "Accepted"}


async def test_an_unknown_action_is_not_implemented(
    central: TinyCentral, station: SimulatedStation
) -> None:
    """And a call without what it needs is a ProtocolError."""
    assert station.online
    with pytest.raises(RefusedError, match="NotImplemented"):
        await central.ask("MakeCoffee")
    with pytest.raises(RefusedError, match="ProtocolError"):
        await central.ask("UnlockConnector")
    with pytest.raises(RefusedError, match="TypeConstraintViolation"):
        await central.ask("UnlockConnector", {"connectorId": "one"})


@pytest.mark.parametrize("action", sorted(HANDLERS))
async def test_no_call_breaks_the_station_however_empty_it_is(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation, action: str
) -> None:
    """Every handler answers an empty and a nonsensical payload."""
    junk = {"connectorId": [], "key": 5, "transactionId": {}, "requestedMessage": None}
    for payload in ({}, junk):
        code = await refusal_of(central, action, payload)
        assert code in {None, "ProtocolError", "TypeConstraintViolation"}
    await clock.advance(60)
    station.raise_failures()
    await station.wait_for(lambda: station.online)


async def test_a_test_can_order_any_answer(central: TinyCentral, station: SimulatedStation) -> None:
    """Overrides come before everything else."""
    station.overrides["ClearCache"] = {"status": "Rejected"}
    assert await central.ask("ClearCache") == {"status": "Rejected"}
    station.overrides["ClearCache"] = CallError("InternalError", "tired")
    with pytest.raises(RefusedError, match="InternalError"):
        await central.ask("ClearCache")
    station.overrides["ClearCache"] = None
    with pytest.raises(TimeoutError):
        await central.ask("ClearCache", patience=0.05)


async def test_expect_walks_through_what_was_said(
    central: TinyCentral, station: SimulatedStation
) -> None:
    """Each call returns the next match, and a missing one shows the frames."""
    first = await station.expect("StatusNotification")
    second = await station.expect("StatusNotification")
    assert (first["connectorId"], second["connectorId"]) == (0, 1)
    with pytest.raises(TimeoutError, match="BootNotification"):
        await station.expect("StatusNotification", patience=0.05)
    asking = asyncio.create_task(central.ask("ClearCache"))
    assert await station.expect("ClearCache", sent=False) == {}
    await asking
    assert [frame.action for frame in station.inbox][-1] == "ClearCache"
    assert station.answers("BootNotification")[0]["status"] == "Accepted"


async def test_a_station_can_say_anything(
    central: TinyCentral, clock: ManualClock, station: SimulatedStation
) -> None:
    """Raw text goes out as it is."""
    await station.send_raw('[2,"odd","Heartbeat",{"extra":1}]')
    await clock.advance(0)
    assert central.received[-1] == ("Heartbeat", "odd", {"extra": 1})


async def test_without_smart_charging_profiles_are_not_supported(
    central: TinyCentral, make: StationMaker
) -> None:
    """Errata 3.39: a CALLERROR, and not among the feature profiles."""
    station = await make(personality=Personality(smart_charging=False))
    assert "SmartCharging" not in station.configuration.items("SupportedFeatureProfiles")
    for action in ("SetChargingProfile", "ClearChargingProfile", "GetCompositeSchedule"):
        with pytest.raises(RefusedError, match="NotSupported"):
            await central.ask(action)
