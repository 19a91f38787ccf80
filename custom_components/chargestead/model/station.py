"""The state of a charging station, as a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from .charging_needs import ChargingNeeds
from .firmware import FirmwareOffer, FirmwareUpdate
from .limit import ExternalLimit, Limit, LimitReason
from .reading import NO_MEASUREMENTS, Measurements
from .session import Session


class OcppVersion(StrEnum):
    """The versions of OCPP, by their websocket subprotocol."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"


class ConnectorStatus(StrEnum):
    """What a connector does, normalised over OCPP versions (names of OCPP 1.6 section 7.7)."""

    AVAILABLE = "available"
    PREPARING = "preparing"
    CHARGING = "charging"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    FINISHING = "finishing"
    RESERVED = "reserved"
    UNAVAILABLE = "unavailable"
    FAULTED = "faulted"


PLUGGED_IN = frozenset(
    {
        ConnectorStatus.PREPARING,
        ConnectorStatus.CHARGING,
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.SUSPENDED_EVSE,
        ConnectorStatus.FINISHING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationIdentity:
    """What a station says of itself when it boots (OCPP 1.6 section 6.3)."""

    vendor: str | None = None
    model: str | None = None
    serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None


UNKNOWN_IDENTITY = StationIdentity()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorFault:
    """What a station last complained about on a connector; code `NoError` never makes one."""

    code: str
    info: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorState:
    """One connector (or EVSE); number 0 is the station itself and never appears here."""

    connector_id: int
    status: ConnectorStatus | None = None
    status_at: datetime | None = None
    fault: ConnectorFault | None = None
    operative: bool = True
    measurements: Measurements = NO_MEASUREMENTS
    register_mwh: int | None = None
    register_at: datetime | None = None
    session: Session | None = None
    last_session: Session | None = None
    limit: Limit | None = None
    external_limit: ExternalLimit | None = None
    needs: ChargingNeeds | None = None

    @property
    def applied_limit_a(self) -> float | None:
        """Return the limit that holds in A per phase, ours or another's; None where there is none or it is not told."""
        amounts = (
            None if self.limit is None else self.limit.current_a,
            None if self.external_limit is None else self.external_limit.current_a,
        )
        return min((amount for amount in amounts if amount is not None), default=None)

    @property
    def limit_reason(self) -> LimitReason:
        """Return why the limit is what it is; somebody else's where that is the lower one, or may be."""
        own, other = self.limit, self.external_limit
        own_a = None if own is None else own.current_a
        if (other is not None and not other.generation) and (
            own_a is None or (own_a > 0 and (other.current_a is None or other.current_a < own_a))
        ):
            return LimitReason.EXTERNAL
        return LimitReason.NONE if own is None else own.reason

    @property
    def state_of_charge(self) -> float | None:
        """Return the vehicle's state of charge in percent: as measured, else as it said when it told its needs."""
        measured = self.measurements.state_of_charge
        if measured is None and self.needs is not None:
            return self.needs.state_of_charge
        return measured

    @property
    def target_soc(self) -> float | None:
        """Return the state of charge the vehicle wants to reach, in percent."""
        needs = self.needs
        if needs is None:
            return None
        return needs.full_soc if needs.target_soc is None else needs.target_soc

    @property
    def plugged_in(self) -> bool | None:
        """Tell whether a vehicle is connected, None while unknown."""
        if self.status is None or self.status in (
            ConnectorStatus.FAULTED,
            ConnectorStatus.UNAVAILABLE,
        ):
            return True if self.session else None
        return self.status in PLUGGED_IN

    @property
    def charging(self) -> bool | None:
        """Tell whether energy flows as far as the station says, None while unknown."""
        return None if self.status is None else self.status is ConnectorStatus.CHARGING


@dataclass(frozen=True, slots=True, kw_only=True)
class StationState:
    """Everything known of one charging station at one moment."""

    station_id: str
    connected: bool = False
    connected_since: datetime | None = None
    last_seen: datetime | None = None
    version: OcppVersion | None = None
    address: str | None = None
    identity: StationIdentity = UNKNOWN_IDENTITY
    booted_at: datetime | None = None
    operative: bool = True
    fault: ConnectorFault | None = None
    connectors: Mapping[int, ConnectorState] = MappingProxyType({})
    configuration: Mapping[str, ConfigurationValue] = MappingProxyType({})
    clock_offset_s: float | None = None
    latency_s: float | None = None
    firmware_status: str | None = None
    firmware_offer: FirmwareOffer | None = None
    firmware_update: FirmwareUpdate | None = None
    diagnostics_status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationValue:
    """One configuration key (1.6) or variable (2.x) as the station reported it.

    `choices` are the values, or the members of a list, that it says it takes; none where it does not say.
    """

    value: str | None
    readonly: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingStation:
    """A station that connected and that nobody has confirmed yet."""

    station_id: str
    first_seen: datetime
    last_seen: datetime
    address: str | None = None
    version: OcppVersion | None = None
    identity: StationIdentity = UNKNOWN_IDENTITY
