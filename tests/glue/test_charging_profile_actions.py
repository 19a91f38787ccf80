"""Actions on charging profiles over real sockets in all three versions, each frame held against its schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
import json
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from ocpp.messages import get_validator
import pytest

from custom_components.chargestead.const import DOMAIN
from tests.simulator import Json, SimulatedStation
from tests.simulator.frames import CALL

from .entity_fixtures import House, dialled_in, house_with, received

pytestmark = pytest.mark.usefixtures("socket_enabled")

VERSIONS = ("1.6", "2.0.1", "2.1")
REQUESTS = frozenset(
    {
        "SetChargingProfile",
        "ClearChargingProfile",
        "GetChargingProfiles",
        "GetCompositeSchedule",
        "ReportChargingProfiles",
    }
)
START = "2026-01-01T00:00:00Z"


@pytest.fixture
async def house(hass: HomeAssistant) -> AsyncIterator[House]:
    """Return a house with one station, not yet connected."""
    async with house_with(hass, Platform.EVENT) as house:
        yield house


@asynccontextmanager
async def speaking(house: House, version: str, *, connectors: int = 1) -> AsyncIterator[Any]:
    """Let a station of a version dial in; all it heard and said of profiles must be well-formed."""
    async with dialled_in(house, version=version, connectors=connectors) as station:
        yield station
        for frame in station.frames.find(kind=CALL):
            if frame.action in REQUESTS:
                exact = json.loads(json.dumps(frame.payload), parse_float=Decimal)
                get_validator(2, frame.action, version, parse_float=Decimal).validate(exact)


async def ask(house: House, action: str, /, *device: str | int, **fields: object) -> dict[str, Any]:
    """Perform an action on a device and return its response."""
    response = await house.hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": house.device_id(*(device or ("GARAGE-1",))), **fields},
        blocking=True,
        return_response=True,
    )
    assert isinstance(response, dict)
    json.dumps(response)
    return response


async def charging(station: SimulatedStation, house: House, connector: int = 1) -> str:
    """Let a card start a session; return its transaction id."""
    if station.connector(connector).car is None:
        station.plug_in(connector)
    station.present_card(connector, "CARD-7")
    await station.wait_for(lambda: station.status(connector) == "Charging" and station.at_rest)
    await house.settle()
    session = house.station().state.connectors[connector].session
    assert session is not None
    return session.transaction_id


def profile(**changes: Any) -> Json:  # noqa: ANN401
    """Return a profile as an automation for chargers of any version says it."""
    schedule = {
        "chargingRateUnit": "A",
        "startSchedule": START,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}],
        **changes.pop("schedule", {}),
    }
    return {
        "id": 7,
        "stackLevel": 1,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule,
        **changes,
    }


def installed(station: SimulatedStation) -> Json:
    """Return what the station was last asked to install, in the order of its words."""
    payload = received(station, "SetChargingProfile")[-1]
    found: Json = payload.get("csChargingProfiles") or payload["chargingProfile"]
    return {"on": payload.get("connectorId", payload.get("evseId")), **found}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "said",
    [
        profile(),
        profile(chargingProfilePurpose="ChargingStationMaxProfile"),
        profile(chargingProfilePurpose="ChargePointMaxProfile"),
        profile(
            chargingProfileKind="Recurring",
            recurrencyKind="Daily",
            schedule={"duration": 3600, "minChargingRate": 6.5},
        ),
        profile(chargingProfileKind="Recurring", recurrencyKind="Weekly"),
        profile(chargingProfileKind="Relative", schedule={"startSchedule": None}),
        profile(validFrom=START, validTo="2027-01-01T00:00:00Z", stackLevel=0, id=-5),
        profile(
            schedule={
                "chargingRateUnit": "W",
                "chargingSchedulePeriod": [
                    {"startPeriod": 0, "limit": 11000.5, "numberPhases": 3},
                    {"startPeriod": 900, "limit": 1380, "numberPhases": 1},
                    {"startPeriod": 1800, "limit": 0},
                ],
            }
        ),
    ],
)
async def test_one_way_to_say_a_profile_holds_for_every_version(
    house: House, version: str, said: Json
) -> None:
    async with speaking(house, version) as station:
        assert (await ask(house, "set_charging_profile", charging_profile=said))[
            "status"
        ] == "Accepted"
        sent = installed(station)
        wide = said["chargingProfilePurpose"] in {
            "ChargePointMaxProfile",
            "ChargingStationMaxProfile",
        }
        assert sent["on"] == 0
        schedule = sent["chargingSchedule"]
        if version == "1.6":
            assert sent["chargingProfileId"] == said["id"]
            assert "id" not in sent
            purpose = "ChargePointMaxProfile"
        else:
            assert sent["id"] == schedule[0]["id"] == said["id"]
            (schedule,) = schedule
            purpose = "ChargingStationMaxProfile"
        assert sent["chargingProfilePurpose"] == (purpose if wide else "TxDefaultProfile")
        for key, value in said["chargingSchedule"].items():
            assert schedule.get(key) == value
        for key in ("recurrencyKind", "validFrom", "validTo", "stackLevel", "chargingProfileKind"):
            assert sent.get(key) == said.get(key)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_profile_for_the_session_names_its_transaction_and_is_obeyed(
    house: House, version: str
) -> None:
    async with speaking(house, version, connectors=2) as station:
        transaction_id = await charging(station, house, 2)
        tx = profile(chargingProfilePurpose="TxProfile", stackLevel=2)
        await ask(house, "set_charging_profile", charging_profile=tx)
        sent = installed(station)
        assert sent["on"] == 2
        assert str(sent["transactionId"]) == transaction_id
        assert station.current_a(2) == 8
        await ask(
            house, "set_charging_profile", "GARAGE-1", 2, charging_profile=tx | {"stackLevel": 3}
        )
        assert installed(station)["on"] == 2


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_profile_for_the_session_is_not_sent_where_none_runs(
    house: House, version: str
) -> None:
    async with speaking(house, version) as station:
        tx = profile(chargingProfilePurpose="TxProfile")
        for fields, key in (({}, "no_session"), ({"connector_id": 1}, "no_session_on_connector")):
            with pytest.raises(ServiceValidationError) as error:
                await ask(house, "set_charging_profile", charging_profile=tx, **fields)
            assert error.value.translation_key == key
        assert received(station, "SetChargingProfile") == []
        with pytest.raises(HomeAssistantError) as error:
            await ask(
                house,
                "set_charging_profile",
                connector_id=1,
                charging_profile=tx | {"transactionId": 99 if version == "1.6" else "99"},
            )
        assert error.value.translation_key == "command_refused"


async def test_the_purposes_and_kinds_of_2_1_are_sent_as_they_are(house: House) -> None:
    async with speaking(house, "2.1") as station:
        await charging(station, house)
        for purpose, connector in (("PriorityCharging", 1), ("LocalGeneration", 0)):
            said = profile(chargingProfilePurpose=purpose, chargingProfileKind="Dynamic")
            said |= {"id": 8 + connector, "dynUpdateInterval": 60}
            said["chargingSchedule"]["chargingSchedulePeriod"] = [
                {"startPeriod": 0, "limit": 20, "limit_L2": 18.5, "operationMode": "ChargingOnly"}
            ]
            await ask(house, "set_charging_profile", connector_id=connector, charging_profile=said)
            sent = installed(station)
            assert (sent["chargingProfilePurpose"], sent["on"]) == (purpose, connector)
            assert sent["dynUpdateInterval"] == 60


async def test_several_schedules_go_out_in_2_x_and_only_there(hass: HomeAssistant) -> None:
    several = profile()
    several["chargingSchedule"] = [several["chargingSchedule"]] * 3
    async with house_with(hass, Platform.EVENT) as house, speaking(house, "2.1") as station:
        await ask(house, "set_charging_profile", charging_profile=several)
        assert [item["id"] for item in installed(station)["chargingSchedule"]] == [7, 8, 9]
        several["chargingSchedule"] = several["chargingSchedule"] * 2
        await refused(house, several, "profile_too_many_schedules", count="6", most="3")
    async with house_with(hass, Platform.EVENT) as house, speaking(house, "1.6") as station:
        await refused(house, several, "profile_too_many_schedules", count="6", most="1")
        assert received(station, "SetChargingProfile") == []


async def refused(house: House, said: Json, key: str, **placeholders: str) -> None:
    """Expect that a profile is refused before it is sent, and why."""
    with pytest.raises(ServiceValidationError) as error:
        await ask(house, "set_charging_profile", charging_profile=said)
    assert error.value.translation_key == key
    assert error.value.translation_placeholders == {"station": "Garage", **placeholders}
    assert str(error.value)


def periods(*starts: float, **more: object) -> Json:
    """Return a profile with periods that start then."""
    steps = [{"startPeriod": start, "limit": 8, **more} for start in starts]
    return profile(schedule={"chargingSchedulePeriod": steps})


LIMIT_ONLY = {"startPeriod": 0, "limit": 8}


@pytest.mark.parametrize("version", VERSIONS)
async def test_nonsense_is_refused_with_what_is_wrong(house: House, version: str) -> None:
    cases: list[tuple[Json, str, dict[str, str]]] = [
        (periods(), "profile_no_periods", {}),
        (profile(schedule={"chargingSchedulePeriod": None}), "profile_no_periods", {}),
        (
            periods(*range(10_000)),
            "profile_too_many_periods",
            {"count": "10000", "most": "1024"},
        ),
        (periods(0, 60, 60), "profile_overlap", {"start": "60"}),
        (periods(0, 60, 30), "profile_overlap", {"start": "30"}),
        (periods(5, 60), "profile_late_start", {"start": "5"}),
        (periods(0.5), "profile_field_invalid", {"field": "startPeriod", "value": "0.5"}),
        (periods(0, limit=-1), "profile_negative_limit", {"field": "limit", "value": "-1"}),
        (
            profile(schedule={"minChargingRate": -0.5}),
            "profile_negative_limit",
            {"field": "minChargingRate", "value": "-0.5"},
        ),
        (periods(0, limit="much"), "profile_field_invalid", {"field": "limit", "value": "much"}),
        (
            periods(0, numberPhases=9),
            "profile_field_invalid",
            {"field": "numberPhases", "value": "9"},
        ),
        (periods(0, phaseToUse=1), "profile_phase_without_one", {}),
        (
            profile(schedule={"duration": 0}),
            "profile_field_invalid",
            {"field": "duration", "value": "0"},
        ),
        (
            profile(schedule={"startSchedule": "soon"}),
            "profile_field_invalid",
            {"field": "startSchedule", "value": "soon"},
        ),
        (
            profile(validFrom="2027-01-01T00:00:00Z", validTo=START),
            "profile_never_valid",
            {},
        ),
        (profile(validTo="never"), "profile_field_invalid", {"field": "validTo", "value": "never"}),
        (profile(stackLevel=None), "profile_field_missing", {"field": "stackLevel"}),
        (profile(stackLevel=-1), "profile_field_invalid", {"field": "stackLevel", "value": "-1"}),
        (profile(chargingSchedule=None), "profile_field_missing", {"field": "chargingSchedule"}),
        (profile(chargingSchedule=[]), "profile_field_missing", {"field": "chargingSchedule"}),
        (
            profile(chargingProfileKind=None),
            "profile_field_missing",
            {"field": "chargingProfileKind"},
        ),
        (
            profile(chargingProfileKind="Recurring"),
            "profile_field_missing",
            {"field": "recurrencyKind"},
        ),
        (
            profile(chargingProfilePurpose="ChargingStationExternalConstraints"),
            "profile_not_ours",
            {"purpose": "ChargingStationExternalConstraints"},
        ),
        (
            profile(
                chargingProfilePurpose="ChargingStationMaxProfile", chargingProfileKind="Relative"
            ),
            "profile_relative_maximum",
            {},
        ),
        (
            profile(schedule={"chargingRateUnit": "kW"}),
            "profile_word_unknown",
            {"field": "chargingRateUnit", "value": "kW", "known": "A, W"},
        ),
    ]
    if version != "2.1":
        kinds = "Absolute, Recurring, Relative"
        cases.append(
            (
                profile(chargingProfileKind="Dynamic"),
                "profile_word_unknown",
                {"field": "chargingProfileKind", "value": "Dynamic", "known": kinds},
            )
        )
    async with speaking(house, version) as station:
        for said, key, placeholders in cases:
            await refused(house, said, key, **placeholders)
        assert received(station, "SetChargingProfile") == []


async def test_a_purpose_the_version_does_not_know_is_named_with_those_it_knows(
    house: House,
) -> None:
    async with speaking(house, "2.0.1"):
        await refused(
            house,
            profile(chargingProfilePurpose="PriorityCharging"),
            "profile_word_unknown",
            field="chargingProfilePurpose",
            value="PriorityCharging",
            known="ChargingStationMaxProfile, TxDefaultProfile, TxProfile",
        )


@pytest.mark.parametrize("version", VERSIONS)
async def test_profiles_are_listed_and_cleared_by_number_and_by_what_they_are(
    house: House, version: str
) -> None:
    async with speaking(house, version) as station:
        for number, purpose, level, connector in (
            (11, "TxDefaultProfile", 0, 1),
            (12, "TxDefaultProfile", 1, 1),
            (13, "TxDefaultProfile", 2, 0),
            (14, "ChargingStationMaxProfile", 0, 0),
            (15, "TxDefaultProfile", 3, 1),
        ):
            said = profile(id=number, chargingProfilePurpose=purpose, stackLevel=level)
            await ask(house, "set_charging_profile", connector_id=connector, charging_profile=said)

        async def numbers(**fields: object) -> list[int]:
            response = await ask(house, "get_charging_profiles", **{"stack_level": None, **fields})
            await house.settle()
            assert response["known_from"] == ("memory" if version == "1.6" else "station")
            assert response["complete"] is (version != "1.6")
            assert {item["source"] for item in response["profiles"]} <= {"CSO"}
            key = "chargingProfileId" if version == "1.6" else "id"
            return sorted(item["profile"][key] for item in response["profiles"])

        assert await numbers() == [11, 12, 13, 14, 15]
        assert await numbers(purpose="TxDefaultProfile") == [11, 12, 13, 15]
        assert await numbers(purpose="ChargingStationMaxProfile") == [14]
        assert await numbers(connector_id=1) == [11, 12, 15]
        assert await numbers(connector_id=0, purpose="TxDefaultProfile") == [13]
        assert await numbers(stack_level=0) == [11, 14]
        assert await numbers(profile_ids=[12, 13, 99]) == [12, 13]
        assert await numbers(profile_ids=[99]) == []

        await ask(house, "clear_charging_profile", profile_id=11)
        assert await numbers(connector_id=1) == [12, 15]
        await ask(house, "clear_charging_profile", connector_id=1, stack_level=1)
        assert await numbers(connector_id=1) == [15]
        await ask(house, "clear_charging_profile", purpose="ChargingStationMaxProfile")
        assert await numbers(purpose="ChargingStationMaxProfile") == []
        await ask(house, "clear_charging_profile", purpose="TxDefaultProfile")
        assert len(station.profiles) == 0
        with pytest.raises(HomeAssistantError) as error:
            await ask(house, "clear_charging_profile", profile_id=11)
        assert error.value.translation_placeholders is not None
        assert error.value.translation_placeholders["status"] == "Unknown"


async def test_a_profile_replaces_the_one_in_its_place_in_memory_as_in_the_station(
    house: House,
) -> None:
    async with speaking(house, "1.6") as station:
        await charging(station, house)
        for number, purpose in (
            (21, "TxDefaultProfile"),
            (22, "TxDefaultProfile"),
            (23, "TxProfile"),
        ):
            said = profile(id=number, chargingProfilePurpose=purpose)
            await ask(house, "set_charging_profile", connector_id=1, charging_profile=said)
        listed = (await ask(house, "get_charging_profiles"))["profiles"]
        assert {item["profile"]["chargingProfileId"] for item in listed} == {22, 23}
        assert {item.id for item in station.profiles} == {22, 23}
        station.stop_locally(1)
        await station.wait_for(lambda: station.status() == "Finishing" and station.at_rest)
        await house.settle()
        (left,) = (await ask(house, "get_charging_profiles"))["profiles"]
        assert left["profile"]["chargingProfileId"] == 22
        await ask(house, "call", action="ClearChargingProfile", payload={"id": 22})
        assert (await ask(house, "get_charging_profiles"))["profiles"] == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_composite_schedule_comes_back_with_its_periods_by_the_clock(
    house: House, version: str
) -> None:
    async with speaking(house, version) as station:
        await charging(station, house)
        begin = dt_util.utcnow().replace(microsecond=0)
        steps = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 1800, "limit": 6.5}]
        said = profile(
            schedule={
                "startSchedule": begin.isoformat().replace("+00:00", "Z"),
                "chargingSchedulePeriod": steps,
            }
        )
        await ask(house, "set_charging_profile", connector_id=1, charging_profile=said)
        answer = await ask(
            house, "get_composite_schedule", connector_id=1, duration=3600, charging_rate_unit="A"
        )
        assert answer["status"] == "Accepted"
        first, second = answer["periods"]
        assert (first["limit"], second["limit"]) == (10, 6.5)
        assert first["unit"] == second["unit"] == "A"
        assert first["end"] == second["start"]
        start = datetime.fromisoformat(second["start"])
        assert abs(start - begin - timedelta(seconds=1800)) < timedelta(seconds=3)
        end = datetime.fromisoformat(second["end"])
        assert abs(end - begin - timedelta(seconds=3600)) < timedelta(seconds=10)
