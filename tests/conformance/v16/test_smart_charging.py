"""Charging profiles: set, stacked, asked for and cleared."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Car
from tests.system.house import GARAGE, SAMPLE_S

HOUR_S = 3600


def profile(
    purpose: str, limit: float = 8, *, number: int = 41, stack_level: int = 0, **more: object
) -> dict[str, Any]:
    """Return a relative charging profile of one period."""
    return {
        "chargingProfileId": number,
        "stackLevel": stack_level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        },
        **more,
    }


def absolute(scene: Scene, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile as one that holds from now on, for an hour."""
    now = scene.house.clock.now()
    return {
        **content,
        "chargingProfileKind": "Absolute",
        "validFrom": now.isoformat(),
        "validTo": (now + timedelta(seconds=HOUR_S)).isoformat(),
        "chargingSchedule": {
            **content["chargingSchedule"],
            "startSchedule": now.isoformat(),
            "duration": HOUR_S,
        },
    }


async def _offers(scene: Scene, current_a: float) -> None:
    """Prove that the vehicle gets a current, on the wire and in Home Assistant."""
    await scene.moment(SAMPLE_S)
    assert scene.station.offered_a() == current_a
    assert float(scene.shows("current_offered")) == current_a


async def test_tc_056_a_default_profile_holds_for_sessions_to_come(scene: Scene) -> None:
    scene.from_here()
    content = absolute(scene, profile("TxDefaultProfile"))
    answer = await scene.ask("set_charging_profile", connector_id=1, charging_profile=content)
    assert answer["status"] == "Accepted"
    scene.went(
        is_asked(
            "SetChargingProfile",
            connectorId=1,
            csChargingProfiles={
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Absolute",
                "transactionId": ABSENT,
                "recurrencyKind": ABSENT,
                "validFrom": content["validFrom"],
                "validTo": content["validTo"],
                "chargingSchedule": {
                    "startSchedule": content["validFrom"],
                    "duration": HOUR_S,
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}],
                },
            },
            answer={"status": "Accepted"},
        )
    )
    await scene.charge()
    await _offers(scene, 8)


async def test_tc_082_a_default_profile_holds_for_the_session_that_runs(scene: Scene) -> None:
    await scene.charge()
    await scene.ask(
        "set_charging_profile", connector_id=1, charging_profile=profile("TxDefaultProfile", 10)
    )
    await _offers(scene, 10)


async def test_tc_057_a_profile_of_the_running_transaction_holds_for_it_alone(scene: Scene) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    content = absolute(scene, profile("TxProfile", transactionId=transaction_id))
    await scene.ask("set_charging_profile", connector_id=1, charging_profile=content)
    scene.went(
        is_asked(
            "SetChargingProfile",
            connectorId=1,
            csChargingProfiles={
                "chargingProfilePurpose": "TxProfile",
                "transactionId": transaction_id,
                "recurrencyKind": ABSENT,
                "chargingSchedule": {"startSchedule": content["validFrom"]},
            },
            answer={"status": "Accepted"},
        )
    )
    await _offers(scene, 8)
    scene.station.unplug(1)
    await scene.moment()
    await scene.charge()
    await _offers(scene, 32)


async def test_tc_057_a_relative_profile_has_no_start(scene: Scene) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    await scene.ask(
        "set_charging_profile",
        connector_id=1,
        charging_profile=profile("TxProfile", 12, transactionId=transaction_id),
    )
    scene.went(
        is_asked(
            "SetChargingProfile",
            csChargingProfiles={
                "chargingProfileKind": "Relative",
                "chargingSchedule": {"startSchedule": ABSENT},
            },
            answer={"status": "Accepted"},
        )
    )
    await _offers(scene, 12)


async def test_tc_058_1_a_profile_of_no_transaction_is_refused(scene: Scene) -> None:
    scene.from_here()
    told = await scene.is_refused(
        "set_charging_profile",
        connector_id=1,
        charging_profile=profile("TxProfile", transactionId=1),
    )
    assert told == {
        "error": "command_refused",
        "station": GARAGE,
        "action": "SetChargingProfile",
        "status": "Rejected",
    }
    scene.went(is_asked("SetChargingProfile", answer={"status": "Rejected"}))


async def test_tc_058_2_a_profile_of_another_transaction_is_refused(scene: Scene) -> None:
    transaction_id = await scene.charge()
    told = await scene.is_refused(
        "set_charging_profile",
        connector_id=1,
        charging_profile=profile("TxProfile", transactionId=transaction_id + 1),
    )
    assert (told["error"], told["status"]) == ("command_refused", "Rejected")
    await _offers(scene, 32)


async def test_tc_059_a_start_from_afar_brings_its_profile(scene: Scene) -> None:
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.moment()
    scene.from_here()
    content = profile("TxProfile", 6)
    await scene.ask("start_session", id_token=CARD, charging_profile=content)
    scene.went(
        is_asked(
            "RemoteStartTransaction",
            idTag=CARD,
            connectorId=1,
            chargingProfile={
                "chargingProfilePurpose": "TxProfile",
                "transactionId": ABSENT,
                "chargingSchedule": {
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
                },
            },
            answer={"status": "Accepted"},
        ),
        says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
    )
    await _offers(scene, 6)


async def test_tc_060_a_start_with_a_profile_that_does_not_fit_is_refused(scene: Scene) -> None:
    scene.station.plug_in(1)
    await scene.moment()
    scene.from_here()
    told = await scene.is_refused(
        "start_session", id_token=CARD, charging_profile=profile("TxDefaultProfile")
    )
    assert (told["action"], told["status"]) == ("RemoteStartTransaction", "Rejected")
    scene.never("StartTransaction")
    assert scene.shows("status") == "preparing"


async def test_tc_066_the_composite_schedule_is_what_all_profiles_amount_to(scene: Scene) -> None:
    await scene.charge()
    await scene.ask(
        "set_charging_profile", connector_id=1, charging_profile=profile("TxDefaultProfile", 13)
    )
    scene.from_here()
    answer = await scene.ask(
        "get_composite_schedule", connector_id=1, duration=300, charging_rate_unit="A"
    )
    scene.went(
        is_asked(
            "GetCompositeSchedule",
            connectorId=1,
            duration=300,
            chargingRateUnit="A",
            answer=answer["answer"],
        )
    )
    assert answer["status"] == "Accepted"
    schedule = answer["answer"]["chargingSchedule"]
    assert schedule["chargingRateUnit"] == "A"
    assert schedule["duration"] == 300
    assert schedule["chargingSchedulePeriod"][0]["limit"] == 13


async def test_tc_066_a_schedule_the_station_does_not_tell_is_said_to_be_refused(
    scene: Scene,
) -> None:
    told = await scene.is_refused("get_composite_schedule", connector_id=7, duration=300)
    assert (told["action"], told["status"]) == ("GetCompositeSchedule", "Rejected")


async def test_tc_067_profiles_are_cleared_by_number_by_what_they_are_and_all(
    scene: Scene,
) -> None:
    transaction_id = await scene.charge()
    for connector_id, content in (
        (0, absolute(scene, profile("ChargePointMaxProfile", 25, number=1))),
        (1, profile("TxDefaultProfile", 16, number=2, stack_level=1)),
        (1, profile("TxProfile", 10, number=3, transactionId=transaction_id)),
    ):
        await scene.ask("set_charging_profile", connector_id=connector_id, charging_profile=content)
    await _offers(scene, 10)
    scene.from_here()
    await scene.ask("clear_charging_profile", profile_id=1)
    assert len(scene.station.profiles) == 2
    await scene.ask(
        "clear_charging_profile", connector_id=1, purpose="TxDefaultProfile", stack_level=1
    )
    assert len(scene.station.profiles) == 1
    await scene.ask("clear_charging_profile")
    assert len(scene.station.profiles) == 0
    assert [item.request for item in scene.calls("ClearChargingProfile")] == [
        {"id": 1},
        {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1},
        {},
    ]
    assert {
        item.answer["status"] for item in scene.calls("ClearChargingProfile") if item.answer
    } == {"Accepted"}
    await _offers(scene, 32)
    told = await scene.is_refused("clear_charging_profile", profile_id=1)
    assert (told["error"], told["status"]) == ("command_refused", "Unknown")


async def test_tc_072_of_stacked_profiles_the_highest_holds_until_it_ends(scene: Scene) -> None:
    low = profile("TxDefaultProfile", 16, number=1)
    high = absolute(scene, profile("TxDefaultProfile", 7, number=2, stack_level=1))
    for content in (low, high):
        await scene.ask("set_charging_profile", connector_id=1, charging_profile=content)
    await scene.charge()
    await _offers(scene, 7)
    await scene.moment(HOUR_S)
    await _offers(scene, 16)


async def test_the_maximum_current_goes_out_as_a_profile_and_is_seen_to_be_obeyed(
    scene: Scene,
) -> None:
    await scene.charge()
    scene.from_here()
    await scene.hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": scene.house.entity_id("number", "maximum_current"), "value": 9},
        blocking=True,
    )
    await _offers(scene, 9)
    (sent,) = scene.calls("SetChargingProfile")
    assert sent.request["connectorId"] == 1
    (period,) = sent.request["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"]
    assert period["limit"] == 9
    assert scene.shows("limit_state") == "obeyed"


async def test_a_station_without_smart_charging_is_said_to_refuse(scene: Scene) -> None:
    scene.station.overrides["SetChargingProfile"] = {"status": "NotSupported"}
    told = await scene.is_refused(
        "set_charging_profile", connector_id=1, charging_profile=profile("TxDefaultProfile")
    )
    assert (told["error"], told["status"]) == ("command_refused", "NotSupported")
