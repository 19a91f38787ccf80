"""Loss of power and of the network."""

from datetime import timedelta

from custom_components.chargestead.const import CONF_UNKNOWN_TOKENS
from custom_components.chargestead.model.session import SessionFlag
from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import says
from tests.simulator import Car, Personality
from tests.system.house import SAMPLE_S

REJECTING = {CONF_UNKNOWN_TOKENS: "reject"}
AWAY_S = 600


async def _comes_back(scene: Scene) -> None:
    scene.station.go_online()
    await scene.house.until(lambda: scene.station.at_rest, within=3600)
    await scene.moment()


async def test_tc_032_1_a_station_that_lost_power_stops_its_transaction(scene: Scene) -> None:
    transaction_id = await scene.charge()
    await scene.moment(5 * SAMPLE_S)
    scene.from_here()
    scene.station.reboot(cold=True)
    await scene.moment(60)
    scene.went(
        says("BootNotification", answer={"status": "Accepted"}),
        says("StatusNotification", connectorId=1, status="Finishing"),
    )
    scene.went(
        says("BootNotification"),
        says("StopTransaction", transactionId=transaction_id, reason="PowerLoss"),
    )
    (session,) = await scene.house.sessions()
    assert (session.is_open, session.stop_reason) == (False, "PowerLoss")
    assert session.register_stop_mwh == scene.station.register_wh() * 1000
    assert scene.shows("status") == "finishing"
    assert float(scene.shows("power")) == 0


async def test_tc_032_2_a_station_that_resumes_after_a_loss_of_power_goes_on_with_its_session(
    stage: Stage,
) -> None:
    async with stage(personality=Personality(resumes_after_power_loss=True)) as scene:
        transaction_id = await scene.charge()
        await scene.moment(SAMPLE_S)
        scene.from_here()
        scene.station.reboot(cold=True)
        await scene.moment(60)
        scene.went(
            says("BootNotification", answer={"status": "Accepted"}),
            says("StatusNotification", connectorId=1, status="Charging"),
        )
        scene.never("StopTransaction")
        assert scene.shows("status") == "charging"
        scene.station.present_card(1, CARD)
        await scene.moment()
        scene.went(says("StopTransaction", transactionId=transaction_id, reason="Local"))
        (session,) = await scene.house.sessions()
        assert session.register_stop_mwh == scene.station.register_wh() * 1000


async def test_tc_036_a_session_goes_on_while_the_network_is_gone(scene: Scene) -> None:
    transaction_id = await scene.charge()
    await scene.moment(SAMPLE_S)
    scene.from_here()
    scene.station.go_offline()
    await scene.moment(AWAY_S)
    assert scene.shows("connected", 0, platform="binary_sensor") == "off"
    assert scene.shows("status") == "unavailable"
    assert scene.exchanges == []
    await _comes_back(scene)
    samples = scene.calls("MeterValues")
    assert len(samples) >= AWAY_S / SAMPLE_S
    assert {item.request["transactionId"] for item in samples} == {transaction_id}
    scene.never("StartTransaction")
    scene.never("BootNotification")
    assert scene.shows("status") == "charging"
    (session,) = await scene.house.sessions()
    assert session.is_open
    assert not session.flags
    stamps = [item.request["meterValue"][0]["timestamp"] for item in samples]
    assert stamps == sorted(set(stamps)), "each with the time it was read at"


async def test_tc_037_1_a_session_begun_without_the_network_is_taken_with_its_own_time(
    scene: Scene,
) -> None:
    scene.station.go_offline()
    await scene.moment(SAMPLE_S)
    scene.from_here()
    began = scene.house.clock.now()
    begin_wh = scene.station.register_wh()
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    scene.station.present_card(1, CARD)
    await scene.moment(AWAY_S)
    await _comes_back(scene)
    scene.went(
        says(
            "StartTransaction",
            idTag=CARD,
            meterStart=begin_wh,
            answer={
                "transactionId": lambda number: number > 0,
                "idTagInfo": {"status": "Accepted"},
            },
        )
    )
    scene.went(says("StatusNotification", connectorId=1, status="Charging"))
    (session,) = await scene.house.sessions()
    assert abs(session.started_at - began) < timedelta(seconds=1)
    assert session.register_start_mwh == begin_wh * 1000
    assert SessionFlag.OFFLINE in session.flags
    assert scene.shows("status") == "charging"
    assert scene.events("session") == [], "what is old is no news"


async def test_tc_037_3_a_card_that_turns_out_to_be_invalid_ends_what_it_began(
    stage: Stage,
) -> None:
    async with stage(options=REJECTING) as scene:
        scene.station.go_offline()
        await scene.moment(SAMPLE_S)
        scene.from_here()
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        scene.station.present_card(1, CARD)
        await scene.moment(AWAY_S)
        await _comes_back(scene)
        scene.went(
            says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Invalid"}}),
            says("StopTransaction", reason="DeAuthorized"),
        )
        (start,), (stop,) = scene.calls("StartTransaction"), scene.calls("StopTransaction")
        assert start.answer is not None
        assert stop.request["transactionId"] == start.answer["transactionId"]
        scene.went(says("StatusNotification", connectorId=1, status="Finishing"))
        (session,) = await scene.house.sessions()
        assert session.stop_reason == "DeAuthorized"
        assert {SessionFlag.OFFLINE, SessionFlag.UNAUTHORIZED} <= session.flags
        assert (
            session.energy_mwh == (stop.request["meterStop"] - start.request["meterStart"]) * 1000
        )
        assert scene.shows("status") == "finishing"


async def test_tc_037_2_a_card_that_turns_out_to_be_invalid_may_leave_the_transaction_without_energy(
    stage: Stage,
) -> None:
    keys = {"StopTransactionOnInvalidId": "false"}
    async with stage(options=REJECTING, configuration=keys) as scene:
        scene.station.go_offline()
        await scene.moment(SAMPLE_S)
        scene.from_here()
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        scene.station.present_card(1, CARD)
        await scene.moment(AWAY_S)
        await _comes_back(scene)
        scene.went(
            says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Invalid"}}),
            says("StatusNotification", connectorId=1, status="SuspendedEVSE"),
        )
        scene.never("StopTransaction")
        assert scene.shows("status") == "suspended_evse"
        (session,) = await scene.house.sessions()
        assert session.is_open
        assert SessionFlag.UNAUTHORIZED in session.flags


async def test_tc_038_a_session_ended_without_the_network_ends_with_its_own_time(
    scene: Scene,
) -> None:
    transaction_id = await scene.charge()
    await scene.moment(SAMPLE_S)
    scene.station.go_offline()
    await scene.moment(AWAY_S)
    ended, end_wh = scene.house.clock.now(), scene.station.register_wh()
    scene.station.present_card(1, CARD)
    await scene.moment(AWAY_S)
    scene.from_here()
    await _comes_back(scene)
    scene.went(
        says("StopTransaction", transactionId=transaction_id, meterStop=end_wh, reason="Local")
    )
    (session,) = await scene.house.sessions()
    assert session.ended_at is not None
    assert abs(session.ended_at - ended) < timedelta(seconds=1)
    assert session.register_stop_mwh == end_wh * 1000
    assert scene.shows("status") == "finishing"


async def test_tc_039_a_whole_session_without_the_network_is_taken_in_full(scene: Scene) -> None:
    scene.station.go_offline()
    await scene.moment(SAMPLE_S)
    scene.from_here()
    began, begin_wh = scene.house.clock.now(), scene.station.register_wh()
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    scene.station.present_card(1, CARD)
    await scene.moment(AWAY_S)
    scene.station.present_card(1, CARD)
    await scene.moment()
    scene.station.unplug(1)
    ended, end_wh = scene.house.clock.now(), scene.station.register_wh()
    await scene.moment(AWAY_S)
    await _comes_back(scene)
    scene.went(
        says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
        says("MeterValues"),
        says("StopTransaction", idTag=CARD, reason="Local"),
    )
    (start,), (stop,) = scene.calls("StartTransaction"), scene.calls("StopTransaction")
    assert start.answer is not None
    assert stop.request["transactionId"] == start.answer["transactionId"]
    (session,) = await scene.house.sessions()
    assert session.ended_at is not None
    assert abs(session.started_at - began) < timedelta(seconds=1)
    assert abs(session.ended_at - ended) < timedelta(seconds=5)
    assert session.energy_mwh == (end_wh - begin_wh) * 1000 > 0
    assert SessionFlag.OFFLINE in session.flags
    assert float(scene.shows("energy")) * 1000 == end_wh
    assert scene.shows("status") == "available"


async def test_an_idle_station_that_comes_back_is_asked_for_nothing(scene: Scene) -> None:
    scene.from_here()
    scene.station.go_offline()
    await scene.moment(AWAY_S)
    assert scene.shows("connected", 0, platform="binary_sensor") == "off"
    await _comes_back(scene)
    await scene.moment(60)
    assert [item for item in scene.exchanges if not item.sent] == []
    assert scene.shows("connected", 0, platform="binary_sensor") == "on"
    assert scene.shows("status") == "available"
