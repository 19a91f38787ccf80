"""TLS on the port stations dial in to: its own certificate, and whose certificates it believes."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
import ssl
from typing import Final, override

from cryptography import x509

from ...model.config import ServerConfig
from ...model.errors import AuthorityError
from ..counters import Counters
from . import pem
from .authority import Authority

# The last two lack forward secrecy, but a central system has to know them (2.0.1 part 2, A00.FR.318).
_CIPHERS: Final = (
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:"
    "AES128-GCM-SHA256:AES256-GCM-SHA384:!aNULL:!eNULL"
)


class ServerTls:
    """A context whose certificate and trust may change while it serves; what touches files blocks."""

    def __init__(
        self, config: ServerConfig, authority: Authority | None, counters: Counters
    ) -> None:
        """Serve nothing before `load`; failed handshakes are counted in `counters`."""
        self.not_after: datetime | None = None
        self.context = _context(counters)
        self._config = config
        self._authority = authority
        self._trusts_own = False

    def load(self) -> None:
        """Read the certificates, made anew first where they are our own and run out.

        Raises ssl.SSLError when files cannot be read, do not belong together or need a passphrase, which nobody is
        there to type.
        """
        self.not_after = _load(self.context, self._files())
        further = self._config.client_authority
        if further:
            _trust(self.context, further, cafile=further)
        if self._authority is not None and self._authority.exists:
            self.trust_own()

    def trust_own(self) -> None:
        """Believe the certificates that the house's own authority issued; nothing new where it does already."""
        if self._trusts_own or self._authority is None:
            return
        root = _or_ssl_error(self._authority.root)
        _trust(self.context, "root", cadata=pem.of_certificate(root))
        self._trusts_own = True

    def _files(self) -> list[tuple[str, str]]:
        config = self._config
        if config.own_names:
            authority = self._authority
            if authority is None:
                raise ssl.SSLError("there is no authority to issue a certificate")
            made = _or_ssl_error(lambda: authority.server_files(config.own_names))
            return [(str(path), str(path)) for path in made]
        return [(config.tls_certificate or "", config.tls_key or "")]


def server_tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """Return a context that serves a certificate; raises what `ServerTls.load` does."""
    context = _context(Counters())
    _load(context, [(certificate, key)])
    return context


def shown_certificate(ssl_object: object) -> x509.Certificate | None:
    """Return the certificate that the peer of a connection showed and that was believed."""
    if not isinstance(ssl_object, ssl.SSLObject):
        return None
    content = ssl_object.getpeercert(binary_form=True)
    try:
        return x509.load_der_x509_certificate(content) if content else None
    except ValueError, x509.InvalidVersion:
        return None


def _context(counters: Counters) -> ssl.SSLContext:
    class Counted(ssl.SSLObject):
        """Counts handshakes that fail, of which nobody else hears."""

        @override
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLWantReadError, ssl.SSLWantWriteError:
                raise
            except ssl.SSLCertVerificationError:
                counters.add("tls_client_certificate_bad")
                raise
            except ssl.SSLError:
                counters.add("tls_handshake_failed")
                raise

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.sslobject_class = Counted
    return context


def _load(context: ssl.SSLContext, files: Iterable[tuple[str, str]]) -> datetime | None:
    """Let a context serve certificates, and return when the first of them runs out, as far as that can be told."""
    ends: list[datetime] = []
    for certificate, key in files:
        try:
            context.load_cert_chain(certificate, key, password=lambda: "")
            ends += _end(Path(certificate).read_bytes())
        except ssl.SSLError:
            raise
        except OSError as error:
            # Not to be taken for a port that cannot be bound.
            raise ssl.SSLError(error.errno, f"{error.strerror}: {certificate}, {key}") from error
    return min(ends, default=None)


def _end(content: bytes) -> list[datetime]:
    try:
        return [x509.load_pem_x509_certificate(content).not_valid_after_utc]
    except ValueError, x509.InvalidVersion:
        # It is served all the same: what OpenSSL took cannot be judged here.
        return []


def _trust(context: ssl.SSLContext, name: str, **where: str) -> None:
    """Ask stations for certificates, and believe those of an authority; one that shows none may still come in."""
    try:
        context.load_verify_locations(**where)
    except ssl.SSLError:
        raise
    except OSError as error:
        raise ssl.SSLError(error.errno, f"{error.strerror}: {name}") from error
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_mode = ssl.CERT_OPTIONAL


def _or_ssl_error[T](make: Callable[[], T]) -> T:
    """Return what is made; an authority that cannot be used is a certificate that cannot."""
    try:
        return make()
    except AuthorityError as err:
        raise ssl.SSLError(str(err)) from err
