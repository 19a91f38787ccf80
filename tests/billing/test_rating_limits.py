"""The least and the most that a session costs, when only one of two amounts is bounded."""

from decimal import Decimal
from fractions import Fraction

import pytest

from custom_components.chargestead.billing.tariffs import (
    Dimension,
    FixedPrice,
    PriceComponent,
    PriceLimit,
    SolarPrice,
    TariffElement,
)

from .pricing_stories import Leg, component, cost, eur, story, tariff

TEN_KWH = story(Leg(60, "10"))
NOTHING = story(Leg(60, "0"))


def of_energy(price: str, vat: str | None = "20") -> TariffElement:
    """Return an element that prices energy, with VAT."""
    return TariffElement((component(Dimension.ENERGY, price, vat),))


def most(**amounts: str) -> dict[str, PriceLimit]:
    """Return the most that a session costs."""
    return {"max_price": PriceLimit(**{key: Decimal(value) for key, value in amounts.items()})}


def least(**amounts: str) -> dict[str, PriceLimit]:
    """Return the least that a session costs."""
    return {"min_price": PriceLimit(**{key: Decimal(value) for key, value in amounts.items()})}


def test_the_amount_before_taxes_follows_a_bound_after_them() -> None:
    assert cost(TEN_KWH, tariff(of_energy("0.50"), **most(after_taxes="3.00"))) == eur(
        "2.50", "3.00"
    )


def test_the_amount_after_taxes_follows_a_bound_before_them() -> None:
    assert cost(TEN_KWH, tariff(of_energy("0.50"), **most(before_taxes="2.00"))) == eur(
        "2.00", "2.40"
    )


def test_what_is_within_the_bound_is_left_as_it_is() -> None:
    bounded = tariff(of_energy("0.50"), **most(after_taxes="6.00"))
    assert cost(TEN_KWH, bounded) == eur("5.00", "6.00")


def test_a_bound_that_bounds_nothing_changes_nothing() -> None:
    bounded = tariff(of_energy("0.50"), min_price=PriceLimit(), max_price=PriceLimit())
    assert cost(TEN_KWH, bounded) == eur("5.00", "6.00")


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        (least(after_taxes="1.20"), ("1.00", "1.20")),
        (least(before_taxes="1.00"), ("1.00", "1.20")),
    ],
)
def test_a_least_price_of_a_session_without_energy_is_taxed_as_its_energy_would_be(
    bound: dict[str, PriceLimit], expected: tuple[str, str]
) -> None:
    assert cost(NOTHING, tariff(of_energy("0.50"), **bound)) == eur(*expected)


@pytest.mark.parametrize("bound", [least(after_taxes="1.20"), least(before_taxes="1.20")])
def test_without_vat_both_amounts_are_the_same(bound: dict[str, PriceLimit]) -> None:
    assert cost(NOTHING, tariff(of_energy("0.50", None), **bound)) == (
        Fraction("1.20"),
        Fraction("1.20"),
    )


@pytest.mark.parametrize("vat", ["-100", "-250", "nan", "Infinity"])
def test_a_vat_that_leaves_nothing_is_refused(vat: str) -> None:
    price = FixedPrice(Decimal("0.50"))
    with pytest.raises(ValueError, match=r"VAT|number"):
        PriceComponent(dimension=Dimension.ENERGY, price=price, vat=Decimal(vat))
    with pytest.raises(ValueError, match=r"VAT|number"):
        SolarPrice(price=price, vat=Decimal(vat))


def test_a_step_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="no step"):
        component(Dimension.ENERGY, "0.50", step_size=-1)
