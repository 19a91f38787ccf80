"""How wrong a station's clock is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.csms.clock_offset import ClockOffset

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def seconds(count: float) -> timedelta:
    """Return a duration."""
    return timedelta(seconds=count)


def test_a_clock_is_trusted_before_anything_is_known() -> None:
    offset = ClockOffset()
    assert offset.seconds is None
    assert offset.correct(NOW - seconds(5), NOW) == (NOW - seconds(5), False)


def test_a_good_clock_is_off_by_what_the_way_takes() -> None:
    offset = ClockOffset()
    offset.observe(NOW - seconds(1), NOW)
    assert offset.seconds == 0
    offset.observe(NOW - seconds(20), NOW)
    assert offset.seconds == -20
    assert offset.correct(NOW - seconds(20), NOW) == (NOW - seconds(20), False)


def test_a_clock_ahead_is_known_from_one_message_and_corrects_what_was_buffered() -> None:
    offset = ClockOffset()
    offset.observe(NOW + 2 * HOUR, NOW)
    assert offset.seconds == 7200
    assert offset.correct(NOW + 2 * HOUR, NOW) == (NOW, True)
    assert offset.correct(NOW - HOUR, NOW) == (NOW - 3 * HOUR, True)


def test_one_message_from_the_past_may_as_well_be_late() -> None:
    offset = ClockOffset()
    offset.observe(NOW - HOUR, NOW)
    assert offset.seconds is None
    assert offset.correct(NOW - HOUR, NOW) == (NOW - HOUR, False)


def test_a_clock_behind_is_known_when_all_live_messages_over_some_time_are() -> None:
    offset = ClockOffset()
    for number in range(8):
        assert offset.seconds is None
        arrived = NOW + seconds(5 * number)
        offset.observe(arrived - HOUR - seconds(number % 2), arrived)
    assert offset.seconds == -3600
    assert offset.correct(NOW - HOUR, NOW + seconds(40)) == (NOW, True)


def test_eight_messages_at_once_are_a_backlog_and_prove_nothing() -> None:
    offset = ClockOffset()
    for number in range(20):
        offset.observe(NOW - HOUR + seconds(number), NOW + seconds(number))
    assert offset.seconds is None


def test_messages_late_by_different_times_prove_nothing() -> None:
    offset = ClockOffset()
    for number in range(20):
        offset.observe(NOW - HOUR * (number + 1), NOW + seconds(10 * number))
    assert offset.seconds is None


def test_a_clock_that_was_set_is_trusted_again() -> None:
    offset = ClockOffset()
    offset.observe(NOW - HOUR, NOW)
    offset.observe(NOW + HOUR, NOW)
    offset.observe(NOW, NOW)
    assert offset.seconds == 0
    offset.observe(NOW + HOUR, NOW)
    offset.reset()
    assert offset.seconds is None
    assert offset.correct(NOW - HOUR, NOW) == (NOW - HOUR, False)


@pytest.mark.parametrize("year", [1, 1970, 2019])
def test_a_clock_that_was_never_set_tells_nothing_but_the_arrival(year: int) -> None:
    assert ClockOffset().correct(NOW.replace(year=year), NOW) == (NOW, True)


def test_no_timestamp_is_the_arrival() -> None:
    assert ClockOffset().correct(None, NOW) == (NOW, False)


def test_what_lies_ahead_of_us_happened_now_at_the_latest() -> None:
    offset = ClockOffset()
    assert offset.correct(NOW + HOUR, NOW) == (NOW, True)
    offset.observe(NOW + HOUR, NOW)
    assert offset.correct(NOW + 3 * HOUR, NOW) == (NOW, True)


def test_an_offset_that_cannot_be_true_of_a_buffered_message_leaves_its_arrival() -> None:
    offset = ClockOffset()
    offset.observe(NOW.replace(year=2099), NOW)
    assert offset.correct(NOW - HOUR, NOW) == (NOW, True)
    offset.observe(NOW.replace(year=9999), NOW)
    assert offset.correct(NOW - HOUR, NOW) == (NOW, True)


MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(st.lists(st.tuples(MOMENTS, MOMENTS), max_size=12), MOMENTS)
def test_no_timestamps_at_all_break_it_and_nothing_happens_later_than_a_minute_ahead(
    seen: list[tuple[datetime, datetime]], sent: datetime
) -> None:
    offset = ClockOffset()
    for each, _ in seen:
        offset.observe(each, NOW)
        moment, _ = offset.correct(each, NOW)
        assert moment <= NOW + seconds(60)
    if sent <= NOW:
        moment, _ = offset.correct(sent, NOW)
        assert moment <= NOW + seconds(60)
