"""Our tariffs in the words of stations of 2.1: as they are, or not at all."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
import json
from typing import Any

from ocpp.messages import get_validator
import pytest

from custom_components.chargestead.billing.tariffs import (
    Dimension,
    FixedPrice,
    Formula,
    PriceComponent,
    PriceLimit,
    ReservationRestriction,
    Restrictions,
    Season,
    SolarPrice,
    Tariff,
    TariffElement,
    TaxIncluded,
    Terms,
    Weekday,
    dynamic_tariff,
    fixed_tariff,
)
from custom_components.chargestead.site.costs import station_tariff


def priced(
    dimension: Dimension = Dimension.ENERGY,
    price: str = "0.30",
    **more: Any,  # noqa: ANN401
) -> PriceComponent:
    """Return a price."""
    return PriceComponent(dimension=dimension, price=FixedPrice(Decimal(price)), **more)


def tariff(*elements: TariffElement, **more: Any) -> Tariff:  # noqa: ANN401
    """Return a tariff of some elements."""
    return Tariff(id="home", currency="EUR", elements=elements, **more)


def said(ours: Tariff) -> dict[str, Any]:
    """Return a tariff in the words of a station, which must be valid."""
    found = station_tariff(ours)
    assert found is not None
    request = {"evseId": 0, "tariff": found}
    exact = json.loads(json.dumps(request), parse_float=Decimal)
    validator = get_validator(2, "SetDefaultTariff", "2.1", parse_float=Decimal)
    assert [error.message for error in validator.iter_errors(exact)] == []
    return dict(found)


def test_one_price_is_one_price() -> None:
    found = said(tariff(TariffElement((priced(),))))
    name = found.pop("tariffId")
    assert name.startswith("home-")
    assert found == {"currency": "EUR", "energy": {"prices": [{"priceKwh": 0.3}]}}


def test_the_tariff_of_a_form_is_said_without_tax() -> None:
    terms = Terms(id="home", currency="EUR", vat=Decimal(21), tax_included=TaxIncluded.YES)
    found = said(fixed_tariff(terms, Decimal("0.363")))
    assert found["energy"] == {
        "prices": [{"priceKwh": 0.3}],
        "taxRates": [{"type": "VAT", "tax": 21.0}],
    }


def test_times_fees_and_limits_are_said() -> None:
    night = Restrictions(
        start_time=time(23),
        end_time=time(7),
        days=frozenset({Weekday.SUNDAY, Weekday.MONDAY}),
        start_date=date(2026, 1, 1),
        end_date=date(2027, 1, 1),
    )
    rich = Restrictions(min_kwh=Decimal(20), max_power=Decimal("7.4"), min_duration=3600)
    found = said(
        tariff(
            TariffElement((priced(price="0.10"),), night),
            TariffElement((priced(price="0.20"),), rich),
            TariffElement(
                (
                    priced(),
                    priced(Dimension.TIME, "0.60"),
                    priced(Dimension.PARKING_TIME, "3"),
                    priced(Dimension.FLAT, "1"),
                ),
                Restrictions(start_time=time(0), end_time=time(0)),
            ),
            idle_grace=timedelta(minutes=10),
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            min_price=PriceLimit(before_taxes=Decimal("0.5")),
            max_price=PriceLimit(after_taxes=Decimal(50)),
        )
    )
    assert found["energy"]["prices"] == [
        {
            "priceKwh": 0.1,
            "conditions": {
                "startTimeOfDay": "23:00",
                "endTimeOfDay": "07:00",
                "dayOfWeek": ["Monday", "Sunday"],
                "validFromDate": "2026-01-01",
                "validToDate": "2027-01-01",
            },
        },
        {
            "priceKwh": 0.2,
            "conditions": {"minTime": 3600, "minEnergy": 20_000.0, "maxPower": 7400.0},
        },
        {"priceKwh": 0.3},
    ]
    assert found["chargingTime"]["prices"] == [{"priceMinute": 0.01}]
    assert found["idleTime"]["prices"] == [
        {"priceMinute": 0.05, "conditions": {"minIdleTime": 600}}
    ]
    assert found["fixedFee"]["prices"] == [{"priceFixed": 1.0}]
    assert (found["minCost"], found["maxCost"]) == ({"exclTax": 0.5}, {"inclTax": 50.0})
    assert found["validFrom"] == "2026-01-01T00:00:00Z"


PLAIN = tariff(TariffElement((priced(),)))


@pytest.mark.parametrize(
    "ours",
    [
        pytest.param(
            dynamic_tariff(Terms(id="home", currency="EUR"), Formula(source="spot")),
            id="prices that move",
        ),
        pytest.param(
            replace(PLAIN, solar=SolarPrice(price=FixedPrice(Decimal(0)))), id="solar energy"
        ),
        pytest.param(tariff(TariffElement((priced(step_size=1000),))), id="steps"),
        pytest.param(
            tariff(
                TariffElement((priced(vat=Decimal(9)),), Restrictions(max_kwh=Decimal(1))),
                TariffElement((priced(vat=Decimal(21)),)),
            ),
            id="two taxes",
        ),
        pytest.param(
            tariff(
                TariffElement((priced(),), Restrictions(season=Season(first=(6, 1), last=(9, 1))))
            ),
            id="a season",
        ),
        pytest.param(
            tariff(
                TariffElement(
                    (priced(),), Restrictions(reservation=ReservationRestriction.RESERVATION)
                )
            ),
            id="a reservation",
        ),
        pytest.param(
            tariff(TariffElement((priced(Dimension.FLAT),), Restrictions(min_kwh=Decimal(1)))),
            id="a fee by energy",
        ),
        pytest.param(
            tariff(TariffElement((priced(),), Restrictions(start_time=time(0, 0, 30)))),
            id="seconds",
        ),
    ],
)
def test_what_a_station_cannot_reckon_with_is_not_said(ours: Tariff) -> None:
    assert station_tariff(ours) is None


def test_another_content_has_another_name_and_the_same_the_same() -> None:
    names = {
        said(tariff(TariffElement((priced(price=price),))))["tariffId"]
        for price in ("0.30", "0.31", "0.30")
    }
    assert len(names) == 2
    long = replace(PLAIN, id="x" * 200)
    assert len(said(long)["tariffId"]) <= 60
