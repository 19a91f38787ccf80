"""Prices from Home Assistant: every action asked as it wants to be, politely, and nothing lost when it fails."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
import voluptuous as vol

from custom_components.chargestead import price_sources
from custom_components.chargestead.model.price import PriceSeries
from custom_components.chargestead.price_actions import PRICE_ACTIONS
from custom_components.chargestead.price_sources import (
    ActionPrices,
    PriceSource,
    PriceSourceConfig,
    price_source,
)

from .price_fixtures import CET, DAY, HOUR, INTEGRATIONS, QUARTER, Market, day_starts, price_of

TODAY = date(2026, 11, 25)
TOMORROW = TODAY + DAY


def local(hour: int, minute: int = 0, second: int = 0, day: date = TODAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=CET).astimezone(UTC)


@pytest.fixture(autouse=True)
async def _morning_in_stockholm(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("Europe/Stockholm")
    freezer.move_to(local(9))


@pytest.fixture
def market(hass: HomeAssistant) -> Market:
    """Return a market that has published today's prices."""
    return Market(hass, published_to=TODAY)


class Heard(list[PriceSeries]):
    """What a source called back with."""


@pytest.fixture
def sources() -> list[PriceSource]:
    """Return the sources that are stopped after the test."""
    return []


@pytest.fixture
def start(hass: HomeAssistant, sources: list[PriceSource]) -> Any:  # noqa: ANN401 - a function
    """Return how to start a source and wait for what it learns."""

    async def start(heard: Heard | None = None, **config: Any) -> PriceSource:  # noqa: ANN401
        source = price_source(
            hass, PriceSourceConfig(**config), (Heard() if heard is None else heard).append
        )
        sources.append(source)
        source.async_start()
        await hass.async_block_till_done(wait_background_tasks=True)
        return source

    return start


@pytest.fixture(autouse=True)
def _stop(sources: list[PriceSource]) -> Any:  # noqa: ANN401 - a generator
    yield
    for source in sources:
        source.async_stop()


async def move_to(hass: HomeAssistant, freezer: FrozenDateTimeFactory, moment: datetime) -> None:
    """Let time pass to a moment, calling what is due on the way every minute."""
    while dt_util.utcnow() < moment:
        freezer.move_to(min(dt_util.utcnow() + timedelta(minutes=1), moment))
        async_fire_time_changed(hass, dt_util.utcnow())
        await hass.async_block_till_done(wait_background_tasks=True)


def integration_of(key: str) -> str:
    return key if key in INTEGRATIONS else PRICE_ACTIONS[key].domain


@pytest.mark.parametrize("minutes", [15, 60])
@pytest.mark.parametrize("key", PRICE_ACTIONS)
async def test_each_action_is_asked_as_its_schema_wants_and_its_answer_read(
    key: str,
    minutes: int,
    market: Market,
    start: Any,  # noqa: ANN401
) -> None:
    action = PRICE_ACTIONS[key]
    entry = INTEGRATIONS[integration_of(key)].register(market, action.domain)
    box = {"nordpool": "SE3", "omie": "pt"}.get(key)
    source = await start(action=key, entry_id=entry.entry_id, box=box, quarters=minutes == 15)
    assert source.problem is None
    begin = local(0) if action.by_day else local(9)
    assert source.series.covers(begin, local(20))
    for at in (local(9), local(11, 20), local(19, 59)):
        hour = at.replace(minute=0)
        assert source.series.price_at(at) == Decimal(str(price_of(hour)))
    has_both = action.domain in ("energyzero", "easyenergy")
    steps = {slot.duration for slot in source.series}
    if has_both:
        assert steps == {timedelta(minutes=minutes)}
    assert source.currency == {"nordpool": "SEK", "tibber": None}.get(
        key, "AUD" if action.domain == "amberelectric" else "EUR"
    )
    assert source.counters["answered"] >= 1
    assert not [name for name in source.counters.as_dict() if name.startswith("failed")]


async def test_yesterday_is_asked_for_at_the_start_since_sessions_may_wait_for_it(
    market: Market,
    start: Any,  # noqa: ANN401
) -> None:
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    source = await start(action="nordpool", entry_id=entry.entry_id, box="SE3")
    assert market.days_asked() == ["2026-11-24", "2026-11-25", "2026-11-26"]
    assert source.series.start == local(0) - DAY
    assert source.series.end == local(0) + DAY


async def test_tomorrow_is_asked_for_every_ten_minutes_until_it_is_published(
    hass: HomeAssistant,
    market: Market,
    start: Any,  # noqa: ANN401
    freezer: FrozenDateTimeFactory,
) -> None:
    heard = Heard()
    entry = INTEGRATIONS["omie"].register(market, "omie")
    source = await start(heard, action="omie", entry_id=entry.entry_id, box="es")
    market.days_asked()
    await move_to(hass, freezer, local(13) - timedelta(seconds=1))
    assert market.days_asked() == ["2026-11-25"] * 2 + ["2026-11-26"]
    await move_to(hass, freezer, local(13, 35))
    assert market.days_asked() == ["2026-11-26"] * 4
    assert source.problem is None
    assert len(heard) == 2
    market.published_to = TOMORROW
    await move_to(hass, freezer, local(13, 45))
    assert market.days_asked() == ["2026-11-26"]
    assert len(heard) == 3
    assert heard[-1].covers(local(0), local(0) + 2 * DAY)
    await move_to(hass, freezer, local(16))
    assert market.days_asked() == ["2026-11-25", "2026-11-26"] * 2


def _reset(error: BaseException) -> Callable[[Market], None]:
    def spoil(market: Market) -> None:
        market.error = error

    return spoil


def _garbage(content: object) -> Callable[[Market], None]:
    def spoil(market: Market) -> None:
        market.garbage = content

    return spoil


@pytest.mark.parametrize(
    ("spoil", "counter"),
    [
        (_reset(ServiceValidationError("entry_not_loaded")), "failed_ServiceValidationError"),
        (_reset(HomeAssistantError("cannot_connect")), "failed_HomeAssistantError"),
        (_reset(TimeoutError()), "failed_TimeoutError"),
        (_reset(ZeroDivisionError("oops")), "failed_ZeroDivisionError"),
        (_reset(vol.Invalid("no")), "failed_Invalid"),
        (_garbage({}), "failed_no_prices"),
        (_garbage({"SE3": None}), "failed_no_prices"),
        (_garbage({"SE3": [{"start": "soon", "price": "cheap"}]}), "failed_no_prices"),
        (_garbage([1, 2]), "failed_HomeAssistantError"),
        (lambda market: market.hass.services.async_remove("nordpool", "get_prices_for_date"), "failed_ServiceNotFound"),
    ],
)  # fmt: skip
async def test_whatever_goes_wrong_is_counted_and_the_last_good_prices_stay(
    spoil: Callable[[Market], None],
    counter: str,
    hass: HomeAssistant,
    market: Market,
    start: Any,  # noqa: ANN401
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    source = await start(action="nordpool", entry_id=entry.entry_id, box="SE3")
    good = source.series
    spoil(market)
    await move_to(hass, freezer, local(11))
    assert source.series == good
    assert source.problem
    assert source.counters[counter] == 6
    shown = source.as_dict()
    assert shown["problem"] == source.problem
    assert shown["counters"][counter] == 6
    assert shown["known_to"] == good.end


async def test_a_source_that_comes_late_is_found_soon(
    hass: HomeAssistant,
    market: Market,
    start: Any,  # noqa: ANN401
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    market.error = HomeAssistantError("starting")
    source = await start(action="nordpool", entry_id=entry.entry_id, box="SE3")
    assert not source.series.slots
    await move_to(hass, freezer, local(9, 2))
    market.error = None
    await move_to(hass, freezer, local(9, 6))
    assert source.problem is None
    assert source.series.covers(local(0), local(0) + DAY)
    assert caplog.text.count("cannot be had") == 1
    assert caplog.text.count("can be had again") == 1


@pytest.fixture
def silent(hass: HomeAssistant, market: Market) -> PriceSource:
    """Return a source whose action does not answer."""
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    never = hass.loop.create_future()

    async def hang(_call: ServiceCall) -> None:
        await never

    hass.services.async_register(
        "nordpool", "get_prices_for_date", hang, supports_response=SupportsResponse.ONLY
    )
    config = PriceSourceConfig(action="nordpool", entry_id=entry.entry_id, box="SE3")
    return price_source(hass, config, lambda _series: pytest.fail("nothing was told"))


async def test_an_action_that_never_answers_is_given_up(
    silent: PriceSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(silent, ActionPrices)
    monkeypatch.setattr(price_sources, "_ANSWER_S", 0)
    assert not await silent.async_ask([TODAY])
    assert silent.counters["failed_TimeoutError"] == 1
    assert silent.problem == "TimeoutError"


async def test_an_entry_that_is_gone_is_told(start: Any) -> None:  # noqa: ANN401
    source = await start(action="tibber", entry_id="gone")
    assert source.counters["failed_no_entry"] == 1
    assert source.problem == "there is no entry gone"


async def test_a_stopped_source_asks_no_more(
    hass: HomeAssistant,
    market: Market,
    start: Any,  # noqa: ANN401
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    source = await start(action="nordpool", entry_id=entry.entry_id, box="SE3")
    market.calls.clear()
    source.async_stop()
    await move_to(hass, freezer, local(14))
    assert market.calls == []


async def test_a_source_stopped_while_it_asks_sets_no_timer(
    hass: HomeAssistant, silent: PriceSource
) -> None:
    silent.async_start()
    await hass.async_block_till_done()
    assert silent.counters["asked"] == 1
    silent.async_stop()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert silent._timer is None
    assert silent.counters.as_dict() == {"asked": 1}


async def test_past_days_can_be_asked_for_so_that_a_provisional_cost_becomes_final(
    market: Market,
    start: Any,  # noqa: ANN401
) -> None:
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    source = await start(action="nordpool", entry_id=entry.entry_id, box="SE3")
    assert isinstance(source, ActionPrices)
    past = TODAY - 3 * DAY
    assert source.series.price_at(local(12, day=past)) is None
    assert await source.async_ask([past])
    assert source.series.price_at(local(12, day=past)) == Decimal(
        str(price_of(local(12, day=past)))
    )


@pytest.mark.parametrize("zone", ["Europe/Helsinki", "Europe/Lisbon", "Europe/Paris"])
async def test_a_house_whose_day_is_not_the_markets_day_knows_its_whole_day(
    zone: str,
    hass: HomeAssistant,
    market: Market,
    start: Any,  # noqa: ANN401
) -> None:
    await hass.config.async_set_time_zone(zone)
    market.published_to = TOMORROW
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    source = await start(action="nordpool", entry_id=entry.entry_id, box="SE3")
    today = dt_util.as_utc(dt_util.start_of_local_day())
    assert source.series.covers(today, today + DAY)


async def test_homes_to_choose_from_are_named(
    market: Market,
    start: Any,  # noqa: ANN401
) -> None:
    entry = INTEGRATIONS["tibber"].register(market, "tibber")
    both = {"Home": [0.25], "Summer house": [0.75]}
    market.garbage = {
        "prices": {
            home: [
                {"start_time": at.isoformat(), "price": prices[0]}
                for at in day_starts(TODAY, QUARTER)
            ]
            for home, prices in both.items()
        }
    }
    source = await start(action="tibber", entry_id=entry.entry_id)
    assert source.choices == ("Home", "Summer house")
    assert source.series.price_at(local(12)) == Decimal("0.25")
    chosen = await start(action="tibber", entry_id=entry.entry_id, box="Summer house")
    assert chosen.choices == ()
    assert chosen.series.price_at(local(12)) == Decimal("0.75")


async def test_a_listener_that_fails_does_not_end_the_asking(
    hass: HomeAssistant,
    market: Market,
    sources: list[PriceSource],
    freezer: FrozenDateTimeFactory,
) -> None:
    def fail(_series: PriceSeries) -> None:
        raise RuntimeError("listener")

    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    config = PriceSourceConfig(action="nordpool", entry_id=entry.entry_id, box="SE3")
    source = price_source(hass, config, fail)
    sources.append(source)
    source.async_start()
    market.days_asked()
    await move_to(hass, freezer, local(10, 5))
    assert market.days_asked() == ["2026-11-25"]
    assert source.counters["failed_to_pass_on"] == 2
    assert source.series.covers(local(0), local(0) + DAY)


@pytest.mark.parametrize(("day", "slots"), [(date(2026, 10, 25), 100), (date(2027, 3, 28), 92)])
async def test_days_of_other_lengths_are_known_whole(
    day: date,
    slots: int,
    market: Market,
    start: Any,  # noqa: ANN401
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.move_to(local(9, day=day))
    market.published_to = day
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    source = await start(action="nordpool", entry_id=entry.entry_id, box="SE3")
    assert len(source.series.between(local(0, day=day), local(0, day=day + DAY))) == slots
    assert source.findings["day +0"] == ()


async def test_a_currency_that_changes_is_not_mixed_in(
    hass: HomeAssistant,
    market: Market,
    start: Any,  # noqa: ANN401
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    source = await start(action="nordpool", entry_id=entry.entry_id, box="SE3")
    good = source.series
    hass.config_entries.async_update_entry(entry, data={"areas": ["SE3"], "currency": "EUR"})
    await move_to(hass, freezer, local(10, 5))
    assert source.series == good
    assert source.currency == "SEK"
    assert source.counters["finding_currency_differs"] >= 1
    assert source.problem


async def test_prices_of_long_ago_are_let_go(
    hass: HomeAssistant,
    market: Market,
    start: Any,  # noqa: ANN401
    freezer: FrozenDateTimeFactory,
) -> None:
    entry = INTEGRATIONS["nordpool"].register(market, "nordpool")
    source = await start(action="nordpool", entry_id=entry.entry_id, box="SE3")
    freezer.move_to(local(9, day=TODAY + 20 * DAY))
    market.published_to = TODAY + 20 * DAY
    async_fire_time_changed(hass, dt_util.utcnow())
    await hass.async_block_till_done(wait_background_tasks=True)
    assert source.series.start == local(0, day=TODAY + 20 * DAY)


@pytest.mark.parametrize(
    "config",
    [
        PriceSourceConfig(action="nordpool", entry_id="1", box="SE3", quarters=True),
        PriceSourceConfig(entity_ids=("sensor.a", "sensor.b"), unit="ct/kWh", currency="EUR"),
        PriceSourceConfig(entity_ids=("sensor.a",), current_only=True, value_key="total"),
        PriceSourceConfig(),
    ],
)
def test_a_config_comes_back_from_what_is_stored(config: PriceSourceConfig) -> None:
    assert PriceSourceConfig.from_dict(config.as_dict() | {"of_a_later_version": 1}) == config


def hourly(day: date, factor: float = 1) -> list[dict[str, Any]]:
    """Return a day's prices as the Nord Pool integration from HACS tells them."""
    return [
        {
            "start": at.astimezone(CET),
            "end": (at + HOUR).astimezone(CET),
            "value": round(price_of(at) * factor, 4),
        }
        for at in day_starts(day, HOUR)
    ]


async def test_the_lists_of_an_entity_are_followed(
    hass: HomeAssistant,
    start: Any,  # noqa: ANN401
) -> None:
    heard = Heard()
    attributes = {"unit_of_measurement": "Öre/kWh", "currency": "SEK"}
    told = attributes | {"raw_today": hourly(TODAY, 100), "raw_tomorrow": []}
    hass.states.async_set("sensor.nordpool", "5.1", told)
    source = await start(heard, entity_ids=("sensor.nordpool",))
    assert source.series.price_at(local(9, 30)) == Decimal(str(price_of(local(9))))
    assert source.currency == "SEK"
    hass.states.async_set("sensor.nordpool", "5.2", told)
    await hass.async_block_till_done()
    assert source.counters["entity_read"] == 1
    told = told | {"raw_tomorrow": hourly(TOMORROW, 100)}
    hass.states.async_set("sensor.nordpool", "5.2", told)
    await hass.async_block_till_done()
    assert [series.end for series in heard] == [local(0) + DAY, local(0) + 2 * DAY]
    hass.states.async_set("sensor.nordpool", "unavailable")
    hass.states.async_remove("sensor.nordpool")
    await hass.async_block_till_done()
    assert source.series == heard[-1]
    assert source.counters["entity_unavailable"] == 2
    assert source.problem == "sensor.nordpool is not available"
    source.async_stop()
    hass.states.async_set("sensor.nordpool", "5.2", attributes | {"raw_today": hourly(TODAY, 200)})
    await hass.async_block_till_done()
    assert len(heard) == 2


async def test_rates_spread_over_several_entities_make_one_series(
    hass: HomeAssistant,
    start: Any,  # noqa: ANN401
) -> None:
    ids = [f"event.octopus_{which}_day_rates" for which in ("previous", "current", "next")]
    for n, entity_id in enumerate(ids):
        rates = [
            {
                "start": at.isoformat(),
                "end": (at + HOUR / 2).isoformat(),
                "value_inc_vat": (0.2, 0.3, 0.4)[n],
            }
            for at in day_starts(TODAY + (n - 1) * DAY, HOUR / 2)
        ]
        hass.states.async_set(entity_id, "2026-11-25T00:00:00", {"rates": rates})
    source = await start(entity_ids=tuple(ids))
    assert source.series.covers(local(0) - DAY, local(0) + 2 * DAY)
    assert source.series.price_at(local(12)) == Decimal("0.3")
    assert source.currency == "GBP"


async def test_a_current_price_is_known_until_the_quarter_ends_and_as_long_as_it_is_told(
    hass: HomeAssistant,
    start: Any,  # noqa: ANN401
    freezer: FrozenDateTimeFactory,
) -> None:
    unit = {"unit_of_measurement": "ct/kWh"}
    freezer.move_to(local(9, 5))
    hass.states.async_set("sensor.price", "31.5", unit)
    source = await start(entity_ids=("sensor.price",), current_only=True)
    assert [(s.start, s.end, s.price) for s in source.series] == [
        (local(9, 5), local(9, 15), Decimal("0.315"))
    ]
    await move_to(hass, freezer, local(9, 40))
    assert source.series.covers(local(9, 5), local(9, 45))
    hass.states.async_set("sensor.price", "28", unit)
    await hass.async_block_till_done()
    assert source.series.price_at(local(9, 39)) == Decimal("0.315")
    assert source.series.price_at(local(9, 41)) == Decimal("0.28")
    await move_to(hass, freezer, local(10, 0, 7))
    hass.states.async_set("sensor.price", "-3", unit)
    await hass.async_block_till_done()
    assert source.series.price_at(local(10)) == Decimal("-0.03")
    await move_to(hass, freezer, local(10, 5))
    hass.states.async_set("sensor.price", "unavailable", unit)
    await hass.async_block_till_done()
    await move_to(hass, freezer, local(11))
    assert source.series.end == local(10, 5)
    assert source.problem
    hass.states.async_set("sensor.price", "30", unit)
    await hass.async_block_till_done()
    assert source.series.price_at(local(10, 30)) is None
    assert source.series.price_at(local(11, 1)) == Decimal("0.3")
    assert source.problem is None


@pytest.mark.parametrize("told", ["unknown", "free", "99999", "nan"])
async def test_a_current_price_that_is_none_is_unknown(
    told: str,
    hass: HomeAssistant,
    start: Any,  # noqa: ANN401
) -> None:
    hass.states.async_set("sensor.price", told, {"unit_of_measurement": "EUR/kWh"})
    source = await start(entity_ids=("sensor.price",), current_only=True)
    assert not source.series.slots
    assert source.counters["current_price_unreadable"] == 1


async def test_an_entity_that_holds_no_prices_is_told(
    hass: HomeAssistant,
    start: Any,  # noqa: ANN401
) -> None:
    hass.states.async_set("sensor.other", "12", {"forecast": [{"nothing": 1}]})
    source = await start(entity_ids=("sensor.other",))
    assert source.problem == "sensor.other holds no prices"
    assert source.counters["finding_no_prices"] == 1
    assert source.as_dict()["findings"]["sensor.other"][0]["kind"] == "no_prices"
