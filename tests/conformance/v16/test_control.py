"""Restarting, unlocking and configuring."""

from custom_components.chargestead.model.events import StationBooted
from tests.conformance.conftest import Stage
from tests.conformance.scene import Scene
from tests.conformance.wire import is_asked, says
from tests.system.house import GARAGE


async def _restarts(scene: Scene, word: str) -> None:
    """Let the station restart, and prove that it is welcome again."""
    assert scene.shows("connected", 0, platform="binary_sensor") == "off"
    await scene.moment(30)
    scene.went(
        is_asked("Reset", type=word, answer={"status": "Accepted"}),
        says("BootNotification", answer={"status": "Accepted"}),
        says("StatusNotification", connectorId=0, status="Available"),
        says("StatusNotification", connectorId=1),
    )
    assert scene.shows("connected", 0, platform="binary_sensor") == "on"
    assert [event["event_type"] for event in scene.events("station")] == ["booted"]


async def test_tc_013_a_hard_restart_boots_the_station_again(scene: Scene) -> None:
    scene.from_here()
    await scene.ask("restart_station", kind="hard")
    await _restarts(scene, "Hard")
    assert scene.shows("status") == "available"


async def test_tc_014_a_soft_restart_by_the_button_boots_the_station_again(scene: Scene) -> None:
    scene.from_here()
    await scene.press("restart")
    await _restarts(scene, "Soft")
    assert scene.shows("status") == "available"


async def _restart_in_a_session(scene: Scene, kind: str, word: str, reason: str) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    await scene.ask("restart_station", kind=kind)
    await _restarts(scene, word)
    scene.went(says("StopTransaction", transactionId=transaction_id, reason=reason))
    (session,) = await scene.house.sessions()
    assert (session.is_open, session.stop_reason) == (False, reason)
    assert session.register_stop_mwh == scene.station.register_wh() * 1000
    assert scene.shows("status") == "finishing"


async def test_tc_015_a_hard_restart_ends_the_session(scene: Scene) -> None:
    await _restart_in_a_session(scene, "hard", "Hard", "HardReset")


async def test_tc_016_a_soft_restart_ends_the_session(scene: Scene) -> None:
    await _restart_in_a_session(scene, "soft", "Soft", "SoftReset")


async def test_tc_017_1_a_cable_is_released_by_the_button(scene: Scene) -> None:
    scene.from_here()
    await scene.press("unlock", 1)
    scene.went(is_asked("UnlockConnector", connectorId=1, answer={"status": "Unlocked"}))
    assert scene.shows("status") == "available"


async def test_tc_017_2_a_station_with_a_fixed_cable_says_so(stage: Stage) -> None:
    async with stage(has_locks=False) as scene:
        scene.from_here()
        told = await scene.is_refused("unlock")
        assert told == {
            "error": "command_refused",
            "station": GARAGE,
            "action": "UnlockConnector",
            "status": "NotSupported",
        }
        scene.went(is_asked("UnlockConnector", connectorId=1, answer={"status": "NotSupported"}))


async def test_tc_018_1_releasing_the_cable_ends_the_session(scene: Scene) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    assert (await scene.ask("unlock"))["status"] == "Unlocked"
    scene.went(says("StatusNotification", connectorId=1, status="Finishing"))
    assert scene.shows("status") == "finishing"
    scene.station.unplug(1)
    await scene.moment()
    scene.went(
        is_asked("UnlockConnector", connectorId=1, answer={"status": "Unlocked"}),
        says("StopTransaction", transactionId=transaction_id, reason="UnlockCommand"),
        says("StatusNotification", connectorId=1, status="Available"),
    )
    (session,) = await scene.house.sessions()
    assert session.stop_reason == "UnlockCommand"
    assert scene.shows("status") == "available"


async def test_tc_018_2_a_fixed_cable_is_not_released_and_the_session_goes_on(
    stage: Stage,
) -> None:
    async with stage(has_locks=False) as scene:
        await scene.charge()
        scene.from_here()
        assert (await scene.is_refused("unlock"))["status"] == "NotSupported"
        scene.never("StopTransaction")
        assert scene.shows("status") == "charging"


async def test_tc_030_a_jammed_lock_is_told(scene: Scene) -> None:
    scene.station.connector(1).lock_jammed = True
    scene.from_here()
    told = await scene.is_refused("unlock")
    assert (told["error"], told["status"]) == ("command_refused", "UnlockFailed")
    scene.went(is_asked("UnlockConnector", connectorId=1, answer={"status": "UnlockFailed"}))


async def test_tc_031_an_unknown_connector_is_asked_for_and_the_answer_told(scene: Scene) -> None:
    scene.from_here()
    told = await scene.is_refused("unlock", connector_id=99)
    assert (told["error"], told["status"]) == ("command_refused", "NotSupported")
    scene.went(is_asked("UnlockConnector", connectorId=99, answer={"status": "NotSupported"}))
    assert 99 not in scene.house.station().state.connectors


async def test_tc_019_1_all_keys_are_read(scene: Scene) -> None:
    scene.from_here()
    answer = (await scene.ask("get_configuration"))["answer"]
    (asked,) = scene.calls("GetConfiguration")
    assert asked.request == {}
    keys = {item["key"]: item for item in answer["configurationKey"]}
    assert asked.answer == answer
    assert keys["NumberOfConnectors"] == {
        "key": "NumberOfConnectors",
        "readonly": True,
        "value": "1",
    }
    assert len(keys) > 30
    assert "AuthorizationKey" not in keys


async def test_tc_019_2_one_key_is_read(scene: Scene) -> None:
    scene.from_here()
    answer = (await scene.ask("get_configuration", keys=["SupportedFeatureProfiles"]))["answer"]
    (asked,) = scene.calls("GetConfiguration")
    assert asked.request == {"key": ["SupportedFeatureProfiles"]}
    (entry,) = answer["configurationKey"]
    assert entry["key"] == "SupportedFeatureProfiles"
    assert "Core" in entry["value"].split(",")
    assert "unknownKey" not in answer


async def test_tc_021_a_key_is_written(scene: Scene) -> None:
    scene.from_here()
    answer = await scene.ask("set_configuration", key="MeterValueSampleInterval", value="120")
    assert answer["status"] == "Accepted"
    scene.went(
        is_asked(
            "ChangeConfiguration",
            key="MeterValueSampleInterval",
            value="120",
            answer={"status": "Accepted"},
        )
    )
    assert scene.station.configuration.number("MeterValueSampleInterval") == 120
    configuration = scene.house.station().state.configuration
    assert configuration["MeterValueSampleInterval"].value == "120"


async def test_tc_040_1_an_unknown_key_is_told(scene: Scene) -> None:
    scene.from_here()
    told = await scene.is_refused("set_configuration", key="Colour", value="blue")
    assert (told["error"], told["action"], told["status"]) == (
        "command_refused",
        "ChangeConfiguration",
        "NotSupported",
    )
    scene.went(is_asked("ChangeConfiguration", key="Colour", answer={"status": "NotSupported"}))
    assert "Colour" not in scene.house.station().state.configuration


async def test_tc_040_2_an_invalid_value_is_told_and_the_old_one_stays(scene: Scene) -> None:
    scene.from_here()
    told = await scene.is_refused("set_configuration", key="MeterValueSampleInterval", value="-1")
    assert (told["error"], told["status"]) == ("command_refused", "Rejected")
    scene.went(
        is_asked(
            "ChangeConfiguration",
            key="MeterValueSampleInterval",
            value="-1",
            answer={"status": "Rejected"},
        )
    )
    configuration = scene.house.station().state.configuration
    assert configuration["MeterValueSampleInterval"].value == "60"


async def test_tc_034_what_is_out_of_service_stays_so_over_a_loss_of_power(scene: Scene) -> None:
    scene.from_here()
    await scene.turn("available", 0, on=False)
    scene.went(
        is_asked(
            "ChangeAvailability",
            connectorId=0,
            type="Inoperative",
            answer={"status": "Accepted"},
        ),
        says("StatusNotification", connectorId=1, status="Unavailable"),
    )
    scene.from_here()
    scene.station.reboot(cold=True)
    await scene.moment(60)
    scene.went(
        says("BootNotification", answer={"status": "Accepted"}),
        says("StatusNotification", connectorId=0, status="Unavailable"),
        says("StatusNotification", connectorId=1, status="Unavailable"),
    )
    assert scene.shows("status") == "unavailable"
    assert scene.shows("available", 0, platform="switch") == "off"
    assert len(scene.house.told(StationBooted)) == 2
    await scene.turn("available", 0, on=True)
    scene.went(is_asked("ChangeAvailability", connectorId=0, type="Operative"))
    assert scene.shows("status") == "available"


async def test_a_connector_in_use_is_taken_out_of_service_afterwards(stage: Stage) -> None:
    async with stage(connectors=2) as scene:
        await scene.charge(2)
        scene.from_here()
        answer = await scene.ask("set_availability", connector=2, operative=False)
        assert answer["status"] == "Scheduled"
        scene.went(
            is_asked(
                "ChangeAvailability",
                connectorId=2,
                type="Inoperative",
                answer={"status": "Scheduled"},
            )
        )
        assert scene.shows("status", 2) == "charging"
        scene.station.unplug(2)
        await scene.moment()
        scene.went(says("StatusNotification", connectorId=2, status="Unavailable"))
        assert scene.shows("status", 2) == "unavailable"
        assert scene.shows("status", 1) == "available"


async def test_tc_084_a_lower_security_profile_is_refused(stage: Stage) -> None:
    async with stage(configuration={"SecurityProfile": "2"}) as scene:
        scene.from_here()
        told = await scene.is_refused("set_configuration", key="SecurityProfile", value="1")
        assert (told["error"], told["status"]) == ("command_refused", "Rejected")
        scene.went(
            is_asked(
                "ChangeConfiguration",
                key="SecurityProfile",
                value="1",
                answer={"status": "Rejected"},
            )
        )
