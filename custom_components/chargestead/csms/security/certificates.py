"""The certificate of one station: signed on request, and renewed before it runs out."""

import asyncio
from collections import deque
from datetime import datetime, timedelta
import logging
from typing import TYPE_CHECKING, Final

from cryptography import x509

from ...model.clock import Timer
from ...model.commands import (
    CertificateUse,
    CommandResult,
    InstallCertificate,
    SendSignedCertificate,
    Trigger,
)
from ...model.errors import (
    AuthorityError,
    CallFailedError,
    ChargesteadError,
    CommandRefusedError,
    StationOfflineError,
    StationTimeoutError,
)
from ...model.events import CertificateIssued
from ...model.station import OcppVersion
from ..fields import parse_instant
from ..setup import whole_number
from . import pem
from .authority import RENEW_DAYS, Authority, Issued
from .requests import RequestRefusedError, read_request

if TYPE_CHECKING:
    from ..station import ChargingStation

_LOGGER = logging.getLogger(__name__)

_MOST_AN_HOUR: Final = 5
_HOUR_S: Final = 3600.0
_SETTLE_S: Final = 120.0
_DAY_S: Final = 86_400.0
_MOST_TRIES: Final = 30


class StationCertificates:
    """Signs for one station, and has it ask again in time (security whitepaper A02, A03; 2.0.1 part 2 A02, A03)."""

    def __init__(self, station: ChargingStation) -> None:
        """Act on one station."""
        self._station = station
        self._signed: deque[float] = deque(maxlen=_MOST_AN_HOUR)
        self._timer: Timer | None = None

    @property
    def ends_at(self) -> datetime | None:
        """Return when the certificate that was issued last runs out, None where there is none."""
        end = (self._station.memory.certificate or {}).get("not_after")
        return parse_instant(end) if isinstance(end, str) else None

    def asked(self, csr: object, *, use: str | None = None, request_id: int | None = None) -> bool:
        """Take a request for a certificate; tells whether one will follow.

        `use` and `request_id` go back as they came. What is refused is counted.
        """
        station = self._station
        authority = station.around.authority
        if authority is None:
            station.counters.add("certificate_not_signed")
            return False
        try:
            request = read_request(csr, self._names(), self._organisation())
            self._spend()
        except RequestRefusedError as refusal:
            station.counters.add(str(refusal))
            return False
        station.spawn(self._sign(authority, request, use, request_id), "sign a certificate")
        return True

    async def install_root(self) -> CommandResult:
        """Have the station trust the house's own authority; raises AuthorityError and what commands raise."""
        authority = self._station.around.authority
        if authority is None:
            raise AuthorityError("-", "there is none")
        root = await asyncio.to_thread(authority.root)
        return await self._station.command(
            InstallCertificate(use=CertificateUse.CSMS_ROOT, certificate=pem.of_certificate(root))
        )

    async def ask(self) -> CommandResult:
        """Have the station ask for a certificate; raises what commands raise."""
        old = self._station.adapter.version is OcppVersion.V16
        message = "SignChargePointCertificate" if old else "SignChargingStationCertificate"
        return await self._station.command(Trigger(message=message, extended=old))

    def connected(self) -> None:
        """Look after the certificate while the station is there."""
        self.disconnected()
        self._timer = self._station.clock.call_later(_SETTLE_S, self._look)

    def disconnected(self) -> None:
        """Stop looking."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = self._station.clock.call_later(_DAY_S, self._look)
        if self._is_due():
            self._station.spawn(self._renew(), "renew its certificate")

    def _is_due(self) -> bool:
        """Tell whether to have the certificate renewed: in its last month, once a day, not for ever."""
        memory, now = self._station.memory.certificate, self._station.clock.now()
        end = self.ends_at
        if memory is None or end is None or end - now >= timedelta(days=RENEW_DAYS):
            return False
        tries, tried = memory.get("tries"), memory.get("tried_at")
        if isinstance(tries, int) and tries >= _MOST_TRIES:
            self._station.counters.add("renewal_given_up")
            return False
        last = parse_instant(tried) if isinstance(tried, str) else None
        return last is None or now - last >= timedelta(seconds=_DAY_S - _SETTLE_S)

    async def _renew(self) -> None:
        station = self._station
        memory = station.memory.certificate or {}
        tries = memory.get("tries")
        station.memory.certificate = {
            **memory,
            "tries": (tries if isinstance(tries, int) else 0) + 1,
            "tried_at": station.clock.now().isoformat(),
        }
        station.keep_memory()
        try:
            await self.ask()
        except (CommandRefusedError, CallFailedError, StationTimeoutError) as err:
            station.counters.add("renewal_refused")
            _LOGGER.debug("%s does not ask for a certificate: %s", station.station_id, err)

    async def _sign(
        self,
        authority: Authority,
        request: x509.CertificateSigningRequest,
        use: str | None,
        request_id: int | None,
    ) -> None:
        station = self._station
        try:
            issued = await asyncio.to_thread(authority.sign, request)
        except AuthorityError:
            station.counters.add("authority_unusable")
            _LOGGER.exception("No certificate can be signed for %s", station.station_id)
            return
        await station.around.trust_own()
        try:
            await station.command(
                SendSignedCertificate(
                    certificate_chain=self._fitting(issued), use=use, request_id=request_id
                )
            )
        except (CommandRefusedError, CallFailedError) as err:
            station.counters.add("certificate_refused")
            _LOGGER.warning("%s does not take its certificate: %s", station.station_id, err)
            return
        except StationTimeoutError, StationOfflineError:
            # It may have arrived all the same; a station that did not get it asks again by itself.
            station.counters.add("certificate_unanswered")
        except ChargesteadError as err:
            station.counters.add("certificate_unsent")
            _LOGGER.warning("%s cannot be sent its certificate: %s", station.station_id, err)
            return
        station.memory.certificate = {
            "serial": issued.serial,
            "not_after": issued.not_after.isoformat(),
        }
        station.keep_memory()
        station.publish(
            CertificateIssued(
                station_id=station.station_id,
                at=station.clock.now(),
                serial=issued.serial,
                not_after=issued.not_after,
            )
        )

    def _fitting(self, issued: Issued) -> str:
        """Return as much of the chain as the station says it can take."""
        configuration = self._station.state.configuration
        most = whole_number(configuration.get("CertificateSignedMaxChainSize"))
        return issued.certificate if 0 < most < len(issued.chain) else issued.chain

    def _names(self) -> frozenset[str]:
        """Return what the station may call itself, without what others are called."""
        station = self._station
        others = {name.casefold() for name in station.around.names_of_others(station.station_id)}
        return frozenset(name for name in station.own_names if name.casefold() not in others)

    def _organisation(self) -> str | None:
        entry = self._station.state.configuration.get("CpoName")
        return (entry.value or "").strip() or None if entry is not None else None

    def _spend(self) -> None:
        """Let five through in an hour; each wears the flash memory of the station."""
        now = self._station.clock.monotonic()
        if len(self._signed) == _MOST_AN_HOUR and now - self._signed[0] < _HOUR_S:
            raise RequestRefusedError("csr_too_often")
        self._signed.append(now)
