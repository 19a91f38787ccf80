"""What happens, as typed events.

`at` is when it happened by the station's (corrected) clock; `replayed` tells that it is old news, delivered late or
restored, which must not set off an automation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .charging_needs import ChargingNeeds
from .driver import TokenOrigin, TokenType
from .fault import Fault
from .firmware import FirmwareOffer, FirmwareUpdate
from .health import Finding, HealthMetric
from .limit import ExternalLimit
from .money import Cost
from .reading import MeterReading
from .reservation import Reservation
from .session import Session
from .station import ConnectorFault, ConnectorStatus, PendingStation, StationIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The root of all events."""

    station_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StationConnected(Event):
    """A known station opened a socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDisconnected(Event):
    """The last socket of a known station closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationBooted(Event):
    """A station announced that it started."""

    identity: StationIdentity
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationPending(Event):
    """An unknown station connected or said more about itself."""

    station: PendingStation


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorFound(Event):
    """A station turned out to have one more connector."""

    connector_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(Event):
    """A connector (or, with number 0, the station) changed its status."""

    connector_id: int
    status: ConnectorStatus
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilitySet(Event):
    """A station accepted to put a connector (or, with number 0, itself) in or out of service for us."""

    connector_id: int
    operative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRaised(Event):
    """A station complained about itself or one of its connectors."""

    connector_id: int
    fault: ConnectorFault


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCleared(Event):
    """A complaint is over."""

    connector_id: int
    fault: ConnectorFault


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRepeated(Event):
    """A station said once more what it complains about."""

    connector_id: int
    fault: ConnectorFault


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Event):
    """A session began; must be durable before the station gets its answer."""

    session: Session
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUpdated(Event):
    """A session gained readings or changed; `readings` are new ones only."""

    session: Session
    readings: tuple[MeterReading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Event):
    """A session ended; must be durable before the station gets its answer."""

    session: Session
    readings: tuple[MeterReading, ...] = ()
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRead(Event):
    """A register was read outside any session."""

    connector_id: int
    reading: MeterReading


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPresented(Event):
    """A token was presented at a station; `accepted` is our answer.

    `learned` tells that it was asked for, so as to give it to a driver.
    """

    connector_id: int | None
    id_token: str
    accepted: bool
    replayed: bool = False
    origin: TokenOrigin = TokenOrigin.UNKNOWN
    type: TokenType | None = None
    driver_id: str | None = None
    learned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationChanged(Event):
    """A reservation was made, used, or is over."""

    reservation: Reservation
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent(Event):
    """A station reported a security event (OCPP 1.6 security whitepaper section 4.9)."""

    kind: str
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    """A station came with the new password it was given; the old one does not hold any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssued(Event):
    """A station was given a certificate of the house's own authority."""

    serial: str
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareProgress(Event):
    """A firmware update came a step further."""

    status: str
    request_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareOffered(Event):
    """Firmware can be installed at a station."""

    offer: FirmwareOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareChanged(Event):
    """An installation we asked for began, came a step further, or is over; `update.failure` tells why it failed."""

    update: FirmwareUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProgress(Event):
    """A log or diagnostics upload came a step further."""

    status: str
    request_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReceived(Event):
    """A log that was asked for has come, as a file of `size` bytes in the folder of its station."""

    kind: str
    folder: str
    name: str
    size: int
    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReceived(Event):
    """A station sent vendor-specific data."""

    vendor_id: str
    message_id: str | None
    data: object


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentEvent(Event):
    """A component told of one of its variables (OCPP 2.0.1 part 2, N07 and N08; EventDataType).

    `trigger` and `kind` (eventNotificationType) are the words of OCPP. `cleared` tells that what was told before is
    over. `severity` is that of the monitor, None while unknown: 0 is danger, 9 is debugging.
    """

    component: str
    instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable: str
    variable_instance: str | None = None
    value: str | None = None
    trigger: str | None = None
    kind: str | None = None
    cleared: bool = False
    severity: int | None = None
    tech_code: str | None = None
    tech_info: str | None = None
    monitor_id: int | None = None
    event_id: int | None = None
    cause: int | None = None
    transaction_id: str | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultNoticed(Event):
    """A fault has lasted, or come again, so that people are to be told."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultClosed(Event):
    """A fault people were told of is over."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeReceived(Event):
    """A station told something that changes nothing here, offered to automations as it was sent."""

    action: str
    content: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChanged(Event):
    """The limit of a connector, or how far it has come, changed."""

    connector_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalLimitChanged(Event):
    """Somebody else limits a connector, in another way, or no more (None)."""

    connector_id: int
    limit: ExternalLimit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked(Event):
    """A stop of ours is about to open a contactor.

    `current_a` is what still flows in the most loaded phase, None where that is not known; `softened` tells that it was
    brought down to nothing for the purpose.
    """

    connector_id: int
    session_id: str
    current_a: float | None
    softened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingNeedsChanged(Event):
    """The vehicle at a connector said what it needs, or is done (None)."""

    connector_id: int
    needs: ChargingNeeds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostChanged(Event):
    """A session costs something else than it did, or was rated for the first time; `ended` tells that it is over."""

    connector_id: int
    session_id: str
    cost: Cost
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChanged(Event):
    """A kWh of the session that runs costs something else from now on, after taxes."""

    connector_id: int
    session_id: str
    currency: str
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChanged(Event):
    """What readings tell of the condition of a connector (0: of the station) changed; no finding means all is well."""

    connector_id: int
    metric: HealthMetric
    phase: int | None
    finding: Finding | None
