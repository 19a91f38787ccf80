"""Rating: from what was metered and what it is priced by to what it costs, exactly."""

from .inputs import (
    Metered,
    Pricing,
    QuotedPrices,
    Reservation,
    SolarShare,
    SolarShares,
    StateChange,
    TariffVersion,
)
from .rate import NO_CURRENCY, rate
from .result import (
    Activity,
    Boundary,
    BoundaryKind,
    Charge,
    ChargeKind,
    Line,
    Period,
    RatedSession,
    Reason,
    TaxLine,
    Totals,
)

__all__ = [
    "NO_CURRENCY",
    "Activity",
    "Boundary",
    "BoundaryKind",
    "Charge",
    "ChargeKind",
    "Line",
    "Metered",
    "Period",
    "Pricing",
    "QuotedPrices",
    "RatedSession",
    "Reason",
    "Reservation",
    "SolarShare",
    "SolarShares",
    "StateChange",
    "TariffVersion",
    "TaxLine",
    "Totals",
    "rate",
]
