"""Who may connect."""

import base64
import binascii
from collections.abc import Mapping
import hmac
from typing import Final
from urllib.parse import unquote

_LEAST_KEY_BYTES: Final = 16


def credentials(header: str | None) -> tuple[str, str] | None:
    """Return the user and password of a Basic `Authorization` header, None when there is none (RFC 7617)."""
    kind, _, encoded = (header or "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error, ValueError:
        return None
    user, _, password = decoded.decode("utf-8", errors="surrogateescape").partition(":")
    return user, password


def same_password(password: str, given: tuple[str, str] | None) -> bool:
    """Tell whether a station showed a password, as it is or as the bytes it stands for."""
    if given is None:
        return False
    sent = given[1].encode("utf-8", errors="surrogateescape")
    matches = hmac.compare_digest(sent, password.encode())
    raw = _raw_key(password)
    return matches or (raw is not None and hmac.compare_digest(sent, raw))


def _raw_key(password: str) -> bytes | None:
    """Return what a key set in hexadecimal stands for; OCPP-J 1.6 section 6.2.1 has stations send these very bytes."""
    try:
        raw = bytes.fromhex(password)
    except ValueError:
        return None
    return raw if len(raw) >= _LEAST_KEY_BYTES else None


def station_id_of(path: str, user: str | None, address: str | None, longest: int) -> str | None:
    """Return the id a station dials in with: the last part of the path, else its Basic user, else its address.

    None when there is no usable one (OCPP-J 1.6 section 3.1.1: the id is the last part of the URL). What cannot be seen
    (control characters, blanks of no width, half characters) is no part of an id.
    """
    last = unquote(path.rstrip("/").rpartition("/")[2], errors="replace")
    candidate = _visible(last) or _visible(user or "")
    if not candidate:
        candidate = f"unnamed-{address}" if address else ""
    if not candidate or len(candidate) > longest or "\ufffd" in candidate:
        return None
    return candidate


def _visible(text: str) -> str:
    return "".join(filter(str.isprintable, text)).strip()


def find_station[T](stations: Mapping[str, T], station_id: str) -> T | None:
    """Return the station of an id, also when only upper and lower case differ."""
    if station := stations.get(station_id):
        return station
    folded = station_id.casefold()
    return next((item for key, item in stations.items() if key.casefold() == folded), None)
