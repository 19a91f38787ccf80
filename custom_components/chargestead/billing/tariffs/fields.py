"""Reading a tariff from JSON-like data, field by field; the first thing that is wrong is named with its path."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
import re

from .errors import TariffError
from .price import check_number

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DATE = re.compile(r"[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object and the path that leads to it; null counts as absent."""

    data: Mapping[str, object]
    path: str = ""

    def path_of(self, name: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def get(self, name: str) -> object | None:
        """Return a field as it stands, None where it is absent."""
        return self.data.get(name)

    def error(self, code: str, name: str) -> TariffError:
        """Return the error that a field is wrong."""
        return TariffError(code, self.path_of(name), self.get(name))

    def required[T](self, read: Callable[[str], T | None], name: str) -> T:
        """Return a field that must be there."""
        value = read(name)
        if value is None:
            raise TariffError("missing", self.path_of(name))
        return value

    def text(self, name: str, longest: int = 255) -> str | None:
        """Return a printable text."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.isprintable():
            raise self.error("not_text", name)
        if len(value) > longest:
            raise self.error("too_long", name)
        return value

    def number(self, name: str) -> Decimal | None:
        """Return a number, exactly as it was written; a text that reads as a number will do."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise self.error("not_a_number", name)
        try:
            return check_number(Decimal(str(value)))
        except ValueError, InvalidOperation:
            raise self.error("not_a_number", name) from None

    def whole(self, name: str) -> int | None:
        """Return a whole number that is not negative."""
        value = self.number(name)
        if value is None:
            return None
        if value < 0 or value != int(value):
            raise self.error("not_whole", name)
        return int(value)

    def vat(self, name: str) -> Decimal | None:
        """Return a VAT percentage."""
        value = self.number(name)
        if value is not None and not 0 <= value <= 100:
            raise self.error("not_a_vat", name)
        return value

    def choice[E: Enum](self, kind: type[E], name: str) -> E | None:
        """Return one value of an enumeration."""
        value = self.get(name)
        return None if value is None else _chosen(kind, value, self.path_of(name))

    def choices[E: Enum](self, kind: type[E], name: str) -> tuple[E, ...]:
        """Return values of an enumeration."""
        return tuple(_chosen(kind, value, path) for path, value in self._items(name))

    def time(self, name: str) -> time | None:
        """Return a local time, hours and minutes."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            raise self.error("not_a_time", name)
        return time.fromisoformat(value)

    def date(self, name: str) -> date | None:
        """Return a local date."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise self.error("not_a_date", name)
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.error("not_a_date", name) from None

    def instant(self, name: str) -> datetime | None:
        """Return an instant; without a time zone it is told in UTC (OCPI 2.2.1, types, DateTime)."""
        value = self.get(name)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            at = None
        if at is None:
            raise self.error("not_an_instant", name)
        try:
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            raise self.error("not_an_instant", name) from None

    def nested(self, name: str) -> Fields | None:
        """Return a nested object."""
        value = self.get(name)
        return None if value is None else as_fields(value, self.path_of(name))

    def nested_list(self, name: str) -> tuple[Fields, ...]:
        """Return nested objects."""
        return tuple(as_fields(value, path) for path, value in self._items(name))

    def _items(self, name: str) -> Iterator[tuple[str, object]]:
        value = self.get(name)
        if value is None:
            return
        if not isinstance(value, list | tuple):
            raise self.error("not_a_list", name)
        for number, item in enumerate(value):
            yield f"{self.path_of(name)}[{number}]", item


def as_fields(value: object, path: str = "") -> Fields:
    """Return a JSON object as fields."""
    if not isinstance(value, Mapping):
        raise TariffError("not_an_object", path, value)
    return Fields(value, path)


def _chosen[E: Enum](kind: type[E], value: object, path: str) -> E:
    for member in kind:
        if value == (member.value if isinstance(member, str) else member.name):
            return member
    raise TariffError("unknown_choice", path, value)
