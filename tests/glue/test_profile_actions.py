"""Actions on reservations, files, local lists and certificates, over a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from homeassistant.components.diagnostics import REDACTED
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
import voluptuous as vol

from custom_components.chargestead.const import DOMAIN
from custom_components.chargestead.diagnostics import async_get_config_entry_diagnostics
from tests.simulator import Personality, SimulatedStation
from tests.simulator.frames import CALL

from .entity_fixtures import House, dialled_in, house_with, received

pytestmark = pytest.mark.usefixtures("socket_enabled")

URL = "http://house/files/"


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected, whose clocks show Dutch time."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    async with house_with(hass, Platform.EVENT) as house:
        yield house


@asynccontextmanager
async def free(house: House, *, connectors: int = 1) -> AsyncIterator[SimulatedStation]:
    """Let the station dial in, with nothing plugged in."""
    async with dialled_in(house, connectors=connectors) as station:
        station.unplug(1)
        await station.wait_for(lambda: station.status() == "Available" and station.at_rest)
        await house.settle()
        yield station
        station.reservations.clear()


async def ask(
    house: House, action: str, *, device: tuple[str | int, ...] = ("GARAGE-1",), **fields: object
) -> dict[str, Any]:
    """Perform an action on a device and return its response."""
    response = await house.hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": house.device_id(*device), **fields},
        blocking=True,
        return_response=True,
    )
    assert isinstance(response, dict)
    json.dumps(response)
    return response


async def listed(house: House, **fields: object) -> list[dict[str, Any]]:
    """Return the reservations of the house."""
    response = await house.hass.services.async_call(
        DOMAIN, "get_reservations", fields, blocking=True, return_response=True
    )
    assert isinstance(response, dict)
    assert set(response) == {"reservations"}
    json.dumps(response)
    found: Any = response["reservations"]
    return list(found)


@pytest.mark.parametrize(
    ("action", "fields", "request_name", "payload"),
    [
        pytest.param(
            "reserve",
            {
                "reservation_id": 3,
                "id_token": 4711,
                "expires_at": "2036-07-01 14:00:00",
                "parent_id_token": "FAMILY",
                "connector_id": 99,
                "id_token_type": "Central",
                "parent_id_token_type": "Central",
                "connector_type": None,
            },
            "ReserveNow",
            {
                "connectorId": 99,
                "expiryDate": "2036-07-01T12:00:00.000Z",
                "idTag": "4711",
                "parentIdTag": "FAMILY",
                "reservationId": 3,
            },
            id="reserve with everything",
        ),
        pytest.param(
            "reserve",
            {
                "reservation_id": 3,
                "id_token": "CARD-7",
                "expires_at": datetime(2036, 1, 1, tzinfo=UTC),
                "parent_id_token": None,
                "connector_id": None,
            },
            "ReserveNow",
            {
                "connectorId": 0,
                "expiryDate": "2036-01-01T00:00:00.000Z",
                "idTag": "CARD-7",
                "reservationId": 3,
            },
            id="reserve any connector, in the past for all we care",
        ),
        pytest.param(
            "cancel_reservation",
            {"reservation_id": -2},
            "CancelReservation",
            {"reservationId": -2},
            id="cancel any reservation",
        ),
        pytest.param(
            "update_firmware",
            {
                "location": "ftp://house/f.bin",
                "retrieve_at": "2036-01-01T12:00:00+00:00",
                "install_at": None,
                "retries": 0,
                "retry_interval": 10,
                "signing_certificate": None,
                "signature": None,
                "request_id": None,
            },
            "UpdateFirmware",
            {
                "location": "ftp://house/f.bin",
                "retries": 0,
                "retrieveDate": "2036-01-01T12:00:00.000Z",
                "retryInterval": 10,
            },
            id="firmware",
        ),
        pytest.param(
            "update_firmware",
            {
                "location": URL,
                "retrieve_at": "2036-01-01T12:00:00Z",
                "install_at": "2036-01-01T14:00:00+01:00",
                "retries": 2,
                "retry_interval": 10,
                "signing_certificate": "PEM",
                "signature": "c2ln",
                "request_id": 5,
            },
            "SignedUpdateFirmware",
            {
                "requestId": 5,
                "retries": 2,
                "retryInterval": 10,
                "firmware": {
                    "location": URL,
                    "retrieveDateTime": "2036-01-01T12:00:00.000Z",
                    "installDateTime": "2036-01-01T13:00:00.000Z",
                    "signingCertificate": "PEM",
                    "signature": "c2ln",
                },
            },
            id="signed firmware",
        ),
        pytest.param(
            "request_logs", {"location": URL}, "GetDiagnostics", {"location": URL}, id="logs"
        ),
        pytest.param(
            "request_logs",
            {
                "location": URL,
                "kind": "diagnostics",
                "oldest_at": "2026-01-01T12:00:00Z",
                "latest_at": "2026-01-02T12:00:00Z",
                "retries": 1,
                "retry_interval": 0,
                "extended": None,
                "request_id": None,
            },
            "GetDiagnostics",
            {
                "location": URL,
                "retries": 1,
                "retryInterval": 0,
                "startTime": "2026-01-01T12:00:00.000Z",
                "stopTime": "2026-01-02T12:00:00.000Z",
            },
            id="diagnostics with everything",
        ),
        pytest.param(
            "request_logs",
            {
                "location": URL,
                "kind": "security",
                "oldest_at": "2026-01-01T12:00:00Z",
                "latest_at": "2026-01-02T12:00:00Z",
                "retries": 1,
                "retry_interval": 0,
                "request_id": 9,
            },
            "GetLog",
            {
                "log": {
                    "remoteLocation": URL,
                    "oldestTimestamp": "2026-01-01T12:00:00.000Z",
                    "latestTimestamp": "2026-01-02T12:00:00.000Z",
                },
                "logType": "SecurityLog",
                "requestId": 9,
                "retries": 1,
                "retryInterval": 0,
            },
            id="security log",
        ),
        pytest.param(
            "request_logs",
            {"location": URL, "kind": None, "extended": True, "request_id": 0},
            "GetLog",
            {"log": {"remoteLocation": URL}, "logType": "DiagnosticsLog", "requestId": 0},
            id="extended diagnostics",
        ),
        pytest.param(
            "send_local_list",
            {"version": 7, "update_type": None, "entries": None},
            "SendLocalList",
            {"listVersion": 7, "updateType": "Full"},
            id="no list",
        ),
        pytest.param(
            "send_local_list",
            {"version": 7, "update_type": "full", "entries": []},
            "SendLocalList",
            {"listVersion": 7, "localAuthorizationList": [], "updateType": "Full"},
            id="empty list",
        ),
        pytest.param(
            "send_local_list",
            {
                "version": 7,
                "update_type": "differential",
                "entries": [
                    {"id_token": "CARD-7", "status": None},
                    {
                        "id_token": "CARD-8",
                        "id_token_type": None,
                        "status": "Accepted",
                        "expires_at": "2036-07-01 14:00:00",
                        "parent_id_token": "FAMILY",
                        "parent_id_token_type": "Central",
                        "info": {"vendor": 5, "nothing": None},
                    },
                ],
            },
            "SendLocalList",
            {
                "listVersion": 7,
                "localAuthorizationList": [
                    {"idTag": "CARD-7"},
                    {
                        "idTag": "CARD-8",
                        "idTagInfo": {
                            "vendor": 5,
                            "expiryDate": "2036-07-01T12:00:00.000Z",
                            "parentIdTag": "FAMILY",
                            "status": "Accepted",
                        },
                    },
                ],
                "updateType": "Differential",
            },
            id="changed list",
        ),
        pytest.param(
            "get_local_list_version", {}, "GetLocalListVersion", {}, id="version of the list"
        ),
        pytest.param(
            "install_certificate",
            {"use": "manufacturer_root", "certificate": "PEM"},
            "InstallCertificate",
            {"certificateType": "ManufacturerRootCertificate", "certificate": "PEM"},
            id="install",
        ),
        pytest.param(
            "get_installed_certificates",
            {"use": "csms_root"},
            "GetInstalledCertificateIds",
            {"certificateType": "CentralSystemRootCertificate"},
            id="installed",
        ),
        pytest.param(
            "delete_certificate",
            {
                "hash_algorithm": "SHA512",
                "issuer_name_hash": "aa",
                "issuer_key_hash": "bb",
                "serial_number": "0c",
            },
            "DeleteCertificate",
            {
                "certificateHashData": {
                    "hashAlgorithm": "SHA512",
                    "issuerNameHash": "aa",
                    "issuerKeyHash": "bb",
                    "serialNumber": "0c",
                }
            },
            id="delete",
        ),
    ],
)
async def test_what_is_asked_goes_out_and_the_answer_comes_back(
    house: House,
    action: str,
    fields: dict[str, Any],
    request_name: str,
    payload: dict[str, Any],
) -> None:
    async with free(house) as station:
        station.overrides[request_name] = {"status": "Accepted", "more": [1]}
        response = await ask(house, action, **fields)
        assert received(station, request_name) == [payload]
        assert response["status"] == "Accepted"
        assert response["answer"] == {"status": "Accepted", "more": [1]}


async def test_a_reservation_is_made_used_and_listed(house: House) -> None:
    async with free(house) as station:
        expires_at = dt_util.utcnow().replace(microsecond=0) + timedelta(hours=1)
        made = await ask(
            house, "reserve", id_token="CARD-7", parent_id_token="FAMILY", expires_at=expires_at
        )
        assert made["status"] == "Accepted"
        await station.wait_for(lambda: station.status() == "Reserved" and station.at_rest)
        (payload,) = received(station, "ReserveNow")
        assert payload["connectorId"] == 1
        assert payload["reservationId"] == made["reservation_id"]
        (found,) = await listed(house)
        assert found == found | {
            "reservation_id": made["reservation_id"],
            "station_id": "GARAGE-1",
            "station": "Garage",
            "connector_id": 1,
            "connector_type": None,
            "id_token": "CARD-7",
            "parent_id_token": "FAMILY",
            "status": "accepted",
            "open": True,
            "expires_at": expires_at.isoformat(),
            "transaction_id": None,
        }
        station.plug_in(1)
        station.present_card(1, "CARD-7")
        await station.wait_for(lambda: station.status() == "Charging" and station.at_rest)
        await house.settle()
        (found,) = await listed(house)
        session = house.station().state.connectors[1].session
        assert session is not None
        assert (found["status"], found["open"]) == ("used", False)
        assert found["transaction_id"] == session.transaction_id
        state = house.hass.states.get(house.entity_id("event", "station", 0))
        assert state is not None
        assert state.attributes["event_type"] == "reservation"
        assert state.attributes["status"] == "used"


async def test_reservations_are_found_by_station_connector_and_whether_they_are_open(
    hass: HomeAssistant,
) -> None:
    stations = [{"station_id": "GARAGE-1"}, {"station_id": "GARAGE-2"}]
    async with house_with(hass, Platform.EVENT, stations=stations) as house:
        async with free(house, connectors=2) as station:
            station.overrides["ReserveNow"] = {"status": "Accepted"}
            station.overrides["CancelReservation"] = {"status": "Accepted"}
            later = dt_util.utcnow() + timedelta(hours=1)
            made = {
                number: (
                    await ask(house, "reserve", id_token="A", expires_at=later, connector_id=number)
                )["reservation_id"]
                for number in (0, 1, 2)
            }
            answer = await ask(house, "cancel_reservation", reservation_id=made[2])
            assert answer == {"status": "Accepted", "answer": {"status": "Accepted"}}
        await house.settle()
        assert not house.station().connected

        async def ids(**fields: object) -> list[int]:
            return [item["reservation_id"] for item in await listed(house, **fields)]

        one, two = house.device_id("GARAGE-1"), house.device_id("GARAGE-1", 2)
        assert await ids() == list(made.values())
        assert await ids(device_id=one) == list(made.values())
        assert await ids(device_id=two) == [made[2]]
        assert await ids(device_id=house.device_id("GARAGE-2")) == []
        assert await ids(connector_id=1) == [made[1]]
        assert await ids(open=True) == [made[0], made[1]]
        assert await ids(open=False, connector_id=None) == [made[2]]


async def test_reservations_outlive_a_restart(house: House) -> None:
    async with free(house):
        later = dt_util.utcnow() + timedelta(hours=1)
        await ask(house, "reserve", id_token="CARD-7", expires_at=later)
        await house.settle()
    before = await listed(house)
    await house.hass.config_entries.async_reload(house.entry.entry_id)
    await house.settle()
    assert await listed(house) == before
    assert len(before) == 1


async def test_a_reservation_that_is_refused_is_said_to_be(house: House) -> None:
    async with dialled_in(house):
        with pytest.raises(HomeAssistantError) as error:
            await ask(
                house, "reserve", id_token="A", expires_at=dt_util.utcnow() + timedelta(hours=1)
            )
        assert error.value.translation_key == "command_refused"
        assert error.value.translation_placeholders == {
            "station": "Garage",
            "action": "ReserveNow",
            "status": "Occupied",
        }
        assert await listed(house) == []


async def test_cards_of_reservations_are_not_in_diagnostics(house: House) -> None:
    async with free(house):
        await ask(
            house,
            "reserve",
            id_token="SECRET-1",
            parent_id_token="SECRET-2",
            expires_at=dt_util.utcnow() + timedelta(hours=1),
        )
        told = await async_get_config_entry_diagnostics(house.hass, house.entry)
    text = json.dumps(told, default=str)
    assert "reservations" in text
    assert REDACTED in text
    assert "SECRET" not in text


async def test_requests_for_files_get_numbers_of_their_own(house: House) -> None:
    async with free(house) as station:
        station.overrides["GetLog"] = {"status": "AcceptedCanceled", "filename": "log.txt"}
        station.overrides["SignedUpdateFirmware"] = {"status": "Accepted"}
        log = await ask(house, "request_logs", location=URL, kind="security")
        before = dt_util.utcnow().replace(microsecond=0)
        update = await ask(
            house, "update_firmware", location=URL, signing_certificate="PEM", signature="c2ln"
        )
        assert log["answer"] == {"status": "AcceptedCanceled", "filename": "log.txt"}
        assert received(station, "GetLog")[0]["requestId"] == log["request_id"]
        (payload,) = received(station, "SignedUpdateFirmware")
        assert payload["requestId"] == update["request_id"] > log["request_id"]
        now = datetime.fromisoformat(payload["firmware"]["retrieveDateTime"])
        assert before <= now <= dt_util.utcnow()


async def test_a_list_is_sent_with_the_next_version(house: House) -> None:
    async with free(house) as station:
        station.access.local_list_version = 6
        entry = {"id_token": "CARD-7", "status": "Accepted"}
        sent = await ask(house, "send_local_list", entries=entry)
        assert sent["version"] == 7
        told = await ask(house, "get_local_list_version")
        assert told == {"status": None, "answer": {"listVersion": 7}, "version": 7}
        assert list(station.access.local_list) == ["card-7"]


async def test_a_conflict_of_versions_is_said(house: House) -> None:
    async with free(house) as station:
        station.access.local_list_version = 6
        entry = {"id_token": "CARD-7", "status": "Accepted"}
        with pytest.raises(HomeAssistantError) as error:
            await ask(
                house, "send_local_list", entries=entry, version=2, update_type="differential"
            )
        assert error.value.translation_placeholders == {
            "station": "Garage",
            "action": "SendLocalList",
            "status": "VersionMismatch",
        }


@pytest.mark.parametrize(
    ("action", "fields", "key", "placeholders"),
    [
        (
            "reserve",
            {"id_token": "A", "expires_at": "2036-01-01", "connector_type": "cType2"},
            "field_not_supported",
            {"action": "ReserveNow", "field": "connector_type", "version": "ocpp1.6"},
        ),
        (
            "update_firmware",
            {"location": URL, "install_at": "2036-01-01T12:00:00Z"},
            "field_not_supported",
            {"action": "UpdateFirmware", "field": "install_at", "version": "ocpp1.6"},
        ),
        (
            "request_logs",
            {"location": URL, "kind": "data_collector"},
            "field_not_supported",
            {"action": "GetLog", "field": "data_collector", "version": "ocpp1.6"},
        ),
        (
            "install_certificate",
            {"use": "oem_root", "certificate": "PEM"},
            "field_not_supported",
            {"action": "InstallCertificate", "field": "oem_root", "version": "ocpp1.6"},
        ),
        (
            "update_firmware",
            {"location": URL, "signature": "c2ln"},
            "field_needed",
            {"action": "SignedUpdateFirmware", "field": "signing_certificate"},
        ),
        (
            "get_installed_certificates",
            {},
            "field_needed",
            {"action": "GetInstalledCertificateIds", "field": "use"},
        ),
    ],
)
async def test_what_the_version_cannot_say_is_said_in_words(
    house: House, action: str, fields: dict[str, Any], key: str, placeholders: dict[str, str]
) -> None:
    async with free(house) as station:
        since = station.frames.total
        with pytest.raises(ServiceValidationError) as error:
            await ask(house, action, **fields)
        assert error.value.translation_key == key
        assert error.value.translation_placeholders == {"station": "Garage", **placeholders}
        assert str(error.value)
        assert station.frames.find(sent=False, kind=CALL, since=since) == []


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("reserve", {"id_token": "A", "expires_at": "soon"}),
        ("reserve", {"id_token": "A"}),
        ("reserve", {"expires_at": "2036-01-01T12:00:00Z"}),
        ("cancel_reservation", {"reservation_id": None}),
        ("send_local_list", {"entries": [{"status": "Accepted"}]}),
        ("send_local_list", {"update_type": "sideways"}),
        ("send_local_list", {"entries": ["CARD-7"]}),
        ("request_logs", {"location": URL, "kind": "gossip"}),
        ("install_certificate", {"use": "fun", "certificate": "PEM"}),
    ],
)
async def test_what_makes_no_sense_is_not_sent(
    house: House, action: str, fields: dict[str, Any]
) -> None:
    async with free(house) as station:
        since = station.frames.total
        with pytest.raises(vol.Invalid):
            await ask(house, action, **fields)
        assert station.frames.find(sent=False, kind=CALL, since=since) == []


async def test_an_update_and_an_upload_are_told_step_by_step(house: House) -> None:
    events: list[dict[str, Any]] = []

    @callback
    def note(event: Any) -> None:  # noqa: ANN401
        state = event.data["new_state"]
        if state is not None and state.attributes.get("event_type") in {"firmware", "log"}:
            events.append(dict(state.attributes))

    house.hass.bus.async_listen("state_changed", note)
    async with free(house) as station:
        request_id = 77
        station.files.log_status, station.files.log_request = "Uploading", request_id
        await station.files.tell_log()
        station.files.firmware_status = "SignatureVerified"
        station.files.firmware_request = request_id
        await station.files.tell_firmware()
        station.files.firmware_request = None
        station.files.firmware_status = "Idle"
        await station.files.tell_firmware()
        station.files.diagnostics_status = "Uploaded"
        await station.files.tell_diagnostics()
        await house.settle()
    assert [(item["event_type"], item["status"], item["request_id"]) for item in events] == [
        ("log", "uploading", 77),
        ("firmware", "signature_verified", 77),
        ("firmware", "idle", None),
        ("log", "uploaded", None),
    ]


async def test_a_station_that_has_no_such_profile_says_so(house: House) -> None:
    without = Personality(not_implemented=frozenset({"ReserveNow"}))
    async with dialled_in(house, personality=without):
        with pytest.raises(HomeAssistantError) as error:
            await ask(house, "reserve", id_token="A", expires_at="2036-01-01T12:00:00Z")
        assert error.value.translation_key == "call_failed"
