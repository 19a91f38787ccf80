"""Functional block C: tokens."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ...model.commands import ClearCache, Command
from ...model.config import UnknownTokens
from ...model.driver import TokenOrigin
from ..adapter import Request
from ..authorization import AuthorizationStatus, Decision, Starting
from ..connection import Reply
from ..rpc import CallRefusal, Payload
from .blocks import Handler
from .values import id_token_info, needs_no_token, token_of, type_of

if TYPE_CHECKING:
    from .adapter import Adapter2


def decide(
    adapter: Adapter2,
    payload: Payload,
    *,
    at: datetime | None = None,
    starting: Starting | None = None,
) -> Decision:
    """Decide on the token of a payload; one that says nobody was asked is as good as an unknown one (C15)."""
    token = token_of(payload)
    if token is None and needs_no_token(payload):
        welcome = adapter.station.around.site().unknown_tokens is not UnknownTokens.REJECT
        return Decision(
            status=AuthorizationStatus.ACCEPTED if welcome else AuthorizationStatus.INVALID,
            origin=TokenOrigin.UNKNOWN,
        )
    return adapter.station.authorization.decide(token, at=at, starting=starting)


def authorize(adapter: Adapter2, payload: Payload) -> Reply:
    """Decide on a token (C01)."""
    token = token_of(payload)
    if token is None and not needs_no_token(payload):
        raise CallRefusal("OccurenceConstraintViolation", "idToken is missing")
    decision = decide(adapter, payload)
    if payload.get("certificate"):
        # What the station could not verify itself cannot be verified here either (C07.FR.17).
        decision = replace(decision, status=AuthorizationStatus.INVALID)
    station = adapter.station
    if token is not None:
        station.card_presented(token, decision, at=station.clock.now(), kind=type_of(payload))
    answer: dict[str, object] = {"idTokenInfo": id_token_info(decision, adapter.version)}
    if payload.get("certificate"):
        answer["certificateStatus"] = "CertChainError"
    elif payload.get("iso15118CertificateHashData"):
        # Whether it was revoked is asked of nobody outside the house, which is not to say that it was (C07.FR.05).
        answer["certificateStatus"] = "NoCertificateAvailable"
    return answer


def _clear_cache(_: Adapter2, __: ClearCache) -> Request:
    return Request("ClearCache", {})


HANDLERS: Final[Mapping[str, Handler]] = {"Authorize": authorize}
BUILDERS: Final[Mapping[type[Command], Callable[..., Request]]] = {ClearCache: _clear_cache}
