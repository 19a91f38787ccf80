"""Certificates of stations over real TLS: signed, shown, renewed, and all that is refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import ssl

from cryptography import x509
import pytest

from custom_components.chargestead.csms.security import pem
from custom_components.chargestead.csms.security.authority import Authority
from custom_components.chargestead.csms.security.tls import shown_certificate
from custom_components.chargestead.model.commands import SetConfiguration
from custom_components.chargestead.model.errors import AuthorityError
from custom_components.chargestead.model.events import CertificateIssued, SecurityEvent
from custom_components.chargestead.model.station import ConfigurationValue
from tests.simulator import CallError, SimulatedStation

from .trust_fixtures import OLD, Maker, TrustHouse, a_csr, a_key, a_request, identity_file, leap

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    """Return the version spoken."""
    name: str = request.param
    return name


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TrustHouse]:
    """Return a house that serves TLS and knows one station and its password."""
    async with TrustHouse(tmp_path) as house:
        house.know(password=OLD)
        yield house


@pytest.fixture
async def station(house: TrustHouse, version: str) -> AsyncIterator[SimulatedStation]:
    """Return that station, connected with its password."""
    async with house.simulated(version=version, password=OLD) as station:
        await house.clock.advance(30)
        yield station


def trigger_of(version: str) -> str:
    """Return how a station is asked to ask."""
    return "ExtendedTriggerMessage" if version == "1.6" else "TriggerMessage"


async def profile_of(
    house: TrustHouse, context: ssl.SSLContext, password: str | None
) -> int | None:
    """Return the security profile a station comes in with, None when it does not."""
    other = house.simulated(ssl=context, password=password)
    await other.start(wait=False)
    await house.until(lambda: other.link.dials > 3 or house.station().connected)
    connection = house.station().connection
    profile = None if connection is None else connection.profile
    await other.stop()
    await house.until(lambda: not house.station().connected)
    return profile


async def test_a_station_with_its_password_over_tls_is_profile_2(
    house: TrustHouse, station: SimulatedStation
) -> None:
    connection = house.station().connection
    assert connection is not None
    assert connection.profile == 2
    assert station.certificates.own is None


async def test_a_certificate_is_asked_for_signed_and_then_enough_to_come_in(
    house: TrustHouse, station: SimulatedStation, version: str
) -> None:
    known = house.station()
    assert (await known.certificates.ask()).status == "Accepted"
    await house.until(lambda: house.told(CertificateIssued))
    own = station.certificates.own
    assert own is not None
    own.verify_directly_issued_by(house.authority.root())
    (issued,) = house.told(CertificateIssued)
    assert issued.serial == f"{own.serial_number:X}"
    assert known.certificates.ends_at == own.not_valid_after_utc
    (sent,) = station.requests("CertificateSigned")
    assert len(x509.load_pem_x509_certificates(sent["certificateChain"].encode())) == 2
    assert ("certificateType" in sent) == (version != "1.6")
    house.know(least_profile=3)
    station.configuration.assign("SecurityProfile", "3")
    station.raise_profile()
    await house.until(lambda: known.connection is not None and known.connection.profile == 3)
    await house.until(lambda: station.at_rest)


async def test_the_security_profile_of_a_1_6_station_is_raised_step_by_step_and_never_lowered(
    tmp_path: Path,
) -> None:
    """Security whitepaper A05: only upward; 1 to 3 here, by way of 2."""
    async with TrustHouse(tmp_path) as house:
        known = house.know(password=OLD)
        async with house.simulated(password=OLD, configuration={"SecurityProfile": "2"}) as station:
            await house.clock.advance(30)
            await known.certificates.ask()
            await house.until(lambda: station.certificates.own is not None)
            await known.command(SetConfiguration(key="SecurityProfile", value="3"))
            await house.until(lambda: known.connection and known.connection.profile == 3)
            await house.until(lambda: station.at_rest)
            with pytest.raises(Exception, match="Rejected"):
                await known.command(SetConfiguration(key="SecurityProfile", value="2"))


async def test_the_root_is_installed(house: TrustHouse, station: SimulatedStation) -> None:
    assert (await house.station().certificates.install_root()).status == "Accepted"
    assert station.certificates.roots == [house.authority.root()]


async def test_without_an_authority_nothing_is_signed_or_installed(
    house: TrustHouse, station: SimulatedStation
) -> None:
    object.__setattr__(house.station().around, "authority", None)
    await station.sign_certificate()
    assert station.answers("SignCertificate") == [{"status": "Rejected"}]
    with pytest.raises(AuthorityError):
        await house.station().certificates.install_root()


@pytest.mark.parametrize(
    ("csr", "reason"),
    [
        ("garbage", "csr_unreadable"),
        ("", "csr_missing"),
        ("A" * 5501, "csr_too_long"),
        pytest.param(a_csr("OTHER"), "csr_name_wrong", id="another name"),
        pytest.param(a_csr("SIM-1", "OTHER"), "csr_name_wrong", id="two names"),
        (
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
            "csr_unreadable",
        ),
    ],
)
async def test_a_bad_request_is_rejected_and_counted(
    house: TrustHouse, station: SimulatedStation, csr: str, reason: str
) -> None:
    answer = await station.send("SignCertificate", {"csr": csr})
    assert answer == {"status": "Rejected"}
    assert house.station().counters[reason] == 1
    await house.clock.advance(60)
    assert not station.requests("CertificateSigned")
    assert station.online


async def test_no_station_gets_a_certificate_in_the_name_of_another(
    house: TrustHouse, station: SimulatedStation
) -> None:
    """Neither by its id nor by its serial number, even if it says that this is its own."""
    house.know("VICTIM")
    other = house.know("OTHER").memory
    other.identity = type(other.identity)(serial_number="SERIAL-OF-OTHER")
    for name in ("VICTIM", "victim", "SERIAL-OF-OTHER"):
        mine = house.station().memory
        mine.identity = type(mine.identity)(serial_number=name)
        answer = await station.send("SignCertificate", {"csr": a_csr(name)})
        assert answer == {"status": "Rejected"}, name
    assert house.station().counters["csr_name_wrong"] == 3


async def test_the_organisation_of_the_station_is_compared(house: TrustHouse) -> None:
    async with house.simulated(password=OLD) as station:
        await house.clock.advance(30)
        known = house.station()
        known.set_configuration({"CpoName": ConfigurationValue(value="Home")})
        answer = await station.send("SignCertificate", {"csr": a_csr("SIM-1", organisation="X")})
        assert answer == {"status": "Rejected"}
        station.configuration.assign("CpoName", "Home")
        await station.sign_certificate()
        await house.until(lambda: station.certificates.own is not None)


@pytest.mark.parametrize("use", ["V2GCertificate", "V2G20Certificate", "nonsense"])
async def test_certificates_for_vehicles_are_not_signed(house: TrustHouse, use: str) -> None:
    async with house.simulated(password=OLD, version="2.1") as station:
        csr = a_csr("SIM-1")
        answer = await station.send("SignCertificate", {"csr": csr, "certificateType": use})
        assert answer == {"status": "Rejected"}
        assert house.station().counters["certificate_not_signed"] == 1


async def test_the_id_of_a_question_in_2_1_comes_back(house: TrustHouse) -> None:
    async with house.simulated(password=OLD, version="2.1") as station:
        csr = station.certificates.request("SIM-1", "")
        await station.send("SignCertificate", {"csr": csr, "requestId": 77})
        await house.until(lambda: station.certificates.own is not None)
        assert station.requests("CertificateSigned")[0]["requestId"] == 77


async def test_more_than_five_requests_an_hour_are_rejected(
    house: TrustHouse, station: SimulatedStation
) -> None:
    for _ in range(7):
        await station.sign_certificate()
    statuses = [answer["status"] for answer in station.answers("SignCertificate")]
    assert statuses == ["Accepted"] * 5 + ["Rejected"] * 2
    assert house.station().counters["csr_too_often"] == 2
    await house.clock.advance(3600)
    await station.sign_certificate()
    assert station.answers("SignCertificate")[-1] == {"status": "Accepted"}


@pytest.mark.parametrize("answer", ["Rejected", CallError("InternalError")])
async def test_a_certificate_that_the_station_does_not_take_is_not_counted_on(
    house: TrustHouse, station: SimulatedStation, answer: object
) -> None:
    ordered = {"status": answer} if isinstance(answer, str) else answer
    station.overrides["CertificateSigned"] = ordered  # type: ignore[assignment]
    await station.sign_certificate()
    await house.until(lambda: house.station().counters["certificate_refused"])
    assert house.station().certificates.ends_at is None
    assert not house.told(CertificateIssued)


async def test_a_certificate_whose_answer_is_lost_counts_as_issued(
    house: TrustHouse, station: SimulatedStation
) -> None:
    station.overrides["CertificateSigned"] = None
    await station.sign_certificate()
    await house.clock.advance(31)
    assert house.station().counters["certificate_unanswered"] == 1
    assert house.station().certificates.ends_at is not None


async def test_a_station_with_little_room_gets_its_own_certificate_alone(house: TrustHouse) -> None:
    async with house.simulated(password=OLD) as station:
        await house.clock.advance(30)
        known = house.station()
        known.set_configuration({"CertificateSignedMaxChainSize": ConfigurationValue(value="900")})
        await station.sign_certificate()
        await house.until(lambda: station.certificates.own is not None)
        (sent,) = station.requests("CertificateSigned")
        assert len(x509.load_pem_x509_certificates(sent["certificateChain"].encode())) == 1


async def test_a_damaged_authority_signs_nothing_and_is_told(
    house: TrustHouse, station: SimulatedStation, caplog: pytest.LogCaptureFixture
) -> None:
    path = house.folder / "pki" / "root.pem"
    path.write_text("damaged")
    authority = Authority(house.folder / "pki", house.clock)
    object.__setattr__(house.station().around, "authority", authority)
    await station.sign_certificate()
    await house.until(lambda: house.station().counters["authority_unusable"])
    assert "No certificate can be signed for SIM-1" in caplog.text
    assert path.read_text() == "damaged"


def own_identity(house: TrustHouse, name: str) -> Path:
    """Return a file with a certificate of the house's own authority."""
    key = a_key()
    issued = house.authority.sign(a_request(name, key=key))
    chain = x509.load_pem_x509_certificates(issued.chain.encode())
    return identity_file(house.folder / "own.pem", key, *chain)


@pytest.mark.parametrize("name", ["SIM-1", "sim-1", "SIM-0001"])
async def test_a_certificate_in_the_name_of_the_station_needs_no_password(
    house: TrustHouse, name: str
) -> None:
    known = house.know(password=OLD, least_profile=3)
    known.memory.identity = type(known.memory.identity)(serial_number="SIM-0001")
    assert await profile_of(house, house.trusting(own_identity(house, name)), None) == 3


async def test_a_certificate_of_another_station_counts_for_nothing(house: TrustHouse) -> None:
    house.know("VICTIM")
    context = house.trusting(own_identity(house, "VICTIM"))
    assert await profile_of(house, context, None) is None
    assert await profile_of(house, context, OLD) == 2
    known = house.know(password=OLD, least_profile=3)
    assert await profile_of(house, context, OLD) is None
    assert known.counters["certificate_of_another"] >= 3
    assert known.counters["certificate_missing"] >= 1
    assert {event.kind for event in house.told(SecurityEvent)} == {
        "WrongPassword",
        "CertificateMissing",
    }


async def test_a_station_that_needs_a_certificate_is_not_let_in_without(house: TrustHouse) -> None:
    house.know(password=OLD, least_profile=3)
    assert await profile_of(house, house.trusting(), OLD) is None
    house.know(password=OLD, least_profile=2)
    assert await profile_of(house, house.trusting(), OLD) == 2


async def test_certificates_of_a_wrong_authority_or_out_of_date_end_the_handshake(
    house: TrustHouse, tmp_path: Path
) -> None:
    maker = Maker()
    key, wrong = maker.make("SIM-1")
    stranger = identity_file(tmp_path / "wrong.pem", key, wrong, maker.root)
    past = datetime.now(UTC) - timedelta(days=800)
    house.clock._elapsed -= timedelta(days=800).total_seconds()
    expired = own_identity(house, "SIM-1")
    house.clock._elapsed += timedelta(days=800).total_seconds()
    assert x509.load_pem_x509_certificate(expired.read_bytes()).not_valid_before_utc < past
    for path in (stranger, expired):
        assert await profile_of(house, house.trusting(path), OLD) is None
    server = house.central.diagnostics()["server"]
    assert isinstance(server, dict)
    assert server["tls_client_certificate_bad"] >= 2


async def test_a_certificate_is_out_of_date_by_the_clock_of_the_house_too(
    house: TrustHouse,
) -> None:
    context = house.trusting(own_identity(house, "SIM-1"))
    house.know(password=OLD, least_profile=3)
    assert await profile_of(house, context, None) == 3
    leap(house.clock, timedelta(days=366))
    assert await profile_of(house, context, None) is None
    assert house.station().counters["certificate_out_of_date"] >= 1


async def test_an_authority_from_a_file_is_believed_too(tmp_path: Path) -> None:
    maker = Maker("Fleet")
    trusted = tmp_path / "fleet.pem"
    trusted.write_text(pem.of_certificate(maker.root))
    async with TrustHouse(tmp_path, client_authority=str(trusted)) as house:
        house.know(password=OLD, least_profile=3)
        key, certificate = maker.make("SIM-1")
        path = identity_file(tmp_path / "station.pem", key, certificate)
        assert await profile_of(house, house.trusting(path), None) == 3
        assert await profile_of(house, house.trusting(own_identity(house, "SIM-1")), None) == 3


async def test_garbage_instead_of_a_handshake_is_counted_and_harms_nobody(
    house: TrustHouse, station: SimulatedStation
) -> None:
    for content in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 300, b"\0" * 64):
        reader, writer = await asyncio.open_connection("127.0.0.1", house.central.port)
        writer.write(content)
        writer.write_eof()
        await reader.read()
        writer.close()
    server = house.central.diagnostics()["server"]
    assert isinstance(server, dict)
    assert server["tls_handshake_failed"] >= 2
    assert station.online


async def renewal(house: TrustHouse, station: SimulatedStation, days: int) -> int:
    """Let days pass and return how often the station was asked to ask."""
    before = len(station.requests("ExtendedTriggerMessage")) + len(
        station.requests("TriggerMessage")
    )
    await house.pass_days(days)
    return (
        len(station.requests("ExtendedTriggerMessage"))
        + len(station.requests("TriggerMessage"))
        - before
    )


@pytest.fixture
async def certified(house: TrustHouse, version: str) -> AsyncIterator[SimulatedStation]:
    """Return a connected station with a certificate, that does not say much in a year."""
    quiet = {"HeartbeatInterval": "0"}
    async with house.simulated(version=version, password=OLD, configuration=quiet) as station:
        await house.clock.advance(30)
        await house.station().certificates.ask()
        await house.until(lambda: house.told(CertificateIssued))
        station.configuration.assign("HeartbeatInterval", "0")
        yield station


def nearly_over(house: TrustHouse, days: int) -> None:
    """Make the certificate end so many days from now."""
    known = house.station()
    memory = known.memory.certificate
    assert memory is not None
    end = house.clock.now() + timedelta(days=days)
    known.memory.certificate = {**memory, "not_after": end.isoformat()}


async def test_a_certificate_is_renewed_in_its_last_month_and_not_before(
    house: TrustHouse, certified: SimulatedStation
) -> None:
    nearly_over(house, 33)
    assert await renewal(house, certified, 2) == 0
    first = certified.certificates.own
    assert await renewal(house, certified, 3) == 1
    await house.until(lambda: certified.certificates.own != first)
    ends_at = house.station().certificates.ends_at
    assert ends_at is not None
    assert ends_at - house.clock.now() > timedelta(days=360)
    assert await renewal(house, certified, 3) == 0


async def test_a_renewal_that_fails_is_tried_once_a_day_and_not_for_ever(
    house: TrustHouse, certified: SimulatedStation, version: str
) -> None:
    certified.overrides[trigger_of(version)] = {"status": "Rejected"}
    nearly_over(house, 29)
    asked = await renewal(house, certified, 4)
    assert 3 <= asked <= 4
    known = house.station()
    assert known.counters["renewal_refused"] == asked
    memory = known.memory.certificate
    assert memory is not None
    assert memory["tries"] == asked
    known.memory.certificate = {**memory, "tries": 29}
    assert await renewal(house, certified, 3) == 1
    assert known.counters["renewal_given_up"] > 0


async def test_a_station_that_reconnects_all_the_time_is_not_asked_more_often(
    house: TrustHouse, certified: SimulatedStation, version: str
) -> None:
    certified.overrides[trigger_of(version)] = {"status": "Accepted"}
    nearly_over(house, 10)
    before = len(certified.requests(trigger_of(version)))
    for _ in range(5):
        certified.reboot()
        await house.clock.advance(300)
    asked = [
        request
        for request in certified.requests(trigger_of(version))[before:]
        if "Certificate" in request["requestedMessage"]
    ]
    assert len(asked) == 1


async def test_renewal_goes_on_after_a_restart_of_ours(
    house: TrustHouse, certified: SimulatedStation
) -> None:
    nearly_over(house, 20)
    house.station().keep_memory()
    await house.restart()
    first = certified.certificates.own
    await house.until(lambda: certified.certificates.own != first, within=3600)


async def test_the_certificate_of_the_port_is_renewed_while_it_serves(house: TrustHouse) -> None:
    first = house.central.certificate_ends_at
    assert first is not None
    await house.pass_days(2)
    assert house.central.certificate_ends_at == first
    leap(house.clock, timedelta(days=365))
    await house.clock.advance(600)
    await house.until(lambda: house.central.certificate_ends_at != first)
    assert house.central.certificate_ends_at - house.clock.now() > timedelta(days=390)
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", house.central.port, ssl=anybody)
    shown = shown_certificate(writer.get_extra_info("ssl_object"))
    writer.close()
    assert shown is not None
    assert shown.not_valid_after_utc == house.central.certificate_ends_at


async def test_a_renewal_of_the_port_that_fails_leaves_the_old_certificate(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    maker = Maker()
    key, certificate = maker.make("localhost")
    path = identity_file(tmp_path / "server.pem", key, certificate)
    async with TrustHouse(
        tmp_path, own_names=(), tls_certificate=str(path), tls_key=str(path)
    ) as house:
        assert house.central.certificate_ends_at == certificate.not_valid_after_utc
        path.write_text("broken while being replaced")
        await house.pass_days(2)
        await house.until(lambda: "stays as it is" in caplog.text)
        assert house.central.certificate_ends_at == certificate.not_valid_after_utc
        later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=90)
        key, newer = maker.make("localhost", until=later)
        identity_file(path, key, newer)
        await house.pass_days(2)
        await house.until(lambda: house.central.certificate_ends_at == later)


async def test_the_first_certificate_makes_a_port_with_own_files_believe_the_authority(
    tmp_path: Path,
) -> None:
    maker = Maker()
    key, certificate = maker.make("127.0.0.1")
    path = identity_file(tmp_path / "server.pem", key, certificate)
    async with TrustHouse(
        tmp_path, own_names=(), tls_certificate=str(path), tls_key=str(path)
    ) as house:
        house.know(password=OLD)
        context = ssl.create_default_context(cadata=pem.of_certificate(maker.root))
        context.check_hostname = False
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        assert not house.authority.exists
        async with house.simulated(password=OLD, ssl=context) as station:
            await house.clock.advance(30)
            await station.sign_certificate()
            await house.until(lambda: station.certificates.own is not None)
            house.know(least_profile=3)
            station.configuration.assign("SecurityProfile", "3")
            station.raise_profile()
            await house.until(
                lambda: (now := house.station().connection) is not None and now.profile == 3
            )
