"""The house's own certificate authority, on disk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
import stat

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store
import pytest

from custom_components.chargestead.csms.security.authority import RENEW_DAYS, Authority
from custom_components.chargestead.model.errors import AuthorityError
from tests.simulator import ManualClock

from .trust_fixtures import a_request

NAMES = ("charge.home", "192.168.1.10")


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at the present."""
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def authority(tmp_path: Path, clock: ManualClock) -> Authority:
    """Return an authority that has made nothing yet."""
    return Authority(tmp_path / "pki", clock)


def test_the_root_is_made_on_first_need_and_stays(
    authority: Authority, tmp_path: Path, clock: ManualClock
) -> None:
    assert not authority.exists
    assert not (tmp_path / "pki").exists()
    root = authority.root()
    assert authority.exists
    assert Authority(tmp_path / "pki", clock).root() == root
    assert root.not_valid_after_utc - clock.now() > timedelta(days=10_000)
    root.verify_directly_issued_by(root)
    assert Authority(tmp_path / "another", clock).root().subject != root.subject


def test_only_the_owner_can_read_what_is_secret(authority: Authority, tmp_path: Path) -> None:
    authority.server_files(NAMES)
    files = list((tmp_path / "pki").iterdir())
    assert {path.name for path in files} == {"root.pem", "server-ec.pem", "server-rsa.pem"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "pki").stat().st_mode) == 0o700


@pytest.mark.parametrize("content", ["", "garbage", "another key"])
def test_a_damaged_root_is_told_and_never_made_anew(
    authority: Authority, tmp_path: Path, clock: ManualClock, content: str
) -> None:
    authority.root()
    path = tmp_path / "pki" / "root.pem"
    if content == "another key":
        other = Authority(tmp_path / "other", clock)
        other.root()
        key = (tmp_path / "other" / "root.pem").read_text().partition("-----BEGIN CERT")[0]
        content = key + "-----BEGIN CERT" + path.read_text().partition("-----BEGIN CERT")[2]
    path.write_text(content)
    with pytest.raises(AuthorityError):
        Authority(tmp_path / "pki", clock).root()
    assert path.read_text() == content


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuthorityError, match="file"):
        Authority(tmp_path / "file" / "pki", clock).root()


def test_what_it_signs_is_the_stations_for_a_year(authority: Authority, clock: ManualClock) -> None:
    request = a_request("CP1", organisation="Home")
    issued = authority.sign(request)
    leaf, root = x509.load_pem_x509_certificates(issued.chain.encode())
    assert root == authority.root()
    leaf.verify_directly_issued_by(root)
    assert leaf.subject.rfc4514_string() == "O=Home,CN=CP1"
    assert leaf.public_key() == request.public_key()
    assert f"{leaf.serial_number:X}" == issued.serial
    assert leaf.not_valid_after_utc == issued.not_after == clock.now() + timedelta(days=365)
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_request_for_an_authority_gets_a_plain_certificate(authority: Authority) -> None:
    builder = x509.CertificateSigningRequestBuilder(a_request("CP1").subject)
    key = ec.generate_private_key(ec.SECP256R1())
    request = builder.add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    ).sign(key, a_request("x").signature_hash_algorithm)
    leaf = x509.load_pem_x509_certificate(authority.sign(request).certificate.encode())
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_server_has_a_certificate_for_either_kind_of_key(
    authority: Authority, clock: ManualClock
) -> None:
    kinds = []
    for path in authority.server_files(NAMES):
        content = path.read_bytes()
        key = load_pem_private_key(content, None)
        leaf, root = x509.load_pem_x509_certificates(content)
        assert key.public_key() == leaf.public_key()
        kinds.append(type(leaf.public_key()))
        verifier = PolicyBuilder().store(Store([root])).time(clock.now())
        verifier.build_server_verifier(x509.DNSName("charge.home")).verify(leaf, [])
    assert issubclass(kinds[0], ec.EllipticCurvePublicKey)
    assert issubclass(kinds[1], rsa.RSAPublicKey)


def test_the_certificate_of_the_server_lasts_until_its_last_month_or_other_names(
    authority: Authority, clock: ManualClock
) -> None:
    def made() -> list[bytes]:
        return [path.read_bytes() for path in authority.server_files(names)]

    names = NAMES
    first = made()
    assert made() == first
    clock._elapsed += timedelta(days=397 - RENEW_DAYS - 1).total_seconds()
    assert made() == first
    clock._elapsed += timedelta(days=2).total_seconds()
    second = made()
    assert set(second).isdisjoint(first)
    names = ("other.home",)
    assert set(made()).isdisjoint(second)


def test_a_damaged_certificate_of_the_server_is_made_anew(authority: Authority) -> None:
    path = authority.server_files(NAMES)[0]
    path.write_text(path.read_text()[:300])
    authority.server_files(NAMES)
    load_pem_private_key(path.read_bytes(), None)
    x509.load_pem_x509_certificate(path.read_bytes())
