"""Sensors of what charging costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfRatio

from .billing.ledger import SessionCost
from .billing.rating import Reason
from .entity import ConnectorEntity, ConnectorEntityDescription
from .home import HomeEntity
from .model.money import minor_digits
from .model.session import Session
from .model.station import ConnectorState
from .site.costs import Costing, Total

_PER_KWH_DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class ConnectorCosts:
    """What is known of the costs of a connector and of its newest session."""

    session: Session | None
    cost: SessionCost | None
    total: Total | None
    currency: str | None
    total_currency: str | None


@dataclass(frozen=True, kw_only=True)
class CostSensorDescription(ConnectorEntityDescription, SensorEntityDescription):
    """Describe a sensor of the costs of a connector, which are ours to tell while the station is away."""

    kept: bool = True
    costs_fn: Callable[[Costing], bool] = lambda _: True
    value_fn: Callable[[ConnectorCosts], Decimal | float | None]
    unit_fn: Callable[[ConnectorCosts], str | None]
    last_reset_fn: Callable[[ConnectorCosts], datetime | None] = lambda _: None
    attributes_fn: Callable[[ConnectorCosts], Mapping[str, Any] | None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class HomeCostSensorDescription(SensorEntityDescription):
    """Describe a sensor of the costs of the house."""

    value_fn: Callable[[Costing], Decimal | None]
    unit_fn: Callable[[Costing], str | None]
    last_reset_fn: Callable[[Costing], datetime | None] = lambda _: None
    attributes_fn: Callable[[Costing], Mapping[str, Any] | None] = lambda _: None


def newest_session(connector: ConnectorState) -> Session | None:
    """Return the running session, else the one before."""
    return connector.session or connector.last_session


def per_kwh(currency: str | None) -> str | None:
    """Return the unit of a price."""
    return f"{currency}/kWh" if currency else None


def _session_cost_attributes(costs: ConnectorCosts) -> dict[str, Any] | None:
    if costs.cost is None:
        return None
    return {
        "before_taxes": float(costs.cost.cost.before_taxes),
        "provisional": bool(costs.cost.provisional),
        "reasons": sorted(costs.cost.provisional),
    }


def _solar_percentage(costs: ConnectorCosts) -> float | None:
    if costs.cost is None or Reason.UNKNOWN_SOLAR in costs.cost.provisional:
        return None
    share = costs.cost.solar_share
    return None if share is None else round(float(share * 100), 1)


def _month_amount(costing: Costing) -> Decimal | None:
    month = costing.month_cost()
    return None if month is None else month.amount


def _month_attributes(costing: Costing) -> dict[str, Any] | None:
    month = costing.month_cost()
    return None if month is None else {"provisional": month.provisional}


def _prices(costing: Costing) -> dict[str, Any]:
    return {
        "prices": [
            {
                "start": slot.start.isoformat(),
                "end": slot.end.isoformat(),
                "price": float(slot.price),
            }
            for slot in costing.prices_ahead
        ]
    }


COST_DESCRIPTIONS: tuple[CostSensorDescription, ...] = (
    CostSensorDescription(
        key="session_cost",
        translation_key="session_cost",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        value_fn=lambda costs: costs.cost.cost.after_taxes if costs.cost else None,
        unit_fn=lambda costs: costs.currency,
        last_reset_fn=lambda costs: costs.session.started_at if costs.session else None,
        attributes_fn=_session_cost_attributes,
    ),
    CostSensorDescription(
        key="session_average_price",
        translation_key="session_average_price",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=_PER_KWH_DIGITS,
        value_fn=lambda costs: costs.cost.average_price if costs.cost else None,
        unit_fn=lambda costs: per_kwh(costs.currency),
    ),
    CostSensorDescription(
        key="session_solar_share",
        translation_key="session_solar_share",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        costs_fn=lambda costing: costing.solar_now is not None,
        value_fn=_solar_percentage,
        unit_fn=lambda _: UnitOfRatio.PERCENTAGE,
    ),
    CostSensorDescription(
        key="total_cost",
        translation_key="total_cost",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        value_fn=lambda costs: costs.total.amount if costs.total else None,
        unit_fn=lambda costs: costs.total_currency,
        attributes_fn=lambda costs: (
            {"provisional": costs.total.provisional} if costs.total else None
        ),
    ),
)

HOME_DESCRIPTIONS: tuple[HomeCostSensorDescription, ...] = (
    HomeCostSensorDescription(
        key="cost_this_month",
        translation_key="cost_this_month",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        value_fn=_month_amount,
        unit_fn=lambda costing: costing.sums.currency if costing.sums else costing.currency,
        last_reset_fn=lambda costing: costing.sums.month_start if costing.sums else None,
        attributes_fn=_month_attributes,
    ),
    HomeCostSensorDescription(
        key="price_now",
        translation_key="price_now",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=_PER_KWH_DIGITS,
        value_fn=lambda costing: costing.price_now.get(costing.config.default or ""),
        unit_fn=lambda costing: per_kwh(costing.currency),
        attributes_fn=_prices,
    ),
)


class CostSensor(ConnectorEntity, SensorEntity):
    """A sensor of the costs of a connector."""

    entity_description: CostSensorDescription

    @override
    async def async_added_to_hass(self) -> None:
        """Have the costs of the connector added up."""
        await super().async_added_to_hass()
        self._costing.follow(self.coordinator.data.station_id, self.connector_id)

    @property
    @override
    def supported(self) -> bool:
        """Tell whether there is a tariff, and what else this needs."""
        tariff = self._costing.config.tariff_of(self.coordinator.data.station_id)
        return tariff is not None and self.entity_description.costs_fn(self._costing)

    @property
    def _costing(self) -> Costing:
        return self.coordinator.config_entry.runtime_data.site.costing

    @property
    def _costs(self) -> ConnectorCosts:
        costing, station_id = self._costing, self.coordinator.data.station_id
        session = newest_session(self.connector)
        cost = costing.cost_of(session) if session else None
        tariff = costing.config.tariff_of(station_id)
        return ConnectorCosts(
            session=session,
            cost=cost,
            total=costing.total_cost(station_id, self.connector_id),
            currency=cost.cost.currency if cost else tariff.currency if tariff else None,
            total_currency=costing.sums.currency if costing.sums else costing.currency,
        )

    @property
    @override
    def native_value(self) -> Decimal | float | None:
        """Return the value."""
        return self.entity_description.value_fn(self._costs)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Return the unit, which is the currency where this is an amount."""
        return self.entity_description.unit_fn(self._costs)

    @property
    @override
    def suggested_display_precision(self) -> int | None:
        """Return the decimals that amounts of the currency have."""
        return _precision(self.entity_description, self.native_unit_of_measurement)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the value last began anew."""
        return self.entity_description.last_reset_fn(self._costs)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what belongs to the value."""
        return self.entity_description.attributes_fn(self._costs)


class HomeCostSensor(HomeEntity, SensorEntity):
    """A sensor of the costs of the house."""

    entity_description: HomeCostSensorDescription
    _unrecorded_attributes = frozenset({"prices"})

    @property
    @override
    def supported(self) -> bool:
        """Tell whether the house has a tariff."""
        return self.costing.currency is not None

    @property
    @override
    def native_value(self) -> Decimal | None:
        """Return the value."""
        return self.entity_description.value_fn(self.costing)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Return the unit, which is the currency where this is an amount."""
        return self.entity_description.unit_fn(self.costing)

    @property
    @override
    def suggested_display_precision(self) -> int | None:
        """Return the decimals that amounts of the currency have."""
        return _precision(self.entity_description, self.native_unit_of_measurement)

    @property
    @override
    def last_reset(self) -> datetime | None:
        """Return when the value last began anew."""
        return self.entity_description.last_reset_fn(self.costing)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what belongs to the value."""
        return self.entity_description.attributes_fn(self.costing)


def _precision(description: SensorEntityDescription, unit: str | None) -> int | None:
    if description.device_class is SensorDeviceClass.MONETARY:
        return minor_digits(unit or "")
    return description.suggested_display_precision
