"""Certificates of the port: those that cannot be served are an error, those that cannot be judged are served."""

import asyncio
from pathlib import Path
import ssl
from typing import override

import pytest

from custom_components.chargestead.csms.security import pem
from custom_components.chargestead.csms.security.tls import shown_certificate
from custom_components.chargestead.model.config import ServerConfig

from .trust_fixtures import Maker, TrustHouse, identity_file
from .wire_fixtures import House


async def test_a_certificate_of_our_own_needs_an_authority() -> None:
    house = House()
    house.server = ServerConfig(port=0, bind_address="127.0.0.1", own_names=("localhost",))
    with pytest.raises(ssl.SSLError, match="no authority"):
        async with house:
            pass


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "nonsense"])
async def test_an_authority_of_stations_that_cannot_be_read_is_told(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "fleet.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ssl.SSLError):
        async with TrustHouse(tmp_path, client_authority=str(path)):
            pass


async def test_a_certificate_whose_end_cannot_be_told_is_served_and_never_warned_of(
    tmp_path: Path,
) -> None:
    """OpenSSL also takes certificates with its own notes on trust."""
    maker = Maker()
    key, certificate = maker.make("127.0.0.1")
    path = identity_file(tmp_path / "server.pem", key, certificate)
    path.write_text(path.read_text().replace(" CERTIFICATE-", " TRUSTED CERTIFICATE-"))
    anybody = ssl.create_default_context(cadata=pem.of_certificate(maker.root))
    anybody.check_hostname = False
    anybody.verify_flags &= ~ssl.VERIFY_X509_STRICT
    files = {"tls_certificate": str(path), "tls_key": str(path)}
    async with TrustHouse(tmp_path, own_names=(), **files) as house:
        assert house.central.certificate_ends_at is None
        _, writer = await asyncio.open_connection("127.0.0.1", house.central.port, ssl=anybody)
        assert shown_certificate(writer.get_extra_info("ssl_object")) == certificate
        writer.close()
        await writer.wait_closed()


def test_a_peer_whose_certificate_cannot_be_read_has_shown_none() -> None:
    class Odd(ssl.SSLObject):
        """A connection whose peer showed something."""

        @override
        def getpeercert(self, binary_form: bool = False) -> bytes:  # type: ignore[override]
            return b"0\0"

    context = ssl.create_default_context()
    context.sslobject_class = Odd
    assert (
        shown_certificate(
            context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
        )
        is None
    )
    assert shown_certificate(None) is None
