"""Deciding on a station that dials in under an id of the house (OCPP 1.6 security whitepaper, section 3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from ...model.events import SecurityEvent
from ...model.station import OcppVersion
from ..refusal import Refused

if TYPE_CHECKING:
    from ..station import ChargingStation

_TOLD_AGAIN_S: Final = 60
_KINDS: Final = {
    "password_wrong": "WrongPassword",
    "password_missing": "WrongPassword",
    "user_wrong": "WrongUser",
    "certificate_missing": "CertificateMissing",
    "not_encrypted": "NotEncrypted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """How somebody dials in, to speak a `version`.

    `certificate` was shown in the TLS handshake and has a chain to an authority of ours.
    """

    dialled: str
    login: tuple[str, str] | None = None
    address: str | None = None
    encrypted: bool = False
    certificate: x509.Certificate | None = None
    version: OcppVersion | None = None

    @property
    def names_another(self) -> bool:
        """Tell whether the user of the login is another than the station dialled as (OCPP 2.0.1 part 2, A00).

        1.6 wants the same, but stations of that age are often set up otherwise.
        """
        if self.login is None or self.version in {None, OcppVersion.V16}:
            return False
        return self.login[0].casefold() != self.dialled.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whom to serve; `profile` is the security profile it uses, `password` the one it showed."""

    station_id: str
    profile: int = 0
    password: str | None = None


def unauthorized(reason: str) -> Refused:
    """Return the one refusal there is, so that nobody learns what was wrong."""
    return Refused(401, reason, {"WWW-Authenticate": 'Basic realm="charging station"'})


def judge(station: ChargingStation, approach: Approach) -> Admission:
    """Return how a station is let in; raises Refused, which is counted and told as a security event.

    A certificate in the station's name makes a password needless (security profile 3); one in another's name counts
    for nothing.
    """
    if approach.certificate is not None:
        if _is_of(station, approach.certificate, station.clock.now()):
            return Admission(station_id=station.station_id, profile=3)
        station.counters.add("certificate_of_another")
    least = station.config.least_profile
    matches, password = station.passwords.judge(approach.login)
    reason = None
    if least >= 3:
        reason = "certificate_missing"
    elif least == 2 and not approach.encrypted:
        reason = "not_encrypted"
    elif not matches:
        reason = "password_wrong"
    elif least >= 1 and password is None:
        reason = "password_missing"
    elif password is not None and approach.names_another:
        reason = "user_wrong"
    if reason is not None:
        _tell(station, reason, approach.address)
        raise unauthorized(reason)
    profile = 0 if password is None else 1 + approach.encrypted
    return Admission(station_id=station.station_id, profile=profile, password=password)


def _is_of(station: ChargingStation, certificate: x509.Certificate, now: datetime) -> bool:
    """Tell whether a certificate is in force and in the name of a station: its id or its serial number."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        station.counters.add("certificate_out_of_date")
        return False
    try:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return False
    return len(common) == 1 and str(common[0].value).casefold() in {
        name.casefold() for name in station.own_names
    }


def _tell(station: ChargingStation, reason: str, address: str | None) -> None:
    station.counters.add(reason)
    now = station.clock.monotonic()
    told = station.refusals.get(reason)
    if told is not None and now - told < _TOLD_AGAIN_S:
        return
    station.refusals[reason] = now
    station.publish(
        SecurityEvent(
            station_id=station.station_id,
            at=station.clock.now(),
            kind=_KINDS[reason],
            detail=address,
        )
    )
