"""Who may connect."""

from base64 import b64encode
from pathlib import Path
import ssl

from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.csms.access import (
    credentials,
    find_station,
    same_password,
    station_id_of,
)
from custom_components.chargestead.csms.security.tls import server_tls_context

from .wire_fixtures import basic


@pytest.mark.parametrize(
    ("path", "station_id"),
    [
        ("/CP1", "CP1"),
        ("/CP1/", "CP1"),
        ("/CP1//", "CP1"),
        ("//CP1", "CP1"),
        ("/ocpp/1.6/CP1", "CP1"),
        ("/steve/websocket/CentralSystemService/CP1", "CP1"),
        ("/a%20b", "a b"),
        ("/a%2Fb", "a/b"),
        ("/%20CP1%20", "CP1"),
        ("/caf%C3%A9", "café"),
        ("/%F0%9F%94%8C", "\U0001f50c"),
        ("/CP1%00%07%7f", "CP1"),
        ("/CP%E2%80%8B1", "CP1"),
        ("/%E2%80%AECP1", "CP1"),
        ("/CP1%C2%85%E2%80%A8", "CP1"),
        ("/100%25", "100%"),
        ("/x" + "y" * 63, "x" + "y" * 63),
    ],
)
def test_the_id_is_what_can_be_seen_of_the_last_part_of_the_path(
    path: str, station_id: str
) -> None:
    assert station_id_of(path, "user", "10.0.0.1", 64) == station_id


@pytest.mark.parametrize("path", ["", "/", "//", "/%20", "/%00", "/%E2%80%8B"])
def test_without_a_path_the_id_is_the_login_or_else_the_address(path: str) -> None:
    assert station_id_of(path, "CP7", "10.0.0.1", 64) == "CP7"
    assert station_id_of(path, None, "10.0.0.1", 64) == "unnamed-10.0.0.1"
    assert station_id_of(path, "\udcff\x01", "10.0.0.1", 64) == "unnamed-10.0.0.1"
    assert station_id_of(path, None, None, 64) is None


@pytest.mark.parametrize("path", ["/" + "x" * 65, "/caf%E9", "/%FF%FE"])
def test_an_id_too_long_or_of_broken_bytes_is_none(path: str) -> None:
    assert station_id_of(path, "CP7", "10.0.0.1", 64) is None


@given(st.text(max_size=80), st.none() | st.text(max_size=80), st.none() | st.just("10.0.0.1"))
def test_any_path_makes_an_id_that_can_be_shown_and_kept_or_none(
    path: str, user: str | None, address: str | None
) -> None:
    station_id = station_id_of(path, user, address, 64)
    if station_id is not None:
        assert 0 < len(station_id) <= 64
        assert station_id.isprintable()
        assert station_id.strip() == station_id
        station_id.encode()


def test_a_login_is_read_from_its_header() -> None:
    assert credentials(basic("CP1", "s3cret:with colon")) == ("CP1", "s3cret:with colon")
    assert credentials("basic   " + b64encode(b"CP1:x").decode()) == ("CP1", "x")
    assert credentials("Basic " + b64encode(b"no colon").decode()) == ("no colon", "")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer abc", "Basic", "Basic !!!", "Basic é", "Basic QQ", "Basic  "]
)
def test_a_header_that_holds_no_login_is_none(header: str | None) -> None:
    assert credentials(header) in (None, ("", ""))


@given(st.text(max_size=60))
def test_any_header_is_read(header: str) -> None:
    credentials(header)
    credentials(f"Basic {header}")


def given_login(password: str | bytes) -> tuple[str, str] | None:
    """Return a login as the server reads it."""
    return credentials(basic("CP1", password))


def test_a_password_is_the_same_only_letter_by_letter() -> None:
    assert same_password("geheim-ß", given_login("geheim-ß"))
    assert not same_password("geheim-ß", given_login("geheim-s"))
    assert not same_password("geheim-ß", given_login(""))
    assert not same_password("geheim-ß", None)


def test_a_key_in_hexadecimal_also_matches_the_bytes_it_stands_for() -> None:
    key = bytes(range(0xEC, 0x100))
    assert same_password(key.hex(), given_login(key))
    assert same_password(key.hex(), given_login(key.hex()))
    assert not same_password(key.hex(), given_login(key[:-1]))
    assert not same_password(key.hex(), given_login(key[:-1] + b"\0"))


def test_a_short_password_that_looks_like_a_key_is_only_itself() -> None:
    assert same_password("cafe", given_login("cafe"))
    assert not same_password("cafe", given_login(b"\xca\xfe"))


def test_a_station_is_found_by_its_exact_id_first_and_by_any_case_next() -> None:
    stations = {"cp1": 1, "CP1": 2, "Straße": 3}
    assert find_station(stations, "CP1") == 2
    assert find_station(stations, "cp1") == 1
    assert find_station(stations, "Cp1") == 1
    assert find_station(stations, "STRASSE") == 3
    assert find_station(stations, "CP2") is None


def test_a_certificate_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        server_tls_context(str(tmp_path / "none.pem"), str(tmp_path / "none.key"))
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(ssl.SSLError):
        server_tls_context(str(broken), str(broken))
