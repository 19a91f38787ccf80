"""A source of prices: what was chosen, what it told, and what is wrong with it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, tzinfo
from logging import DEBUG, WARNING
from typing import Any, Final, Self

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .billing.prices import Finding, PriceHints, parse_unit, read_prices
from .const import LOGGER
from .csms.counters import Counters
from .model.price import NO_PRICES, PriceSeries

KEPT: Final = timedelta(days=8)
_AHEAD: Final = timedelta(days=31)

type PricesChanged = Callable[[PriceSeries], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSourceConfig:
    """Which source was chosen, as it is kept in the config entry.

    Either `action` names one of PRICE_ACTIONS, asked of the config entry `entry_id`; or `entity_ids` hold prices in
    their attributes, or, with `current_only`, in their state. `box` is the list taken where there are several, `unit`
    (such as `ct/kWh`) and `currency` (ISO 4217) hold against what the source says, `quarters` asks for 15-minute prices
    where a source has both.
    """

    action: str | None = None
    entry_id: str = ""
    entity_ids: tuple[str, ...] = ()
    current_only: bool = False
    box: str | None = None
    value_key: str | None = None
    unit: str | None = None
    currency: str | None = None
    quarters: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it, without what is as usual."""
        usual = asdict(PriceSourceConfig())
        chosen = {key: value for key, value in asdict(self).items() if value != usual[key]}
        return {key: list(v) if isinstance(v, tuple) else v for key, v in chosen.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return what `as_dict` was made of; names it does not know are left out."""
        known = {key: data[key] for key in asdict(PriceSourceConfig()) if key in data}
        return cls(**known | {"entity_ids": tuple(known.get("entity_ids", ()))})


class PriceSource(ABC):
    """One source of prices: it keeps the last good series and calls back when that changes.

    `series` holds prices per kWh in the main unit of `currency`, before anything a tariff adds. What a source tells in
    another currency than the one wanted, or than the first it told, is not taken. Where it told several lists (homes or
    areas), `choices` names them, and a `box` should be chosen.
    """

    def __init__(
        self, hass: HomeAssistant, config: PriceSourceConfig, changed: PricesChanged
    ) -> None:
        """Call `changed` with the whole series whenever there is news."""
        self.hass = hass
        self.config = config
        self.series: PriceSeries = NO_PRICES
        self.currency: str | None = config.currency
        self.counters = Counters()
        self.findings: dict[str, tuple[Finding, ...]] = {}
        self.choices: tuple[str, ...] = ()
        self.told_at: datetime | None = None
        self.problem: str | None = None
        self._changed = changed
        self._timer: CALLBACK_TYPE | None = None

    @abstractmethod
    @callback
    def async_start(self) -> None:
        """Begin to follow the source; prices come by the callback, perhaps at once."""

    @callback
    def async_stop(self) -> None:
        """Leave the source alone."""
        self._cancel_timer()

    @property
    def zone(self) -> tzinfo:
        """Return the house's time zone."""
        return dt_util.get_default_time_zone()

    def as_dict(self) -> dict[str, Any]:
        """Return what diagnostics show."""
        return {
            "config": self.config.as_dict(),
            "currency": self.currency,
            "slots": len(self.series),
            "known_from": self.series.start,
            "known_to": self.series.end,
            "told_at": self.told_at,
            "problem": self.problem,
            "choices": self.choices,
            "counters": self.counters.as_dict(),
            "findings": {
                place: [asdict(finding) for finding in findings]
                for place, findings in self.findings.items()
            },
        }

    @callback
    def _take(
        self,
        content: object,
        place: str,
        told_at: datetime,
        **known: Any,  # noqa: ANN401 - hints
    ) -> bool:
        """Read what was told and lay it over what is known; tell whether there was a price in it."""
        hints = self._hints()
        reading = read_prices(content, replace(hints, **known), told_at)
        self.findings[place] = reading.findings
        self.choices = reading.choices or self.choices
        for finding in reading.findings:
            self.counters.add(f"finding_{finding.kind}")
        if not reading.series.slots:
            return False
        self.told_at = told_at
        self.currency = self.currency or reading.currency
        self._set_series(self.series.with_slots(reading.series))
        return True

    def _hints(self) -> PriceHints:
        config = self.config
        return PriceHints(
            zone=self.zone,
            box=config.box,
            value_key=config.value_key,
            unit=parse_unit(config.unit),
            currency=self.currency,
        )

    @callback
    def _set_series(self, series: PriceSeries) -> None:
        now = dt_util.utcnow()
        series = series.between(now - KEPT, now + _AHEAD)
        if series == self.series:
            return
        self.series = series
        try:
            self._changed(series)
        except Exception:  # noqa: BLE001 - whoever listens must not end the asking
            LOGGER.exception("Prices of %s could not be passed on", self.name)
            self.counters.add("failed_to_pass_on")

    @callback
    def _has_problem(self, problem: str | None) -> None:
        """Remember what is wrong; it is logged when it begins and when it ends."""
        if problem and self.problem is None:
            level = WARNING if self.hass.is_running else DEBUG
            LOGGER.log(level, "Prices of %s cannot be had: %s", self.name, problem)
        elif problem is None and self.problem is not None:
            LOGGER.info("Prices of %s can be had again", self.name)
        self.problem = problem

    @property
    def name(self) -> str:
        """Return what the source is called in logs."""
        return self.config.action or ", ".join(self.config.entity_ids)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None
