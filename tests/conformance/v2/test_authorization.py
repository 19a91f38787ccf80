"""Functional block C: who may charge, and who may stop."""

from collections.abc import Mapping

from custom_components.chargestead.const import CONF_UNKNOWN_TOKENS
from custom_components.chargestead.model.session import SessionFlag
from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Car, Json

from .tale import TOKEN, Tale

REJECTING = {CONF_UNKNOWN_TOKENS: "reject"}
OTHER = "04DDEEFF"
MASTER = "04112233"
OTHER_TOKEN: Json = {**TOKEN, "idToken": OTHER}


def group(name: str) -> Mapping[str, object]:
    """Return what the answer to a card of a group says."""
    return {"status": "Accepted", "groupIdToken": {"idToken": name, "type": "Central"}}


async def test_tc_c_02_06_07_a_card_that_may_not_charge_starts_nothing(stage: Stage) -> None:
    async with stage(options=REJECTING) as scene:
        await scene.register(
            "Guest",
            {"id_token": OTHER, "blocked": True},
            {"id_token": MASTER, "expires": "2026-10-01"},
        )
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        for card, status in ((CARD, "Invalid"), (OTHER, "Blocked"), (MASTER, "Expired")):
            scene.from_here()
            scene.station.present_card(1, card)
            await scene.moment()
            scene.went(
                says(
                    "Authorize",
                    idToken={"idToken": card},
                    answer={"idTokenInfo": {"status": status}},
                )
            )
            scene.never("TransactionEvent")
            (told,) = scene.events("card")
            assert (told["event_type"], told["id_token"]) == ("rejected", card)
        assert scene.shows("status") == "preparing"
        assert await scene.house.sessions() == []


async def test_tc_c_08_20_a_remembered_card_is_decided_on_when_it_is_told(stage: Stage) -> None:
    async with stage(options=REJECTING) as scene:
        await scene.register("Ann", {"id_token": CARD})
        for card, status in ((CARD, "Accepted"), (OTHER, "Invalid")):
            scene.from_here()
            tale = Tale(scene=scene, name=card)
            assert await tale.tells("Started", "EVDetected", "Idle", wh=10_000) == {}
            await tale.tells("Updated", "CablePluggedIn", "EVConnected")
            answer = await tale.tells("Updated", "Authorized", card=card)
            assert answer["idTokenInfo"]["status"] == status
            scene.never("Authorize")
            session = (await scene.house.sessions())[-1]
            assert (SessionFlag.UNAUTHORIZED in session.flags) is (status == "Invalid")
            await tale.ends(wh=10_000)
        assert scene.shows("charging", platform="switch") == "off"


async def test_tc_c_37_38_the_cache_is_cleared_or_there_is_none(scene: Scene) -> None:
    await scene.charge()
    scene.station.unplug(1)
    await scene.moment()
    assert scene.station.access.cache
    scene.from_here()
    assert (await scene.ask("clear_cache"))["status"] == "Accepted"
    assert scene.station.access.cache == {}
    scene.station.configuration.assign("AuthorizationCacheEnabled", "false")
    told = await scene.is_refused("clear_cache")
    assert (told["action"], told["status"]) == ("ClearCache", "Rejected")
    assert [item.answer for item in scene.calls("ClearCache")] == [
        {"status": "Accepted"},
        {"status": "Rejected"},
    ]


async def test_tc_c_39_40_43_another_card_of_the_same_group_stops(scene: Scene) -> None:
    await scene.register(
        "Family", *({"id_token": card, "group": "FAMILY"} for card in (CARD, OTHER))
    )
    transaction_id = await scene.charge()
    scene.went(
        says(
            "TransactionEvent",
            eventType="Started",
            idToken=TOKEN,
            answer={"idTokenInfo": group("FAMILY")},
        )
    )
    scene.from_here()
    scene.station.present_card(1, OTHER)
    await scene.moment()
    scene.went(
        says(
            "TransactionEvent",
            eventType="Ended",
            triggerReason="StopAuthorized",
            idToken=OTHER_TOKEN,
            transactionInfo={"transactionId": transaction_id},
            answer={"idTokenInfo": group("FAMILY")},
        )
    )
    (session,) = await scene.house.sessions()
    assert (session.id_token, session.stop_id_token) == (CARD, OTHER)
    scene.station.unplug(1)
    await scene.moment()
    tale = Tale(scene=scene)
    assert (await tale.begins())["idTokenInfo"] == group("FAMILY")
    answer = await scene.station.send("Authorize", {"idToken": OTHER_TOKEN})
    assert answer == {"idTokenInfo": group("FAMILY")}
    answer = await tale.tells("Updated", "StopAuthorized", "EVConnected", card=OTHER)
    assert answer == {"idTokenInfo": group("FAMILY")}
    await tale.ends(wh=10_500)


async def test_tc_c_47_48_49_a_master_pass_stops_what_others_began(stage: Stage) -> None:
    async with stage(connectors=2, options=REJECTING) as scene:
        await scene.register("Ann", {"id_token": CARD})
        await scene.register("Ben", {"id_token": OTHER})
        await scene.register("Warden", {"id_token": MASTER, "group": "MASTER"})
        for shown in (MASTER, None):
            tales = [Tale(scene=scene, name=f"{number}-{shown}", evse=number) for number in (1, 2)]
            for tale, card in zip(tales, (CARD, OTHER), strict=True):
                assert (await tale.begins(card=card))["idTokenInfo"]["status"] == "Accepted"
            answer = await scene.station.send(
                "Authorize", {"idToken": {**TOKEN, "idToken": MASTER}}
            )
            assert answer == {"idTokenInfo": group("MASTER")}
            for tale, card in zip(tales, (CARD, OTHER), strict=True):
                running = scene.shows("charging", tale.evse, platform="switch")
                assert running == "on", "each is stopped by itself"
                answer = await tale.ends(
                    "StopAuthorized", "MasterPass", card=shown or card, wh=10_200
                )
                assert answer["idTokenInfo"]["status"] == "Accepted"
                assert ("groupIdToken" in answer["idTokenInfo"]) is (shown is not None)
                assert scene.shows("charging", tale.evse, platform="switch") == "off"
            for session in (await scene.house.sessions())[-2:]:
                assert (session.is_open, session.stop_reason) == (False, "MasterPass")


async def test_a_contract_counts_by_its_token_but_is_believed_only_where_the_station_verified_it(
    scene: Scene,
) -> None:
    """Whether it was revoked is asked of nobody outside the house, and so not claimed."""
    contract = {"idToken": "DE8AAA123456", "type": "eMAID"}
    hashes = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "aa",
        "issuerKeyHash": "bb",
        "serialNumber": "0c",
        "responderURL": "http://ocsp",
    }
    answer = await scene.station.send(
        "Authorize", {"idToken": contract, "iso15118CertificateHashData": [hashes]}
    )
    assert answer == {
        "idTokenInfo": {"status": "Accepted"},
        "certificateStatus": "NoCertificateAvailable",
    }
    answer = await scene.station.send("Authorize", {"idToken": contract, "certificate": "PEM"})
    assert answer == {
        "idTokenInfo": {"status": "Invalid"},
        "certificateStatus": "CertChainError",
    }


async def test_a_card_in_use_elsewhere_is_refused_where_the_house_says_so(stage: Stage) -> None:
    async with stage(connectors=2, options={"several_sessions": False}) as scene:
        first, second = (Tale(scene=scene, name=f"t{number}", evse=number) for number in (1, 2))
        assert (await first.begins())["idTokenInfo"]["status"] == "Accepted"
        answer = await second.tells("Started", "Authorized", "EVConnected", card=CARD)
        assert answer["idTokenInfo"]["status"] == "ConcurrentTx"


async def test_a_start_from_afar_is_for_a_token_of_the_house(scene: Scene) -> None:
    scene.from_here()
    await scene.ask("start_session")
    scene.went(
        is_asked(
            "RequestStartTransaction",
            idToken={"idToken": "CHARGESTEAD", "type": "Central"},
            groupIdToken=ABSENT,
        )
    )
