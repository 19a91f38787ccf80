"""Those who listen."""

import pytest

from custom_components.chargestead.site.upkeep.ports import Listeners


def test_one_who_fails_harms_nobody_and_who_left_hears_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[int] = []
    listeners = Listeners[[int]]()

    def fail(_: int) -> None:
        raise ZeroDivisionError

    listeners.subscribe(fail)
    leave = listeners.subscribe(heard.append)
    listeners.tell(1)
    for _ in range(2):
        leave()
    listeners.tell(2)
    assert heard == [1]
    assert caplog.text.count("A listener to maintenance failed") == 2
