"""What the cases look through sees what is there, and misses what is not."""

from datetime import UTC, datetime

import pytest

from tests.conformance.wire import ABSENT, exchanges, flaws, is_asked, matches, missing, says
from tests.simulator.frames import FrameLog, Signal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TALK = (
    (True, '[2,"a","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]'),
    (
        False,
        '[3,"a",{"status":"Accepted","interval":300,"currentTime":"2026-01-01T12:00:00Z"}]',
    ),
    (False, '[2,"b","Reset",{"type":"Soft"}]'),
    (True, '[2,"b","Heartbeat",{}]'),
    (True, '[3,"b",{"status":"Rejected"}]'),
    (False, '[4,"b","NotImplemented","",{}]'),
    (False, '[2,"c","Reset",{"type":"Hard"}]'),
)


def heard(*talk: tuple[bool, str]) -> FrameLog:
    log = FrameLog(Signal(), 100)
    for sent, text in talk:
        log.record(NOON, sent=sent, text=text)
    return log


@pytest.mark.parametrize(
    ("wanted", "seen", "fits"),
    [
        ({}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {}, False),
        ({"a": None}, {}, False),
        ({"a": ABSENT}, {}, True),
        ({"a": ABSENT}, {"a": None}, False),
        ({"a": {"b": ABSENT}}, {"a": {"c": 1}}, True),
        ({"a": {"b": 1}}, {"a": 1}, False),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"a": lambda value: value > 1}, {"a": 2}, True),
        ({"a": lambda value: value > 1}, {"a": 1}, False),
    ],
)
def test_fields_are_compared_by_what_is_wanted_of_them(
    wanted: dict[str, object],
    seen: dict[str, object],
    *,
    fits: bool,
) -> None:
    assert matches(wanted, seen) is fits


def test_answers_find_their_calls_although_both_sides_use_the_same_ids() -> None:
    boot, soft, heartbeat, hard = exchanges(heard(*TALK))
    assert (boot.sent, boot.answer is not None, boot.error) == (True, True, None)
    assert (soft.sent, soft.answer) == (False, {"status": "Rejected"})
    assert (heartbeat.sent, heartbeat.answer, heartbeat.error) == (True, None, "NotImplemented")
    assert (hard.answer, hard.error) == (None, None)


def test_steps_must_come_in_their_order_and_be_answered() -> None:
    seen = exchanges(heard(*TALK))
    boot = says("BootNotification", answer={"status": "Accepted"})
    reset = is_asked("Reset", type="Soft", answer={"status": "Rejected"})
    assert missing([boot, reset], seen) is None
    assert missing([reset, boot], seen) is boot
    assert missing([boot, boot], seen) is boot
    for wrong in (
        says("Reset"),
        is_asked("Reset", type="Hard"),
        is_asked("Reset", type="Soft", answer={"status": "Accepted"}),
        says("Heartbeat"),
    ):
        assert missing([wrong], seen) is wrong


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ('[2,"x","Reset",{"type":"Soft"}]', None),
        ('[2,"x","Reset",{"type":"Gentle"}]', "'Gentle' is not one of"),
        ('[2,"x","Reset",{"type":"Soft","evseId":null}]', "Additional properties"),
        ('[2,"x","RemoteStartTransaction",{}]', "'idTag' is a required property"),
        (
            '[2,"x","RemoteStartTransaction",{"idTag":"123456789012345678901"}]',
            "is too long",
        ),
    ],
)
def test_a_call_that_breaks_its_schema_is_seen(text: str, flaw: str | None) -> None:
    (frame,) = heard((False, text))
    found = flaws("1.6", frame)
    assert len(found) == (0 if flaw is None else 1)
    assert all(flaw in item for item in found if flaw is not None)


def test_an_answer_that_breaks_its_schema_is_seen() -> None:
    _, good = heard(*TALK[:2])
    assert flaws("1.6", good) == []
    _, bad = heard(TALK[0], (False, '[3,"a",{"status":"Perhaps"}]'))
    assert any("'Perhaps'" in flaw for flaw in flaws("1.6", bad))
    for version in ("2.0.1", "2.1"):
        (restart,) = heard((False, '[2,"x","Reset",{"type":"OnIdle"}]'))
        assert flaws(version, restart) == []
        (wrong,) = heard((False, '[2,"x","Reset",{"type":"Soft"}]'))
        assert flaws(version, wrong) != []
