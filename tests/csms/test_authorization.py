"""Which tokens may charge: one decision, worded for every message and version."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from custom_components.chargestead.csms.authorization import Authorization, AuthorizationStatus
from custom_components.chargestead.csms.tokens import Tokens
from custom_components.chargestead.model.commands import StartSession
from custom_components.chargestead.model.config import SiteConfig, StationConfig, UnknownTokens
from custom_components.chargestead.model.driver import Driver, DriverToken, TokenOrigin, TokenType
from custom_components.chargestead.model.errors import StationOfflineError
from custom_components.chargestead.model.events import CardPresented
from custom_components.chargestead.model.session import SessionFlag
from custom_components.chargestead.model.station import OcppVersion

from .transaction_fixtures import NOON, STATION, House, flags_of, stamp
from .v2.desk import Desk

ANNA = Driver(
    driver_id="anna",
    name="Anna",
    tokens=(
        DriverToken(id_token="04AABBCC", group="FAMILY"),
        DriverToken(id_token="LOST", blocked=True, group="FAMILY"),
    ),
)
BEN = Driver(
    driver_id="ben",
    name="Ben",
    tokens=(
        DriverToken(id_token="GUEST", expires_at=NOON + timedelta(hours=1)),
        DriverToken(id_token="Ben's", type=TokenType.KEY_CODE, group="FAMILY"),
    ),
)
STRICT = SiteConfig(
    unknown_tokens=UnknownTokens.REJECT, default_id_token="HOUSE", drivers=(ANNA, BEN)
)
GARAGE = StationConfig(station_id=STATION, default_id_token="Garage", configure=False)


def strict(**changes: Any) -> House:  # noqa: ANN401
    """Return a house where only registered tokens may charge."""
    return House(site=_site(**changes), config=GARAGE)


def _site(**changes: Any) -> SiteConfig:  # noqa: ANN401
    fields = {name: getattr(STRICT, name) for name in STRICT.__slots__}
    return SiteConfig(**(fields | changes))


def decider(house: House) -> Authorization:
    """Return who decides."""
    return house.station.authorization


@pytest.mark.parametrize("id_token", ["HOUSE", "house", "GARAGE", " garage\t"])
async def test_the_tokens_we_start_with_are_always_welcome(id_token: str) -> None:
    async with strict() as house:
        decision = decider(house).decide(id_token)
        assert decision.accepted
        assert decision.origin is TokenOrigin.OWN


async def test_a_token_of_a_driver_that_we_start_with_is_both() -> None:
    async with strict(default_id_token="lost") as house:
        decision = decider(house).decide("LOST")
        assert decision.accepted, "what we start with ourselves we do not block"
        assert decision.driver is ANNA
        assert decision.group == "FAMILY"


@pytest.mark.parametrize("policy", [UnknownTokens.ACCEPT, UnknownTokens.RECORD])
async def test_other_tokens_and_none_are_welcome_where_the_house_says_so(
    policy: UnknownTokens,
) -> None:
    async with strict(unknown_tokens=policy) as house:
        for id_token in ("OTHER", "", None):
            assert decider(house).decide(id_token).accepted


@pytest.mark.parametrize("id_token", ["OTHER", "", None])
async def test_other_tokens_and_none_are_turned_away_where_it_does_not(
    id_token: str | None,
) -> None:
    async with strict() as house:
        decision = decider(house).decide(id_token)
        assert decision.status is AuthorizationStatus.INVALID
        assert decision.origin is TokenOrigin.UNKNOWN


@pytest.mark.parametrize("id_token", ["04AABBCC", "04aabbcc", " 04AABbCC ", "04AABBCC\0"])
async def test_drivers_are_known_by_their_tokens_however_stations_write_them(id_token: str) -> None:
    async with strict() as house:
        decision = decider(house).decide(id_token)
        assert decision.accepted
        assert decision.driver is ANNA
        assert decision.origin is TokenOrigin.DRIVER


@pytest.mark.parametrize("policy", list(UnknownTokens))
async def test_a_blocked_token_is_blocked_whoever_else_may_charge(policy: UnknownTokens) -> None:
    async with strict(unknown_tokens=policy) as house:
        assert decider(house).decide("lost").status is AuthorizationStatus.BLOCKED


async def test_a_token_expires_at_its_moment() -> None:
    async with strict() as house:
        house.clock.go_to(3599)
        assert decider(house).decide("GUEST").accepted
        house.clock.go_to(3600)
        decision = decider(house).decide("GUEST")
        assert decision.status is AuthorizationStatus.EXPIRED
        assert decision.expires_at == NOON + timedelta(hours=1)
        assert decider(house).decide("GUEST", at=NOON).accepted, "it was good then"


async def test_a_token_that_two_have_is_the_first_ones() -> None:
    other = Driver(driver_id="other", name="Other", tokens=(DriverToken(id_token="04aabbcc"),))
    assert Tokens((ANNA, other)).driver_id("04AABBCC") == "anna"


async def test_changed_drivers_hold_from_the_next_question_on() -> None:
    async with strict() as house:
        house.site.configure(_site(drivers=(BEN,)))
        assert decider(house).decide("04AABBCC").status is AuthorizationStatus.INVALID
        house.site.configure(_site(drivers=(ANNA,)))
        assert decider(house).decide("04AABBCC").accepted


async def test_whoever_we_start_a_session_for_is_expected_for_a_while() -> None:
    async with strict() as house:
        for id_token in ("VISITOR", "LOST"):
            with pytest.raises(StationOfflineError):
                await house.station.command(StartSession(connector_id=1, id_token=id_token))
            assert not decider(house).decide(id_token).accepted, "nothing went out"
        for id_token in ("VISITOR", "LOST"):
            decider(house).invite(id_token)
        decision = decider(house).decide("visitor")
        assert (decision.accepted, decision.origin) == (True, TokenOrigin.OWN)
        assert decider(house).decide("LOST").status is AuthorizationStatus.BLOCKED
        number = await house.start(60, 0, id_tag="VISITOR")
        assert not (await house.session(number)).flags
        house.clock.advance(601)
        assert decider(house).decide("VISITOR").accepted, "who charges may stop"
        stopped = await house.stop(number, 700, 0, idTag="VISITOR")
        assert stopped == {"idTagInfo": {"status": "Accepted"}}
        assert decider(house).decide("VISITOR").status is AuthorizationStatus.INVALID


async def test_only_so_many_are_expected() -> None:
    async with strict() as house:
        for number in range(30):
            decider(house).invite(f"VISITOR-{number}")
        assert not decider(house).decide("VISITOR-0").accepted
        assert decider(house).decide("VISITOR-29").accepted


async def test_a_card_that_was_welcome_may_stop_after_the_house_became_strict() -> None:
    async with strict(unknown_tokens=UnknownTokens.ACCEPT) as house:
        number = await house.start(0, 0, id_tag="OTHER")
        house.site.configure(STRICT)
        assert decider(house).decide("OTHER").accepted
        unwelcome = await house.start(10, 0, id_tag="UNKNOWN")
        assert flags_of(await house.session(unwelcome)) == {"unauthorized"}
        assert not decider(house).decide("UNKNOWN").accepted, "it never was"
        assert not decider(house).decide("OTHER").accepted, f"{number} is over"


# OCPP 1.6


@pytest.mark.parametrize(
    ("id_tag", "info"),
    [
        ("04AABBCC", {"status": "Accepted", "parentIdTag": "FAMILY"}),
        ("LOST", {"status": "Blocked", "parentIdTag": "FAMILY"}),
        ("GUEST", {"status": "Accepted", "expiryDate": "2026-03-01T13:00:00.000Z"}),
        ("OTHER", {"status": "Invalid"}),
        ("HOUSE", {"status": "Accepted"}),
    ],
)
async def test_every_answer_of_1_6_tells_the_same(id_tag: str, info: dict[str, str]) -> None:
    async with strict() as house:
        assert await house.say("Authorize", idTag=id_tag) == {"idTagInfo": info}
        answer = await house.say(
            "StartTransaction", connectorId=1, idTag=id_tag, meterStart=0, timestamp=stamp(0)
        )
        assert answer["idTagInfo"] == info
        session = await house.session(answer["transactionId"])
        assert (SessionFlag.UNAUTHORIZED in session.flags) is (info["status"] != "Accepted")
        stopped = await house.stop(answer["transactionId"], 5, 0, idTag=id_tag)
        assert stopped == {"idTagInfo": info}


async def test_a_group_too_long_for_1_6_is_left_out() -> None:
    driver = Driver(driver_id="d", name="D", tokens=(DriverToken(id_token="CARD", group="G" * 21),))
    async with strict(drivers=(driver,)) as house:
        assert await house.say("Authorize", idTag="CARD") == {"idTagInfo": {"status": "Accepted"}}


async def test_news_of_a_card_tell_whose_it_is() -> None:
    async with strict() as house:
        for id_tag in ("04aabbcc", "OTHER", "HOUSE"):
            await house.say("Authorize", idTag=id_tag)
        cards = [event for event in house.events if isinstance(event, CardPresented)]
        assert [(card.accepted, card.origin, card.driver_id) for card in cards] == [
            (True, TokenOrigin.DRIVER, "anna"),
            (False, TokenOrigin.UNKNOWN, None),
            (True, TokenOrigin.OWN, None),
        ]


async def test_what_was_charged_offline_with_a_card_that_was_good_then_is_authorized() -> None:
    async with strict() as house:
        house.clock.go_to(7200)
        number = await house.start(1800, 0, id_tag="GUEST")
        assert flags_of(await house.session(number)) == {"offline"}


# One token, several connectors


async def start_on(house: House, connector: int, seconds: int, id_tag: str = "04AABBCC") -> Any:  # noqa: ANN401
    """Say StartTransaction and return the whole answer."""
    house.clock.go_to(seconds)
    return await house.say(
        "StartTransaction",
        connectorId=connector,
        idTag=id_tag,
        meterStart=0,
        timestamp=stamp(seconds),
    )


async def test_one_token_may_charge_at_several_connectors() -> None:
    async with strict() as house:
        await start_on(house, 1, 0)
        assert (await start_on(house, 2, 5))["idTagInfo"]["status"] == "Accepted"


async def test_a_token_for_one_session_at_a_time_is_told_so() -> None:
    async with strict(several_sessions=False) as house:
        first = await start_on(house, 1, 0)
        assert first["idTagInfo"]["status"] == "Accepted"
        second = await start_on(house, 2, 5, "04aabbcc")
        assert second["idTagInfo"] == {"status": "ConcurrentTx", "parentIdTag": "FAMILY"}
        assert flags_of(await house.session(second["transactionId"])) == {"unauthorized"}
        authorized = await house.say("Authorize", idTag="04AABBCC")
        assert authorized["idTagInfo"]["status"] == "Accepted", "it may want to stop"
        stopped = await house.stop(first["transactionId"], 10, 0, idTag="04AABBCC")
        assert stopped["idTagInfo"]["status"] == "Accepted"


async def test_neither_a_repeated_start_nor_the_next_on_the_connector_is_elsewhere() -> None:
    async with strict(several_sessions=False) as house:
        first = await start_on(house, 1, 0)
        assert await start_on(house, 1, 0) == first
        assert (await start_on(house, 1, 30))["idTagInfo"]["status"] == "Accepted"


async def test_own_tokens_may_charge_everywhere_at_once() -> None:
    async with strict(several_sessions=False) as house:
        for connector, id_tag in enumerate(("HOUSE", "HOUSE", "Garage", "Garage"), 1):
            answer = await start_on(house, connector, connector, id_tag)
            assert answer["idTagInfo"]["status"] == "Accepted"


async def test_a_blocked_token_is_not_called_busy() -> None:
    async with strict(several_sessions=False) as house:
        await start_on(house, 1, 0, "LOST")
        assert (await start_on(house, 2, 5, "LOST"))["idTagInfo"]["status"] == "Blocked"


async def test_what_happened_offline_is_kept_and_not_judged_by_who_charges_now() -> None:
    async with strict(several_sessions=False) as house:
        await start_on(house, 1, 0)
        house.clock.go_to(900)
        late = await house.say(
            "StartTransaction", connectorId=2, idTag="04AABBCC", meterStart=0, timestamp=stamp(5)
        )
        assert late["idTagInfo"]["status"] == "Accepted"
        assert flags_of(await house.session(late["transactionId"])) == {"offline"}


async def test_a_session_at_another_station_counts_too() -> None:
    async with strict(several_sessions=False) as house:
        other = await house.site.add_station(StationConfig(station_id="OTHER"))
        await start_on(house, 1, 0)
        assert other.authorization.decide("04AABBCC").accepted
        house.station, first = other, house.station
        house.clock.go_to(5)
        assert (await start_on(house, 1, 5))["idTagInfo"]["status"] == "ConcurrentTx"
        assert first.transactions.current(1) is not None


# OCPP 2.0.1 and 2.1


def token(id_token: str, kind: str = "ISO14443") -> dict[str, str]:
    """Return an IdTokenType."""
    return {"idToken": id_token, "type": kind}


def event(kind: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a TransactionEvent."""
    return {
        "eventType": kind,
        "timestamp": "2026-01-01T00:00:00Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "T1"},
        "evse": {"id": 1, "connectorId": 1},
        **more,
    }


@pytest.fixture(params=[OcppVersion.V201, OcppVersion.V21])
async def desk(request: pytest.FixtureRequest) -> Desk:
    """Return a station of a strict house."""
    desk = Desk(request.param, connectors=2)
    running = desk.station.transactions.running_sessions
    object.__setattr__(desk.station.around, "site", lambda: _site(several_sessions=False))
    object.__setattr__(desk.station.around, "running", running)
    return desk


async def hand(desk: Desk, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Hand a message over and return what is said of the token."""
    reply = desk.hand(action, payload)
    assert isinstance(reply, Awaitable)
    answer = await reply
    assert not isinstance(answer, Exception)
    return dict(answer["idTokenInfo"])


@pytest.mark.parametrize(
    ("id_token", "info"),
    [
        ("04AABBCC", {"status": "Accepted", "groupIdToken": token("FAMILY", "Central")}),
        ("LOST", {"status": "Blocked", "groupIdToken": token("FAMILY", "Central")}),
        ("GUEST", {"status": "Accepted", "cacheExpiryDateTime": "2026-03-01T13:00:00.000Z"}),
        ("OTHER", {"status": "Invalid"}),
        ("HOUSE", {"status": "Accepted"}),
    ],
)
async def test_every_answer_of_2_tells_the_same(
    desk: Desk, id_token: str, info: dict[str, Any]
) -> None:
    assert await hand(desk, "Authorize", {"idToken": token(id_token)}) == info
    for kind in ("Started", "Updated", "Ended"):
        assert await hand(desk, "TransactionEvent", event(kind, idToken=token(id_token))) == info
    (session,) = desk.kept.values()
    assert (SessionFlag.UNAUTHORIZED in session.flags) is (info["status"] != "Accepted")
    cards = [item for item in desk.events if isinstance(item, CardPresented)]
    assert {card.type for card in cards} == {TokenType.ISO14443}


async def test_a_token_that_comes_late_is_busy_too_and_one_that_stops_is_not(desk: Desk) -> None:
    first = event("Started", idToken=token("04AABBCC"))
    assert (await hand(desk, "TransactionEvent", first))["status"] == "Accepted"
    there = {"transactionInfo": {"transactionId": "T2"}, "evse": {"id": 2}}
    await desk.hand("TransactionEvent", event("Started", **there, triggerReason="CablePluggedIn"))
    late = event("Updated", **there, seqNo=1, idToken=token("04AABBCC"))
    assert (await hand(desk, "TransactionEvent", late))["status"] == "ConcurrentTx"
    stop = event(
        "Updated", **there, seqNo=2, idToken=token("04AABBCC"), triggerReason="StopAuthorized"
    )
    assert (await hand(desk, "TransactionEvent", stop))["status"] == "Accepted"
    ended = event("Ended", seqNo=1, idToken=token("04AABBCC"), triggerReason="StopAuthorized")
    assert (await hand(desk, "TransactionEvent", ended))["status"] == "Accepted"


async def test_nobody_was_asked_is_as_good_as_an_unknown_token(desk: Desk) -> None:
    nobody = {"idToken": {"idToken": "", "type": "NoAuthorization"}}
    assert await hand(desk, "Authorize", nobody) == {"status": "Invalid"}


@pytest.mark.parametrize(
    ("id_token", "kind"),
    [("04AABBCC", "ISO14443"), ("Ben's", "KeyCode"), ("HOUSE", "Central"), ("X", "Central")],
)
async def test_a_session_is_started_with_the_kind_of_token_the_driver_has(
    desk: Desk, id_token: str, kind: str
) -> None:
    request = desk.station.adapter.request(StartSession(connector_id=1, id_token=id_token))
    assert request.payload["idToken"] == token(id_token, kind)
