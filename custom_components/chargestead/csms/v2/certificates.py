"""Functional blocks A and M, from the station: security events and certificates."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ...model.events import SecurityEvent
from ..connection import Reply
from ..fields import instant, integer, objects, on_wire, text, timestamp
from ..moments import moment
from ..rpc import CallRefusal, Payload
from .blocks import Handler

if TYPE_CHECKING:
    from .adapter import Adapter2

_MOST_STATUSES: Final = 4
_OF_STATION: Final = "ChargingStationCertificate"
_SOURCES: Final = frozenset({"CRL", "OCSP"})


def security_event(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a security event (A04)."""
    station = adapter.station
    at, _ = moment(station, instant(payload, "timestamp"), station.clock.now())
    station.publish(
        SecurityEvent(
            station_id=station.station_id,
            at=at,
            kind=text(payload, "type") or "unknown",
            detail=text(payload, "techInfo"),
        )
    )
    return {}


def sign_certificate(adapter: Adapter2, payload: Payload) -> Reply:
    """Take a request for a certificate of the station (A02); the certificate follows.

    One for vehicles (V2GCertificate) is not signed: they trust the authorities of their makers only.
    """
    station = adapter.station
    use = text(payload, "certificateType")
    if use not in {None, _OF_STATION}:
        station.counters.add("certificate_not_signed")
        return {"status": "Rejected"}
    request_id = integer(payload, "requestId") if adapter.is_later else None
    accepted = station.certificates.asked(payload.get("csr"), use=use, request_id=request_id)
    return {"status": "Accepted" if accepted else "Rejected"}


def ev_certificate(adapter: Adapter2, _: Payload) -> Reply:
    """Give a vehicle no contract certificate: there is no certificate authority to ask (M01)."""
    adapter.station.counters.add("certificate_not_signed")
    return {"status": "Failed", "exiResponse": ""}


def certificate_status(adapter: Adapter2, _: Payload) -> Reply:
    """Give no OCSP answer: nobody is asked outside the house (M06)."""
    adapter.station.counters.add("certificate_not_checked")
    return {"status": "Failed"}


def chain_status(adapter: Adapter2, payload: Payload) -> Reply:
    """Give no OCSP or CRL answer for any certificate of a chain (2.1 M07)."""
    asked = objects(payload, "certificateStatusRequests")[:_MOST_STATUSES]
    if not asked:
        raise CallRefusal("OccurenceConstraintViolation", "certificateStatusRequests is missing")
    adapter.station.counters.add("certificate_not_checked")
    now = timestamp(adapter.station.clock.now())
    return {
        "certificateStatus": [
            on_wire(
                certificateHashData=_hash_data(item),
                source=source if (source := text(item, "source")) in _SOURCES else "OCSP",
                status="Failed",
                nextUpdate=now,
            )
            for item in asked
        ]
    }


def _hash_data(item: Payload) -> dict[str, object]:
    data = item.get("certificateHashData")
    if not isinstance(data, dict):
        raise CallRefusal("OccurenceConstraintViolation", "certificateHashData is missing")
    names = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
    missing = next((name for name in names if text(data, name) is None), None)
    if missing is not None:
        raise CallRefusal("OccurenceConstraintViolation", f"{missing} is missing")
    return {name: data[name] for name in names}


HANDLERS: Final[Mapping[str, Handler]] = {
    "SecurityEventNotification": security_event,
    "SignCertificate": sign_certificate,
    "Get15118EVCertificate": ev_certificate,
    "GetCertificateStatus": certificate_status,
}
LATER_HANDLERS: Final[Mapping[str, Handler]] = {"GetCertificateChainStatus": chain_status}
