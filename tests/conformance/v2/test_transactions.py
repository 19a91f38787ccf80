"""Functional block E: transactions, from their first step to their last."""

from datetime import timedelta

from custom_components.chargestead.const import CONF_UNKNOWN_TOKENS
from custom_components.chargestead.model.session import SessionFlag
from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import is_asked, says
from tests.simulator import Car
from tests.system.house import SAMPLE_S

from .tale import SIGNED, TOKEN, Tale, register, stamp

REJECTING = {CONF_UNKNOWN_TOKENS: "reject"}

type Steps = tuple[tuple[str, str | None, bool], ...]

BEGINNINGS: dict[str, Steps] = {
    "E01 PowerPathClosed": (("Authorized", "EVConnected", True),),
    "E02 EnergyTransfer": (("ChargingStateChanged", "Charging", True),),
    "E09 EVConnected": (("CablePluggedIn", "EVConnected", False), ("Authorized", None, True)),
    "E10 Authorized": (("Authorized", "Idle", True), ("CablePluggedIn", "EVConnected", False)),
    "E11 DataSigned": (("SignedDataReceived", "EVConnected", True),),
    "E12 ParkingBayOccupied": (
        ("EVDetected", "Idle", False),
        ("CablePluggedIn", "EVConnected", False),
        ("Authorized", None, True),
    ),
}
ENDINGS: dict[str, tuple[Steps, str, str, str]] = {
    "E07 PowerPathClosed, local": (
        (("StopAuthorized", "EVConnected", True),),
        "StopAuthorized",
        "EVConnected",
        "Local",
    ),
    "E08 EnergyTransfer, StopAuthorized": ((), "StopAuthorized", "EVConnected", "Local"),
    "E14 EVDisconnected, station side": (
        (("StopAuthorized", "EVConnected", True),),
        "EVCommunicationLost",
        "Idle",
        "EVDisconnected",
    ),
    "E15 StopAuthorized, local": ((), "StopAuthorized", "EVConnected", "Local"),
    "E17 Deauthorized, EV side": (
        (("ChargingStateChanged", "SuspendedEVSE", False),),
        "EVCommunicationLost",
        "Idle",
        "EVDisconnected",
    ),
    "E19 ParkingBayUnoccupied": (
        (("EVCommunicationLost", "Idle", False),),
        "EVDeparted",
        "Idle",
        "Local",
    ),
    "E20 EVDisconnected, EV side": ((), "EVCommunicationLost", "Idle", "EVDisconnected"),
    "E22 EnergyTransfer, SuspendedEV": (
        (("ChargingStateChanged", "SuspendedEV", False),),
        "ChargingStateChanged",
        "SuspendedEV",
        "StoppedByEV",
    ),
    "E39 Deauthorized, time-out": ((), "EVConnectTimeout", "Idle", "Timeout"),
}


async def test_tc_e_01_02_09_10_11_12_53_a_transaction_may_begin_with_any_step(
    scene: Scene,
) -> None:
    for name, steps in BEGINNINGS.items():
        scene.from_here()
        tale = Tale(scene=scene, name=name)
        for kind, (trigger, state, shown) in zip(
            ["Started", "Updated", "Updated"], steps, strict=False
        ):
            is_signed = trigger == "SignedDataReceived"
            value = register(
                scene.house.clock.now(),
                10_000,
                "Transaction.Begin",
                **({"signedMeterValue": SIGNED} if is_signed else {}),
            )
            answer = await tale.tells(
                kind, trigger, state, card=CARD if shown else None, meterValue=[value]
            )
            accepted = {"idTokenInfo": {"status": "Accepted"}}
            assert answer == (accepted if shown else {}), name
        (started,) = scene.events("session", "started")
        assert started["transaction_id"] == name
        await tale.tells("Updated", "ChargingStateChanged", "Charging")
        assert scene.shows("status") == "charging", name
        assert scene.shows("charging", platform="switch") == "on", name
        session = (await scene.house.sessions())[-1]
        assert (session.transaction_id, session.id_token) == (name, CARD)
        assert [item.request["seqNo"] for item in scene.calls("TransactionEvent")] == list(
            range(tale.number)
        )
        await tale.ends(wh=10_000, context="Transaction.End")
        assert scene.shows("charging", platform="switch") == "off", name
    sessions = await scene.house.sessions()
    assert {session.transaction_id: session.flags for session in sessions} == {
        name: {SessionFlag.SIGNED} if "Signed" in name else frozenset() for name in BEGINNINGS
    }


async def test_tc_e_07_08_14_15_17_19_20_22_39_a_transaction_may_end_with_any_step(
    scene: Scene,
) -> None:
    for number, (name, (steps, trigger, state, reason)) in enumerate(ENDINGS.items()):
        tale = Tale(scene=scene, name=name)
        if trigger == "EVConnectTimeout":
            await tale.tells("Started", "Authorized", "Idle", card=CARD, wh=10_000 + 100 * number)
        else:
            await tale.shows("Occupied")
            await tale.begins(wh=10_000 + 100 * number)
        scene.from_here()
        for step, told, shown in steps:
            answer = await tale.tells("Updated", step, told, card=CARD if shown else None)
            assert (answer == {"idTokenInfo": {"status": "Accepted"}}) is shown, name
            assert scene.events("session", "stopped") == [], name
        await tale.tells(
            "Ended",
            trigger,
            state,
            wh=10_100 + 100 * number,
            context="Transaction.End",
            info={"stoppedReason": reason},
        )
        (stopped,) = scene.events("session", "stopped")
        assert stopped["stop_reason"] == reason, name
        assert scene.shows("charging", platform="switch") == "off", name
        gone = state == "Idle"
        if gone:
            await tale.shows("Available")
        assert scene.shows("status") == ("available" if gone else "finishing"), name
        session = (await scene.house.sessions())[-1]
        assert (session.stop_reason, session.register_stop_mwh) == (
            reason,
            (10_100 + 100 * number) * 1000,
        )


async def test_tc_e_03_plug_first_then_card(scene: Scene) -> None:
    scene.from_here()
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.moment()
    assert scene.shows("plugged_in", platform="binary_sensor") == "on"
    scene.station.present_card(1, CARD)
    await scene.moment()
    scene.went(
        says("StatusNotification", evseId=1, connectorStatus="Occupied", answer={}),
        says("Authorize", idToken=TOKEN, answer={"idTokenInfo": {"status": "Accepted"}}),
        says(
            "TransactionEvent",
            eventType="Started",
            idToken=TOKEN,
            answer={"idTokenInfo": {"status": "Accepted"}},
        ),
        says(
            "TransactionEvent",
            eventType="Updated",
            triggerReason="ChargingStateChanged",
            transactionInfo={"chargingState": "Charging"},
        ),
    )
    assert scene.shows("status") == "charging"
    (started,) = scene.events("session", "started")
    assert started["id_token"] == CARD


async def test_tc_e_04_card_first_then_plug(scene: Scene) -> None:
    scene.from_here()
    scene.station.present_card(1, CARD)
    await scene.moment()
    scene.never("TransactionEvent")
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.moment()
    scene.went(
        says("Authorize", idToken=TOKEN, answer={"idTokenInfo": {"status": "Accepted"}}),
        says("StatusNotification", evseId=1, connectorStatus="Occupied"),
        says("TransactionEvent", eventType="Started", idToken=TOKEN),
    )
    assert scene.shows("status") == "charging"


async def test_tc_e_16_a_card_that_turns_out_to_be_invalid_ends_what_it_began(stage: Stage) -> None:
    async with stage(options=REJECTING) as scene:
        tale = Tale(scene=scene)
        answer = await tale.tells("Started", "Authorized", "EVConnected", card=CARD, wh=10_000)
        assert answer["idTokenInfo"]["status"] == "Invalid"
        await tale.ends("Deauthorized", "DeAuthorized", wh=10_000)
        (session,) = await scene.house.sessions()
        assert (session.is_open, session.stop_reason) == (False, "DeAuthorized")
        assert SessionFlag.UNAUTHORIZED in session.flags


async def test_tc_e_21_a_session_is_stopped_from_afar(scene: Scene) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    assert (await scene.ask("stop_session", at_once=True))["status"] == "Accepted"
    scene.went(
        is_asked(
            "RequestStopTransaction", transactionId=transaction_id, answer={"status": "Accepted"}
        ),
        says(
            "TransactionEvent",
            eventType="Ended",
            triggerReason="RemoteStop",
            transactionInfo={"transactionId": transaction_id, "stoppedReason": "Remote"},
        ),
    )
    (stopped,) = scene.events("session", "stopped")
    assert stopped["stop_reason"] == "Remote"
    assert scene.shows("charging", platform="switch") == "off"


async def test_tc_e_26_a_session_that_outlives_its_plug_goes_on(stage: Stage) -> None:
    async with stage(configuration={"StopTransactionOnEVSideDisconnect": "false"}) as scene:
        transaction_id = await scene.charge()
        scene.from_here()
        scene.station.unplug(1)
        await scene.moment()
        scene.went(
            says(
                "TransactionEvent",
                eventType="Updated",
                transactionInfo={"transactionId": transaction_id, "chargingState": "Idle"},
            )
        )
        assert scene.events("session", "stopped") == []
        assert scene.shows("charging", platform="switch") == "on"
        assert scene.shows("status") == "preparing"
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        await scene.moment(30)
        assert scene.shows("status") == "charging"
        assert len(await scene.house.sessions()) == 1


async def test_tc_e_38_a_vehicle_that_is_not_ready_is_shown_as_suspended(scene: Scene) -> None:
    tale = Tale(scene=scene)
    await tale.tells("Started", "Authorized", "EVConnected", card=CARD, wh=10_000)
    await tale.tells("Updated", "ChargingStateChanged", "SuspendedEV")
    assert scene.shows("status") == "suspended_ev"
    assert scene.shows("charging", platform="switch") == "on"
    await tale.tells("Updated", "ChargingStateChanged", "Charging")
    assert scene.shows("status") == "charging"


async def test_tc_e_30_34_without_messages_in_the_queue_only_the_transaction_is_told_of(
    scene: Scene,
) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    one = await scene.ask("get_transaction_status", transaction_id=transaction_id)
    every = await scene.ask("get_transaction_status")
    assert one["answer"] == {"ongoingIndicator": True, "messagesInQueue": False}
    assert every["answer"] == {"messagesInQueue": False}
    assert [item.request for item in scene.calls("GetTransactionStatus")] == [
        {"transactionId": transaction_id},
        {},
    ]


async def test_tc_e_29_33_messages_in_the_queue_are_told_and_come(scene: Scene) -> None:
    tale = Tale(scene=scene)
    await tale.begins()
    scene.station.overrides["GetTransactionStatus"] = lambda asked: {
        "messagesInQueue": True,
        **({"ongoingIndicator": True} if "transactionId" in asked else {}),
    }
    scene.station.go_offline()
    await scene.moment(120)
    read_at = scene.house.clock.now() - timedelta(seconds=60)
    scene.station.go_online()
    await scene.moment(30)
    scene.from_here()
    one = await scene.ask("get_transaction_status", transaction_id=tale.name)
    every = await scene.ask("get_transaction_status")
    assert one["answer"] == {"ongoingIndicator": True, "messagesInQueue": True}
    assert every["answer"] == {"messagesInQueue": True}
    await tale.tells(
        "Updated",
        "MeterValuePeriodic",
        "Charging",
        timestamp=stamp(read_at),
        meterValue=[register(read_at, 10_250)],
        offline=True,
    )
    (session,) = await scene.house.sessions()
    assert session.is_open
    assert (session.register_last_mwh, session.register_last_at) == (10_250_000, read_at)


async def test_tc_e_31_what_is_told_after_the_end_of_a_transaction_belongs_to_it(
    scene: Scene,
) -> None:
    tale = Tale(scene=scene)
    await tale.begins()
    scene.station.go_offline()
    await scene.moment(60)
    scene.station.go_online()
    await scene.moment(30)
    skipped = tale.number
    ended_at = scene.house.clock.now()
    await tale.ends("EVCommunicationLost", seqNo=skipped + 2, offline=True, wh=10_400)
    scene.station.overrides["GetTransactionStatus"] = {
        "ongoingIndicator": False,
        "messagesInQueue": True,
    }
    answer = await scene.ask("get_transaction_status", transaction_id=tale.name)
    assert answer["answer"] == {"ongoingIndicator": False, "messagesInQueue": True}
    for number, (trigger, state) in enumerate(
        (("StopAuthorized", "Charging"), ("ChargingStateChanged", "EVConnected")), skipped
    ):
        await tale.tells(
            "Updated",
            trigger,
            state,
            seqNo=number,
            offline=True,
            timestamp=stamp(ended_at - timedelta(seconds=10)),
        )
    (session,) = await scene.house.sessions()
    assert (session.ended_at, session.register_stop_mwh) == (ended_at, 10_400_000)
    assert SessionFlag.GAP not in session.flags
    assert scene.shows("charging", platform="switch") == "off"
    assert scene.shows("status") == "available"


async def test_a_message_that_is_repeated_counts_once(scene: Scene) -> None:
    tale = Tale(scene=scene)
    for _ in range(2):
        answer = await tale.tells(
            "Started", "Authorized", "EVConnected", card=CARD, wh=10_000, seqNo=0
        )
        assert answer == {"idTokenInfo": {"status": "Accepted"}}
    for _ in range(2):
        assert await tale.ends(seqNo=1, wh=10_500, context="Transaction.End") == {}
    (session,) = await scene.house.sessions()
    assert session.register_stop_mwh == 10_500_000
    assert not session.flags


async def test_a_whole_transaction_without_the_network_is_taken_with_its_own_times(
    scene: Scene,
) -> None:
    scene.station.go_offline()
    began = scene.house.clock.now()
    scene.station.configuration.assign("AllowOfflineTxForUnknownId", "true")
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    scene.station.present_card(1, CARD)
    await scene.moment(30 * SAMPLE_S)
    scene.station.unplug(1)
    await scene.moment(600)
    assert await scene.house.sessions() == []
    scene.from_here()
    scene.station.go_online()
    await scene.moment(120)
    told = scene.calls("TransactionEvent")
    assert (told[0].request["eventType"], told[-1].request["eventType"]) == ("Started", "Ended")
    assert all(item.request["offline"] for item in told)
    assert told[0].answer == {"idTokenInfo": {"status": "Accepted"}}
    (session,) = await scene.house.sessions()
    assert session.started_at == began
    assert session.register_stop_mwh == scene.station.register_wh() * 1000
    assert SessionFlag.OFFLINE in session.flags


async def test_an_idle_charging_without_a_card_is_free_where_anybody_may_charge(
    scene: Scene,
) -> None:
    tale = Tale(scene=scene)
    nobody = {"idToken": "", "type": "NoAuthorization"}
    answer = await tale.tells("Started", "CablePluggedIn", "Charging", wh=10_000, idToken=nobody)
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    await tale.ends(wh=10_100)
    (session,) = await scene.house.sessions()
    assert (session.id_token, session.is_open) == (None, False)


async def test_steps_of_a_transaction_whose_beginning_was_lost_open_it(scene: Scene) -> None:
    tale = Tale(scene=scene, number=3)
    await tale.tells("Updated", "MeterValuePeriodic", "Charging", wh=10_300)
    (session,) = await scene.house.sessions()
    assert session.is_open
    assert SessionFlag.RECONSTRUCTED in session.flags
    assert scene.shows("charging", platform="switch") == "on"
