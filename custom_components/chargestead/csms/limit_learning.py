"""What was learned of how one station's firmware takes limits."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ..model.clock import Clock
from ..model.errors import ChargesteadError
from ..model.station import StationState
from .limit_forms import ON_CONNECTOR, Form, form_of, ladder
from .memory import Memory
from .setup import firmware_key

_MOST_IGNORED: Final = 12
_REFUSAL_HOLDS_S: Final = 3600


class Learning:
    """Remembers the form a station obeys and those it ignores, once per firmware.

    A form that is ignored costs a write and half a minute of too much current, so their number is bounded: after that
    the best form there was is kept (`settled`), and nothing more is tried before another firmware.
    """

    def __init__(self, memory: Memory, clock: Clock) -> None:
        """Learn into a station's memory."""
        self._memory = memory
        self._clock = clock
        self._refused: dict[Form, float] = {}
        self._refused_by = ""
        self.refusal: ChargesteadError | None = None

    @property
    def _content(self) -> dict[str, object]:
        return self._memory.limit_form or {}

    @property
    def _current(self) -> dict[str, object]:
        """Return what holds for the present firmware, nothing where it is another's."""
        content = self._content
        return content if content.get("firmware") == firmware_key(self._memory.identity) else {}

    @property
    def form(self) -> Form | None:
        """Return the form this firmware takes, as far as is known."""
        return form_of(self._current.get("form"))

    @property
    def proven(self) -> bool:
        """Tell whether the form was seen to be obeyed."""
        return self._current.get("proven") is True

    @property
    def settled(self) -> bool:
        """Tell whether no other form is worth trying."""
        return self._current.get("settled") is True

    @property
    def doubted(self) -> bool:
        """Tell whether the form was ignored and a better one is being looked for."""
        return not self.settled and self.form in self.ignored_forms

    @property
    def ignored_forms(self) -> list[Form]:
        """Return the forms that were accepted and not obeyed."""
        content = self._current.get("ignored")
        items = content if isinstance(content, list) else []
        return [form for item in items if (form := form_of(item)) is not None]

    def candidates(self, state: StationState) -> Iterator[Form]:
        """Yield the form to try first, then all others that were neither refused lately nor ignored."""
        single = len(state.connectors) <= 1
        # A new firmware is first asked in the form of the old one, which is likely to hold.
        best = self.form or form_of(self._content.get("form"))
        spent = set() if self.settled else set(self.ignored_forms)
        if best is not None and best not in spent and (single or best.purpose in ON_CONNECTOR):
            yield best
            yield replace(best, whole=True)
        spent = set(self.ignored_forms)
        for form in ladder(state):
            if form != best and form not in spent and not self._is_refused(form):
                yield form

    def accepted(self, form: Form) -> bool:
        """Take note of a form the station took; tells whether that is news to remember."""
        self._refused.pop(form, None)
        if form == self.form:
            return False
        self._write(form=form.as_dict(), proven=False)
        return True

    def obeyed(self, form: Form) -> bool:
        """Take note of a form that was seen to be obeyed; tells whether that is news to remember."""
        if self.proven or form != self.form:
            return False
        self._write(proven=True)
        return True

    def ignored(self, form: Form, twin: Form | None) -> None:
        """Take note of a form (and one that says the same) that was accepted and not obeyed."""
        forms = self.ignored_forms
        forms += [item for item in (form, twin) if item is not None and item not in forms]
        self._write(ignored=[item.as_dict() for item in forms], proven=False)
        if len(forms) >= _MOST_IGNORED:
            self.settle()

    def settle(self) -> None:
        """Keep to the best form that was ever accepted; no other was any better."""
        forms = self.ignored_forms
        if forms:
            self._write(form=forms[0].as_dict(), settled=True)

    def refused(self, form: Form, twin: Form | None, refusal: ChargesteadError) -> None:
        """Take note of a form (and one that says the same) the station would not take, for an hour."""
        self.refusal = refusal
        key = firmware_key(self._memory.identity)
        if key != self._refused_by:
            self._refused.clear()
            self._refused_by = key
        for item in (form, twin):
            if item is not None:
                self._refused[item] = self._clock.monotonic()

    def _is_refused(self, form: Form) -> bool:
        at = self._refused.get(form)
        if at is None or self._refused_by != firmware_key(self._memory.identity):
            return False
        return self._clock.monotonic() - at < _REFUSAL_HOLDS_S

    def _write(self, **changes: object) -> None:
        self._memory.limit_form = {
            **self._current,
            **changes,
            "firmware": firmware_key(self._memory.identity),
        }
