"""What the person set up."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .driver import Driver
from .station import OcppVersion


class UnknownTokens(StrEnum):
    """What to do with an idToken nobody registered; `RECORD` accepts it and remembers it for whoever it belongs to."""

    ACCEPT = "accept"
    RECORD = "record"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Where the central system listens; the certificate and key are paths of PEM files.

    `own_names` are the host names and addresses in the certificate that the house's own authority makes instead, where
    there are any. `client_authority` is the path of a PEM file with further authorities whose station certificates are
    believed.
    """

    port: int
    bind_address: str = "0.0.0.0"  # noqa: S104 - stations dial in from the house's network
    tls_certificate: str | None = None
    tls_key: str | None = None
    own_names: tuple[str, ...] = ()
    client_authority: str | None = None

    @property
    def encrypted(self) -> bool:
        """Tell whether stations can dial in encrypted."""
        return bool(self.own_names or (self.tls_certificate and self.tls_key))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteConfig:
    """What holds for all stations.

    `aligned_interval_s` is how often by the clock stations should read their meters too; 0 leaves them as they are.
    Without `admit_unknown` a station nobody set up is answered like a known one with a wrong password.
    `several_sessions` lets one token charge at several connectors at once. `local_lists` keeps the lists of stations in
    step with the tokens of the drivers.
    `folder` is where logs and firmware are kept. `ftp_ports` are those that FTP may use; none where any will do.
    """

    unknown_tokens: UnknownTokens = UnknownTokens.ACCEPT
    default_id_token: str = "CHARGESTEAD"  # noqa: S105 - a name, not a secret
    meter_interval_s: int = 10
    aligned_interval_s: int = 0
    admit_unknown: bool = True
    drivers: tuple[Driver, ...] = ()
    several_sessions: bool = True
    local_lists: bool = True
    folder: Path | None = None
    ftp_ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StationConfig:
    """What was set up for one station.

    `max_current_a` is the largest current its cable and fuse allow, per phase. `configure` lets us write meter settings
    that differ from what we need. `response_timeout_s` is how long it may take over an answer. `least_profile` is the
    security profile it has to use at least: 1 a password, 2 that over TLS, 3 a certificate of its own over TLS.
    """

    station_id: str
    password: str | None = None
    default_id_token: str | None = None
    max_current_a: float = 32
    phases: int = 3
    configure: bool = True
    response_timeout_s: float = 30
    versions: tuple[OcppVersion, ...] = ()
    least_profile: int = 0
