"""Limits as they are remembered over a restart of ours."""

from collections.abc import MutableMapping
from datetime import datetime
from math import isfinite

from ..model.limit import Limit, LimitReason


def read_limit(content: list[object], now: datetime) -> tuple[Limit, Limit | None] | None:
    """Return a remembered limit and the one before its pause; None for nonsense."""
    limit = _limit_of(content[:2], now)
    return None if limit is None else (limit, _limit_of(content[2:4], now))


def write_limit(
    limits: MutableMapping[str, list[object]],
    connector_id: int,
    limit: Limit | None,
    before: Limit | None,
) -> bool:
    """Remember the limit of a connector; tells whether that is news."""
    key = str(connector_id)
    if limit is None:
        return limits.pop(key, None) is not None
    content: list[object] = [limit.current_a, limit.reason.value]
    if before is not None:
        content += [before.current_a, before.reason.value]
    if limits.get(key) == content:
        return False
    limits[key] = content
    return True


def _limit_of(content: list[object], now: datetime) -> Limit | None:
    if len(content) != 2 or not isinstance(content[0], int | float):
        return None
    current_a, reason = float(content[0]), content[1]
    if not isfinite(current_a) or current_a < 0 or reason not in set(LimitReason):
        return None
    return Limit(current_a=current_a, reason=LimitReason(str(reason)), since=now)
