"""What a station watches of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A monitor as the station told of it (OCPP 2.0.1 part 2, VariableMonitoringType).

    `variable` is written `Component[.instance][@evse[:connector]].Variable[.instance]`; `type` and `kind` are the words
    of OCPP in snake case, `kind` None where it was not told. The smaller the `severity` the worse, 0 to 9.
    """

    id: int
    variable: str
    type: str
    value: float
    severity: int
    transaction: bool = False
    kind: str | None = None
