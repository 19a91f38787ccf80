"""Functional block K: charging profiles, limits of others and what vehicles need."""

from datetime import timedelta
from typing import Any

from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Car, Json
from tests.simulator.later.profiles import limit_externally, release_externally, tell_needs
from tests.system.house import GARAGE, SAMPLE_S

from .tale import stamp

HOUR_S = 3600
NEEDS: Json = {
    "requestedEnergyTransfer": "AC_three_phase",
    "departureTime": "2026-10-05T16:00:00Z",
    "acChargingParameters": {
        "energyAmount": 12_000,
        "evMinCurrent": 6,
        "evMaxCurrent": 32,
        "evMaxVoltage": 400,
    },
}


def profile(
    purpose: str, limit: float = 8, *, number: int = 41, stack_level: int = 0, **more: object
) -> dict[str, Any]:
    """Return a relative charging profile of one period."""
    return {
        "id": number,
        "stackLevel": stack_level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
        "chargingSchedule": [
            {
                "id": number,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            }
        ],
        **more,
    }


def absolute(scene: Scene, content: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a profile as one that holds from now on, for an hour."""
    now = scene.house.clock.now()
    (schedule,) = content["chargingSchedule"]
    return {
        **content,
        "chargingProfileKind": "Absolute",
        "validFrom": now.isoformat(),
        "validTo": (now + timedelta(seconds=HOUR_S)).isoformat(),
        "chargingSchedule": [
            {**schedule, "startSchedule": now.isoformat(), "duration": HOUR_S, **more}
        ],
    }


async def _install(scene: Scene, evse: int, content: dict[str, Any]) -> None:
    answer = await scene.ask("set_charging_profile", connector_id=evse, charging_profile=content)
    assert answer["status"] == "Accepted"
    sent = scene.calls("SetChargingProfile")[-1]
    assert sent.request == {"evseId": evse, "chargingProfile": content}
    assert sent.answer == {"status": "Accepted"}


async def _offers(scene: Scene, current_a: float) -> None:
    """Prove that the vehicle gets a current, on the wire and in Home Assistant."""
    await scene.moment(SAMPLE_S)
    assert scene.station.offered_a() == current_a
    assert float(scene.shows("current_offered")) == current_a


async def test_tc_k_01_10_19_a_default_profile_holds_on_one_evse_or_on_all(scene: Scene) -> None:
    await scene.charge()
    await _install(scene, 1, absolute(scene, profile("TxDefaultProfile", 8)))
    await _offers(scene, 8)
    await _install(scene, 0, profile("TxDefaultProfile", 11, number=42, stack_level=1))
    await _offers(scene, 11)
    daily = absolute(scene, profile("TxDefaultProfile", 13, number=43, stack_level=2))
    daily |= {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    await _install(scene, 1, daily)
    await _offers(scene, 13)


async def test_tc_k_02_a_profile_of_no_transaction_is_refused(scene: Scene) -> None:
    scene.from_here()
    told = await scene.is_refused(
        "set_charging_profile",
        connector_id=1,
        charging_profile=profile("TxProfile", transactionId="none"),
    )
    assert told == {
        "error": "command_refused",
        "station": GARAGE,
        "action": "SetChargingProfile",
        "status": "Rejected",
    }


async def test_tc_k_03_70_the_maximum_of_the_station_and_a_default_hold_together(
    scene: Scene,
) -> None:
    await scene.charge()
    await _install(scene, 1, absolute(scene, profile("TxDefaultProfile", 12)))
    await _offers(scene, 12)
    most = absolute(scene, profile("ChargingStationMaxProfile", 10, number=42))
    await _install(scene, 0, most)
    await _offers(scene, 10)


async def test_tc_k_04_a_profile_takes_the_place_of_the_one_with_its_number(scene: Scene) -> None:
    await scene.charge()
    await _install(scene, 1, profile("TxDefaultProfile", 12))
    await _install(scene, 1, profile("TxDefaultProfile", 9))
    assert len(scene.station.profiles) == 1
    await _offers(scene, 9)


async def test_tc_k_05_06_08_profiles_are_cleared_by_number_and_by_what_they_are(
    scene: Scene,
) -> None:
    await scene.charge()
    await _install(scene, 1, profile("TxDefaultProfile", 16, number=2, stack_level=1))
    await _install(scene, 1, profile("TxDefaultProfile", 10, number=3, stack_level=2))
    await _offers(scene, 10)
    scene.from_here()
    await scene.ask("clear_charging_profile", profile_id=3)
    await _offers(scene, 16)
    wanted = {"connector_id": 1, "purpose": "TxDefaultProfile", "stack_level": 1}
    await scene.ask("clear_charging_profile", **wanted)
    assert len(scene.station.profiles) == 0
    told = await scene.is_refused("clear_charging_profile", **wanted)
    assert (told["action"], told["status"]) == ("ClearChargingProfile", "Unknown")
    criteria = {"evseId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}
    assert [(item.request, item.answer) for item in scene.calls("ClearChargingProfile")] == [
        ({"chargingProfileId": 3}, {"status": "Accepted"}),
        ({"chargingProfileCriteria": criteria}, {"status": "Accepted"}),
        ({"chargingProfileCriteria": criteria}, {"status": "Unknown"}),
    ]
    await _offers(scene, 32)


async def test_tc_k_15_a_station_without_smart_charging_is_said_to_refuse(scene: Scene) -> None:
    scene.station.overrides["SetChargingProfile"] = {
        "status": "Rejected",
        "statusInfo": {"reasonCode": "UnsupportedRequest"},
    }
    told = await scene.is_refused(
        "set_charging_profile", connector_id=1, charging_profile=profile("TxDefaultProfile")
    )
    assert (told["error"], told["action"]) == ("command_refused", "SetChargingProfile")
    assert told["status"].startswith("Rejected")


async def test_tc_k_29_30_31_32_33_34_35_36_profiles_are_listed_by_what_is_asked(
    scene: Scene,
) -> None:
    await _install(scene, 1, profile("TxDefaultProfile", 16, number=2, stack_level=1))
    await _install(scene, 0, absolute(scene, profile("ChargingStationMaxProfile", 25, number=3)))
    purpose = {"purpose": "TxDefaultProfile"}
    for fields, request, found in (
        ({"connector_id": 0}, {"evseId": 0}, [3]),
        ({"connector_id": 1}, {"evseId": 1}, [2]),
        (purpose, {"chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}}, [2]),
        ({"profile_ids": [3]}, {"chargingProfile": {"chargingProfileId": [3]}}, [3]),
        (
            {"connector_id": 1, "stack_level": 1},
            {"evseId": 1, "chargingProfile": {"stackLevel": 1}},
            [2],
        ),
        (
            {"connector_id": 1, "sources": ["CSO"]},
            {"evseId": 1, "chargingProfile": {"chargingLimitSource": ["CSO"]}},
            [2],
        ),
        (
            {"connector_id": 1, **purpose},
            {"evseId": 1, "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}},
            [2],
        ),
        (
            {"connector_id": 1, **purpose, "stack_level": 1},
            {
                "evseId": 1,
                "chargingProfile": {
                    "chargingProfilePurpose": "TxDefaultProfile",
                    "stackLevel": 1,
                },
            },
            [2],
        ),
    ):
        scene.from_here()
        answer = await scene.ask("get_charging_profiles", **fields)
        (asked,) = scene.calls("GetChargingProfiles")
        sent = {key: value for key, value in asked.request.items() if key != "requestId"}
        assert sent == {"chargingProfile": {}, **request}
        assert [item["profile"]["id"] for item in answer["profiles"]] == found
        assert {item["source"] for item in answer["profiles"]} == {"CSO"}
        assert answer["complete"] is True
        scene.went(
            says(
                "ReportChargingProfiles",
                requestId=asked.request["requestId"],
                answer={},
            )
        )


async def test_tc_k_37_a_start_from_afar_brings_its_profile(scene: Scene) -> None:
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.moment()
    scene.from_here()
    content = profile("TxProfile", 7)
    await scene.ask("start_session", id_token=CARD, charging_profile=content)
    scene.went(
        is_asked(
            "RequestStartTransaction",
            evseId=1,
            chargingProfile={**content, "transactionId": ABSENT},
            answer={"status": "Accepted"},
        ),
        says("TransactionEvent", eventType="Started", triggerReason="RemoteStart"),
    )
    await _offers(scene, 7)


async def test_tc_k_43_44_the_composite_schedule_is_what_all_profiles_amount_to(
    scene: Scene,
) -> None:
    await scene.charge()
    await _install(scene, 1, profile("TxDefaultProfile", 13))
    for evse in (1, 0):
        scene.from_here()
        answer = await scene.ask(
            "get_composite_schedule", connector_id=evse, duration=300, charging_rate_unit="A"
        )
        scene.went(
            is_asked(
                "GetCompositeSchedule",
                evseId=evse,
                duration=300,
                chargingRateUnit="A",
                answer={"status": "Accepted", "schedule": {"evseId": evse, "duration": 300}},
            )
        )
        assert answer["status"] == "Accepted"
        if evse:
            assert [item["limit"] for item in answer["periods"]] == [13]
    told = await scene.is_refused("get_composite_schedule", connector_id=7, duration=300)
    assert (told["action"], told["status"]) == ("GetCompositeSchedule", "Rejected")


async def test_tc_k_48_50_51_52_a_limit_of_others_is_shown_with_its_source_until_it_ends(
    scene: Scene,
) -> None:
    transaction_id = None
    for charging in (False, True):
        if charging:
            transaction_id = await scene.charge()
        scene.from_here()
        schedule = {
            "chargingRateUnit": "A",
            "startSchedule": stamp(scene.house.clock.now()),
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9}],
        }
        await limit_externally(scene.station, schedule, source="EMS", evse=1)
        await scene.moment()
        scene.went(
            says(
                "NotifyChargingLimit",
                evseId=1,
                chargingLimit={"chargingLimitSource": "EMS"},
                answer={},
            )
        )
        assert float(scene.shows("limit")) == 9
        assert scene.shows("limit_reason") == "external"
        listed = await scene.ask("get_charging_profiles", connector_id=1, sources=["EMS"])
        (found,) = listed["profiles"]
        assert found["source"] == "EMS"
        assert found["profile"]["chargingProfilePurpose"] == "ChargingStationExternalConstraints"
        if charging:
            await _offers(scene, 9)
        scene.from_here()
        await release_externally(scene.station, "EMS", 1)
        await scene.moment()
        scene.went(says("ClearedChargingLimit", evseId=1, chargingLimitSource="EMS", answer={}))
        assert scene.shows("limit_reason") != "external"
    assert transaction_id is not None
    await _offers(scene, 32)


async def _answered(scene: Scene, limit: float) -> None:
    """Prove that a profile for the running transaction answers what a vehicle needs."""
    await scene.moment()
    transaction = scene.station.connector(1).transaction
    assert transaction is not None
    scene.went(
        is_asked(
            "SetChargingProfile",
            evseId=1,
            chargingProfile={
                "chargingProfilePurpose": "TxProfile",
                "transactionId": transaction.id,
                "chargingSchedule": lambda found: (
                    [period["limit"] for period in found[0]["chargingSchedulePeriod"]] == [limit]
                ),
            },
            answer={"status": "Accepted"},
        )
    )


async def _plans(scene: Scene, limit: float) -> Json:
    """Let the vehicle tell its own plan; return the answer."""
    now = stamp(scene.house.clock.now())
    answer = await scene.station.send(
        "NotifyEVChargingSchedule",
        {
            "timeBase": now,
            "evseId": 1,
            "chargingSchedule": {
                "id": 1,
                "startSchedule": now,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
            },
        },
    )
    assert isinstance(answer, dict)
    return answer


async def test_tc_k_53_57_what_a_vehicle_needs_is_shown_and_answered_each_time(
    scene: Scene,
) -> None:
    await scene.charge()
    for _ in range(2):
        scene.from_here()
        assert await tell_needs(scene.station, 1, NEEDS) == {"status": "Accepted"}
        assert float(scene.shows("energy_requested")) == 12
        assert scene.shows("departure_time") == "2026-10-05T16:00:00+00:00"
        await _answered(scene, 32)
        assert await _plans(scene, 16) == {"status": "Accepted"}


async def test_tc_k_55_a_plan_above_the_limit_is_refused_and_answered_with_the_limit(
    scene: Scene,
) -> None:
    await scene.charge()
    await scene.ask("set_limit", current=10)
    await tell_needs(scene.station, 1, NEEDS)
    await _answered(scene, 10)
    scene.from_here()
    assert await _plans(scene, 16) == {"status": "Rejected"}
    await _answered(scene, 10)
    assert await _plans(scene, 10) == {"status": "Accepted"}


async def test_tc_k_58_59_a_new_limit_is_a_new_profile_which_the_vehicle_plans_by(
    scene: Scene,
) -> None:
    await scene.charge()
    await tell_needs(scene.station, 1, NEEDS)
    await _answered(scene, 32)
    scene.from_here()
    await scene.ask("set_limit", current=12)
    await _answered(scene, 12)
    assert await _plans(scene, 12) == {"status": "Accepted"}
    scene.from_here()
    assert await tell_needs(scene.station, 1, NEEDS) == {"status": "Accepted"}
    await _answered(scene, 12)
    assert await _plans(scene, 12) == {"status": "Accepted"}


async def test_tc_k_60_a_profile_of_the_running_transaction_holds_for_it_alone(
    scene: Scene,
) -> None:
    transaction_id = await scene.charge()
    content = absolute(scene, profile("TxProfile", transactionId=transaction_id))
    await _install(scene, 1, content)
    await _offers(scene, 8)
    scene.station.unplug(1)
    await scene.moment()
    await scene.charge()
    await _offers(scene, 32)


async def test_the_maximum_current_goes_out_as_a_profile_and_is_seen_to_be_obeyed(
    scene: Scene,
) -> None:
    await scene.charge()
    for current in (9, 0):
        scene.from_here()
        await scene.hass.services.async_call(
            "number",
            "set_value",
            {"entity_id": scene.house.entity_id("number", "maximum_current"), "value": current},
            blocking=True,
        )
        await _offers(scene, current)
        scene.went(is_asked("SetChargingProfile", evseId=1, answer={"status": "Accepted"}))
        assert scene.shows("limit_state") == "obeyed"
