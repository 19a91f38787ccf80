"""Tariffs that a station reckons with itself (OCPP 2.1 part 2, I07 to I11)."""

from collections.abc import Mapping
from dataclasses import dataclass

from .base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefaultTariff(Command):
    """Make a tariff that of an EVSE, 0 for all of them (SetDefaultTariff); `tariff` is a TariffType."""

    tariff: Mapping[str, object]
    connector_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTariffs(Command):
    """List the tariffs of an EVSE, 0 for all of them (GetTariffs); that there are none is no error."""

    connector_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearTariffs(Command):
    """Remove tariffs that match all that is given, none given means all of them (ClearTariffs)."""

    tariff_ids: tuple[str, ...] = ()
    connector_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTransactionTariff(Command):
    """Reckon with another tariff from now on (ChangeTransactionTariff); `tariff` is a TariffType.

    Without a transaction id the open session of the connector, or the only one of the station, is meant.
    """

    tariff: Mapping[str, object]
    transaction_id: str | None = None
    connector_id: int | None = None
