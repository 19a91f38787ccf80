"""Finding the lists of prices in whatever a source hands over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
import json
from typing import Final

from .findings import FindingKind, Findings
from .moments import SkippedTimeError, end_after, local_day, parse_time, to_utc
from .numbers import inner_value, is_missing, is_whole, parse_price
from .shapes import (
    CLOCK_TIME,
    CURRENCY_KEYS,
    DATE_KEYS,
    END_KEYS,
    FOREIGN_BOXES,
    HOUR_ATTRIBUTE,
    PRICE_BOXES,
    START_KEYS,
    UNIT_KEYS,
    VALUE_KEYS,
)
from .units import currency_code, parse_unit

_MAX_DEPTH: Final = 6
_MAX_ENTRIES: Final = 5000
_MAX_TEXT: Final = 500_000
_HOUR: Final = timedelta(hours=1)
_STEPS: Final = frozenset(timedelta(minutes=minutes) for minutes in (5, 10, 15, 30, 60))


@dataclass(frozen=True, slots=True)
class Told:
    """One price as told, its unit not yet applied; `end` is None where none was told."""

    start: datetime
    end: datetime | None
    price: Decimal


@dataclass(slots=True)
class Box:
    """One list of prices: where it was, by which key its prices go, and what was said of their unit."""

    name: str = ""
    value_key: str = ""
    unit_text: str | None = None
    currency: str | None = None
    whole: bool = True
    told: list[Told] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the content we are, and what was said on the way there."""

    name: str = ""
    depth: int = 0
    unit_text: str | None = None
    currency: str | None = None

    def inside(self, name: str) -> _Place:
        return replace(
            self, name=f"{self.name}.{name}" if self.name else name, depth=self.depth + 1
        )

    def saying(self, content: Mapping[object, object]) -> _Place:
        """Note a unit and a currency that stand beside the prices."""
        unit = next((str(content[key]) for key in UNIT_KEYS if parse_unit(content.get(key))), None)
        money = next(filter(None, (currency_code(content.get(key)) for key in CURRENCY_KEYS)), None)
        return replace(self, unit_text=unit or self.unit_text, currency=money or self.currency)

    def box(self, value_key: str = "") -> Box:
        return Box(self.name, value_key, self.unit_text, self.currency)


class BoxFinder:
    """Walks through content of any shape and keeps the lists of prices it meets. Never raises."""

    def __init__(
        self,
        findings: Findings,
        zone: tzinfo,
        today: date,
        *,
        chosen: str | None = None,
        value_key: str | None = None,
    ) -> None:
        """Read naive times in a zone; `chosen` names the list to take where there are several."""
        self.boxes: list[Box] = []
        self.choices: list[str] = []
        self._bare: list[tuple[_Place, Sequence[object]]] = []
        self._findings = findings
        self._zone = zone
        self._today = today
        self._chosen = chosen.casefold() if chosen else None
        self._value_keys = (value_key,) if value_key else VALUE_KEYS
        self._left = _MAX_ENTRIES

    def find(self, content: object) -> list[Box]:
        """Return all lists of prices; bare numbers count only where nothing has a date of its own."""
        self._look(content, _Place())
        if not any(box.told for box in self.boxes):
            for place, numbers in self._bare:
                self._read_bare(place, numbers)
        return [box for box in self.boxes if box.told]

    def _look(self, content: object, place: _Place) -> None:
        if place.depth > _MAX_DEPTH:
            self._findings.add(FindingKind.TOO_MUCH, place.name)
        elif isinstance(content, str):
            self._look_into_text(content, place)
        elif isinstance(content, Mapping):
            self._look_into_mapping(content, place)
        elif isinstance(content, Sequence) and not isinstance(content, bytes | bytearray):
            self._look_into_list(content, place)

    def _look_into_text(self, content: str, place: _Place) -> None:
        """Read text that is JSON, as template sensors make it."""
        if content[:1] not in ("[", "{") or len(content) > _MAX_TEXT:
            return
        try:
            read = json.loads(content, parse_float=Decimal)
        except ValueError, RecursionError:
            return
        self._look(read, place.inside("text"))

    def _look_into_mapping(self, content: Mapping[object, object], place: _Place) -> None:
        place = place.saying(content)
        children = {str(name): child for name, child in content.items() if _is_container(child)}
        if self._chosen is not None:
            for name, child in children.items():
                if name.casefold() == self._chosen:
                    self._chosen = None
                    self._look(child, place.inside(name))
                    return
        before = len(self.boxes)
        self._look_into_children(children, place)
        if len(self.boxes) > before or self._read_keyed(content, place):
            return
        self._read_hours(content, place)
        if len(self.boxes) == before:
            self._read_entries((content,), place)

    def _look_into_children(self, children: Mapping[str, object], place: _Place) -> None:
        """Take all lists whose names say prices; failing these, the first of the others."""
        named = {name: child for name, child in children.items() if not _is_foreign(name)}
        before = len(self.boxes)
        for name, child in named.items():
            if _is_price_box(name):
                self._look(child, place.inside(name))
        if len(self.boxes) > before:
            return
        choices: list[str] = []
        for name, child in named.items():
            if _is_price_box(name):
                continue
            before = len(self.boxes)
            self._look(child, place.inside(name))
            if len(self.boxes) == before:
                continue
            choices.append(name)
            if len(choices) > 1:
                del self.boxes[before:]
        if len(choices) > 1:
            self.choices = choices
            self._findings.add(FindingKind.SEVERAL_SERIES, ", ".join(choices))

    def _look_into_list(self, content: Sequence[object], place: _Place) -> None:
        content = self._bounded(content)
        if not content:
            return
        entries = [item for item in content if isinstance(item, Mapping)]
        if entries:
            if not self._read_entries(entries, place):
                for item in entries:
                    self._look(item, place.inside(""))
        elif all(isinstance(item, list | tuple) and len(item) == 2 for item in content):
            self._read_pairs(((item[0], item[1]) for item in content), place)  # type: ignore[index]
        elif any(parse_price(item) is not None for item in content):
            self._bare.append((place, content))

    def _bounded(self, content: Sequence[object]) -> Sequence[object]:
        if len(content) > self._left:
            self._findings.add(FindingKind.TOO_MUCH, len(content))
            content = content[: self._left]
        self._left -= len(content)
        return content

    def _read_entries(self, entries: Sequence[Mapping[object, object]], place: _Place) -> bool:
        """Read objects that have a start and a price; tell whether these are such."""
        value_key = self._value_key(entries)
        if value_key is None or not any(key in entry for entry in entries for key in START_KEYS):
            return False
        box = place.saying(entries[0]).box(value_key)
        after: datetime | None = None
        for entry in entries:
            told = self._start_of(entry, place)
            if told is None:
                self._findings.add(FindingKind.TIME_UNREADABLE, _first_of(entry, START_KEYS))
                continue
            start = self._instant(told, after)
            if start is None:
                continue
            after = start
            self._tell(
                box, start, self._end_of(entry, start, told), inner_value(entry.get(value_key))
            )
        self.boxes.append(box)
        return True

    def _value_key(self, entries: Sequence[Mapping[object, object]]) -> str | None:
        """Return the key the prices go by: the first that holds a number anywhere, else the first there is."""
        there = [key for key in self._value_keys if any(key in entry for entry in entries)]
        for key in there:
            if any(parse_price(inner_value(entry.get(key))) is not None for entry in entries):
                return key
        return there[0] if there else None

    def _start_of(self, entry: Mapping[object, object], place: _Place) -> datetime | None:
        for key in START_KEYS:
            if (value := entry.get(key)) is None:
                continue
            if (moment := parse_time(value)) is not None:
                return moment
            if (
                moment := self._on_a_day(value, _day_of(entry) or self._day_named(place))
            ) is not None:
                return moment
        return None

    def _end_of(
        self, entry: Mapping[object, object], start: datetime, told: datetime
    ) -> datetime | None:
        for key in END_KEYS:
            if (moment := parse_time(entry.get(key))) is not None:
                end = end_after(start, told, moment, self._zone)
                return end if end is not None and end > start else None
        return None

    def _read_pairs(self, pairs: Iterable[tuple[object, object]], place: _Place) -> None:
        """Read times with a price each."""
        box = place.box()
        after: datetime | None = None
        for time_told, value in pairs:
            told = parse_time(time_told) or self._on_a_day(time_told, self._day_named(place))
            if told is None:
                self._findings.add(FindingKind.TIME_UNREADABLE, time_told)
            elif (start := self._instant(told, after)) is not None:
                after = start
                self._tell(box, start, None, inner_value(value))
        if box.told:
            self.boxes.append(box)

    def _read_keyed(self, content: Mapping[object, object], place: _Place) -> bool:
        """Read an object whose keys are the times."""
        if not content or not all(
            parse_time(key) is not None or (isinstance(key, str) and CLOCK_TIME.fullmatch(key))
            for key in content
        ):
            return False
        self._bounded(tuple(content))
        self._read_pairs(tuple(content.items())[:_MAX_ENTRIES], place)
        return True

    def _read_hours(self, content: Mapping[object, object], place: _Place) -> None:
        """Read one attribute per local hour."""
        box = place.box()
        for name, value in content.items():
            match = HOUR_ATTRIBUTE.fullmatch(name) if isinstance(name, str) else None
            if match is None:
                continue
            day = self._today + timedelta(days=1 if match["next"] else 0)
            local = datetime.combine(day, time(int(match["hour"])))
            first = self._instant(local, None)
            start = self._instant(local, first) if match["again"] and first else first
            if start is not None and (start != first or not match["again"]):
                self._tell(box, start, start + _HOUR, value)
        if box.told:
            self.boxes.append(box)

    def _read_bare(self, place: _Place, numbers: Sequence[object]) -> None:
        """Read numbers that fill a whole local day; days of 23 and 25 hours have fewer and more."""
        day = self._day_named(place)
        start, end = local_day(day or self._today, self._zone)
        step = (end - start) / len(numbers)
        if day is None or step not in _STEPS:
            self._findings.add(FindingKind.UNDATED, f"{place.name}: {len(numbers)}")
            return
        box = place.box()
        for index, value in enumerate(numbers):
            self._tell(box, start + index * step, start + (index + 1) * step, value)
        if box.told:
            self.boxes.append(box)

    def _tell(self, box: Box, start: datetime, end: datetime | None, value: object) -> None:
        if is_missing(value):
            self._findings.add(FindingKind.PRICE_MISSING, at=start)
        elif (price := parse_price(value)) is None:
            self._findings.add(FindingKind.PRICE_UNREADABLE, value, start)
        else:
            box.whole = box.whole and is_whole(value)
            box.told.append(Told(start, end, price))

    def _instant(self, told: datetime, after: datetime | None) -> datetime | None:
        try:
            instant = to_utc(told, self._zone, after)
        except SkippedTimeError:
            self._findings.add(FindingKind.TIME_SKIPPED, str(told))
            return None
        if instant is None:
            self._findings.add(FindingKind.TIME_UNREADABLE, str(told))
        return instant

    def _on_a_day(self, value: object, day: date | None) -> datetime | None:
        """Return a naive time for an hour, or a clock time, of a day."""
        if day is None or isinstance(value, bool):
            return None
        if isinstance(value, int):
            return datetime.combine(day, time(value)) if 0 <= value < 24 else None
        match = CLOCK_TIME.fullmatch(value) if isinstance(value, str) else None
        return (
            datetime.combine(day, time(int(match["hour"]), int(match["minute"]))) if match else None
        )

    def _day_named(self, place: _Place) -> date | None:
        name = place.name.casefold()
        if "tomorrow" in name or "next_day" in name:
            return self._today + timedelta(days=1)
        return self._today if "today" in name else None


def local_date(now: datetime, zone: tzinfo) -> date:
    """Return the house's date at an instant."""
    return now.astimezone(UTC).astimezone(zone).date()


def _day_of(entry: Mapping[object, object]) -> date | None:
    for key in DATE_KEYS:
        value = entry.get(key)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        if isinstance(value, str):
            try:
                return date.fromisoformat(value.strip()[:10])
            except ValueError:
                continue
    return None


def _first_of(entry: Mapping[object, object], keys: Iterable[str]) -> object:
    return next((entry[key] for key in keys if key in entry), "")


def _is_container(value: object) -> bool:
    if isinstance(value, str):
        return value[:1] in ("[", "{")
    return isinstance(value, Mapping | Sequence) and not isinstance(value, bytes | bytearray)


def _is_foreign(name: str) -> bool:
    return FOREIGN_BOXES.search(name.casefold()) is not None


def _is_price_box(name: str) -> bool:
    folded = name.casefold()
    return any(part in folded for part in PRICE_BOXES)
