"""Certificates of this and that authority, and a house that serves TLS with its own."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
import heapq
import json
from pathlib import Path
import ssl
from typing import Any, Final, Self
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from custom_components.chargestead.csms.central import CentralSystem
from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.csms.security import pem
from custom_components.chargestead.csms.security.authority import Authority
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.config import ServerConfig, SiteConfig, StationConfig
from custom_components.chargestead.model.events import Event
from custom_components.chargestead.model.session import Session
from tests.simulator import ManualClock, SimulatedStation

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

OLD: Final = "old-password-0123456789"
DAY_S: Final = 86_400
NEW: Final = "new-password-0123456789"


def a_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key."""
    return ec.generate_private_key(ec.SECP256R1())


def subject(*names: str, organisation: str | None = None) -> x509.Name:
    """Return a name."""
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names]
    if organisation is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def a_request(
    *names: str,
    key: Key | None = None,
    organisation: str | None = None,
    algorithm: hashes.HashAlgorithm | None = None,
) -> x509.CertificateSigningRequest:
    """Return a signing request."""
    builder = x509.CertificateSigningRequestBuilder(subject(*names, organisation=organisation))
    return builder.sign(key or a_key(), algorithm or hashes.SHA256())  # type: ignore[arg-type]


def a_csr(*names: str, **options: Any) -> str:  # noqa: ANN401
    """Return a signing request as PEM."""
    return a_request(*names, **options).public_bytes(Encoding.PEM).decode()


_to_thread: Final = asyncio.to_thread


class Maker:
    """A certificate authority that is not the house's."""

    def __init__(self, name: str = "Elsewhere") -> None:
        """Make a key and a root."""
        self.key = a_key()
        self.root = self._certificate(subject(name), self.key, subject(name), ca=True)

    def make(
        self, name: str, *, until: datetime | None = None, since: datetime | None = None
    ) -> tuple[Key, x509.Certificate]:
        """Return a key and a certificate for it."""
        key = a_key()
        return key, self._certificate(
            subject(name), key, self.root.subject, until=until, since=since
        )

    def _certificate(
        self,
        name: x509.Name,
        key: Key,
        issuer: x509.Name,
        *,
        ca: bool = False,
        until: datetime | None = None,
        since: datetime | None = None,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since or now - timedelta(days=60))
            .not_valid_after(until or now + timedelta(days=60))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )


def identity_file(path: Path, key: Key, *chain: x509.Certificate) -> Path:
    """Write a key and certificates to a file."""
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    path.write_text(private + "".join(map(pem.of_certificate, chain)))
    return path


def leap(clock: ManualClock, over: timedelta) -> None:
    """Let time pass at once; what falls due meanwhile is done once, when the clock goes on."""
    clock._elapsed += over.total_seconds()
    for timer in clock._timers:
        timer.due = max(timer.due, clock._elapsed)
    heapq.heapify(clock._timers)


class TrustHouse:
    """A central system with an authority, whose memory goes through JSON and whose port serves TLS by its own root.

    `memory` is what would be written soon, `disk` what is written, `configs` what is set up.
    """

    def __init__(self, folder: Path, *, encrypted: bool = True, **server: Any) -> None:  # noqa: ANN401
        """Live at the present: OpenSSL believes no other clock."""
        self.folder = folder
        self.clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
        self.authority = Authority(folder / "pki", self.clock)
        self.events: list[Event] = []
        self.memory: dict[str, str] = {}
        self.disk: dict[str, str] = {}
        self.configs: dict[str, StationConfig] = {}
        self.site = SiteConfig()
        names = ("127.0.0.1", "localhost") if encrypted else ()
        self._server: dict[str, Any] = {"own_names": names, **server}
        self._port = 0
        self._in_threads = 0
        self._patch = patch("asyncio.to_thread", self._counted)
        self.clock.add_probe("threads", lambda: self._in_threads > 0)
        self.central = self._central()

    async def _counted(self, work: Callable[..., object], *args: object) -> object:
        """Do something in a thread while time stands still."""
        self._in_threads += 1
        try:
            return await _to_thread(work, *args)
        finally:
            self._in_threads -= 1

    def _central(self) -> CentralSystem:
        return CentralSystem(
            clock=self.clock,
            history=self,
            publish=self._publish,
            save_memory=self._save,
            site=lambda: self.site,
            last_transaction_id=0,
            flush_memory=self._flush,
            authority=self.authority,
        )

    def _save(self, station_id: str, content: Mapping[str, object]) -> None:
        self.memory[station_id] = json.dumps(content)

    async def _flush(self) -> None:
        self.disk = dict(self.memory)

    def _publish(self, event: Event) -> None:
        self.events.append(event)

    async def session(self, _session_id: str) -> Session | None:
        """Know no session."""
        return None

    async def find_session(self, _station_id: str, _transaction_id: str) -> Session | None:
        """Know no session."""
        return None

    def told(self, kind: type[Event]) -> list[Any]:
        """Return what happened, of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def know(self, station_id: str = "SIM-1", **settings: Any) -> ChargingStation:  # noqa: ANN401
        """Make a station known, or change it."""
        config = StationConfig(station_id=station_id, configure=False, **settings)
        self.configs[station_id] = config
        known = self.central.stations.get(station_id)
        if known is not None:
            known.reconfigure(config)
            return known
        return self._add(config)

    def _add(self, config: StationConfig) -> ChargingStation:
        content = json.loads(self.memory.get(config.station_id, "{}"))
        station = self.central.add(config, Memory.from_dict(content))
        self.central.adopt(station)
        return station

    def station(self, station_id: str = "SIM-1") -> ChargingStation:
        """Return a known station."""
        return self.central.stations[station_id]

    def simulated(self, **options: Any) -> SimulatedStation:  # noqa: ANN401
        """Return a station that trusts the house's root; over TLS where the house has it."""
        options.setdefault("clock", self.clock)
        if self.encrypted:
            options.setdefault("ssl", self.trusting())
        return SimulatedStation(url=self.url, **options)

    def trusting(self, identity: Path | None = None) -> ssl.SSLContext:
        """Return the context of a station that trusts the house, and may have a certificate to show."""
        context = ssl.create_default_context(cadata=pem.of_certificate(self.authority.root()))
        if identity is not None:
            context.load_cert_chain(identity)
        return context

    @property
    def encrypted(self) -> bool:
        """Tell whether the port serves TLS."""
        return ServerConfig(port=0, **self._server).encrypted

    @property
    def url(self) -> str:
        """Return where to dial."""
        return f"{'wss' if self.encrypted else 'ws'}://127.0.0.1:{self.central.port}"

    async def until(self, condition: Callable[[], object], within: float = 3600) -> None:
        """Let time pass until something is so."""
        await self.clock.advance_until(condition, within=within)

    async def pass_days(self, days: int) -> None:
        """Let days pass of which nobody sees more than the last minutes."""
        for _ in range(days):
            leap(self.clock, timedelta(seconds=DAY_S - 300))
            await self.clock.advance(300)

    async def restart(self, *, losing: bool = False) -> None:
        """Begin anew with what was kept; `losing` takes what waited to be written, as a power cut does."""
        await self.central.stop()
        if losing:
            self.memory = dict(self.disk)
        self.central = self._central()
        for config in self.configs.values():
            self._add(config)
        await self._start()

    async def _start(self) -> None:
        await self.central.start(
            ServerConfig(port=self._port, bind_address="127.0.0.1", **self._server)
        )
        self._port = self.central.port

    async def __aenter__(self) -> Self:
        """Listen."""
        self._patch.start()
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        await self.central.stop()
        self._patch.stop()
