"""What the tests of the flows share: ports, certificates and an entry of one's own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
import socket
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.const import CONF_PORT
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chargestead.const import (
    CONF_BIND_ADDRESS,
    CONF_STATION_ID,
    CONF_TLS_CERTIFICATE,
    CONF_TLS_KEY,
    DOMAIN,
    SUBENTRY_CHARGING_STATION,
)
from tests.ports import free_port

LOOPBACK = "127.0.0.1"


@contextmanager
def taken_port() -> Iterator[int]:
    """Keep a port busy."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        yield other.getsockname()[1]


def new_entry(
    hass: HomeAssistant,
    port: int | None = None,
    *,
    data: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    stations: Mapping[str, Mapping[str, Any]] | None = None,
) -> MockConfigEntry:
    """Return an entry that listens on the loopback, not set up yet."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Chargestead",
        data={
            CONF_PORT: free_port() if port is None else port,
            CONF_BIND_ADDRESS: LOOPBACK,
            **(data or {}),
        },
        options=options or {},
        subentries_data=[
            ConfigSubentryData(
                data={CONF_STATION_ID: station_id, **settings},
                subentry_type=SUBENTRY_CHARGING_STATION,
                title=station_id.title(),
                unique_id=station_id,
            )
            for station_id, settings in (stations or {}).items()
        ],
    )
    entry.add_to_hass(hass)
    return entry


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def fields(self) -> dict[str, str]:
        """Return what to type for it."""
        return {CONF_TLS_CERTIFICATE: str(self.certificate), CONF_TLS_KEY: str(self.key)}


def make_identity(
    folder: Path,
    name: str,
    *,
    days: int = 30,
    encryption: KeySerializationEncryption | None = None,
) -> Identity:
    """Make a self-signed certificate that ends some days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=60))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    identity = Identity(certificate=folder / f"{name}.crt", key=folder / f"{name}.key")
    identity.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    identity.key.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    )
    return identity


def make_locked_identity(folder: Path, name: str) -> Identity:
    """Make a certificate whose key needs a passphrase."""
    return make_identity(folder, name, encryption=BestAvailableEncryption(b"secret"))
