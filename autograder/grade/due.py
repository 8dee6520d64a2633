"""When the homework was due, and how late a submission is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from . import UsageError

DUE = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:[T ](?P<time>\d\d:\d\d(?::\d\d)?))?"
    r"(?: ?(?P<offset>Z|[+-]\d\d:?\d\d)| (?P<zone>[A-Za-z][\w+/-]*))?"
)
FORMS = "2026-03-01, 2026-03-01T23:59, 2026-03-01T23:59+01:00 or '2026-03-01 23:59 Europe/Berlin'"
# The last moment of a day.
END = time(23, 59, 59, 999999)


@dataclass(frozen=True)
class Due:
    """When it was due.

    Attributes:
        moment: with its time zone.
        text: as it was given.
        is_guess: no time zone was given, so that this machine's was taken.
    """

    moment: datetime
    text: str
    is_guess: bool

    def __str__(self) -> str:
        offset, name = self.moment.isoformat()[-6:], self.moment.tzname() or ""
        zone = name if offset in name else ", ".join(filter(None, (name, offset)))
        why = "; no time zone was given, this machine's was taken" if self.is_guess else ""
        return f"{self.moment:%Y-%m-%d %H:%M} ({zone}{why})"

    def lateness(self, submitted: str) -> timedelta | None:
        """Return how late a submission is, 0 if it is not; None if nothing tells when it came."""
        when = moment_of(submitted, self.moment.tzinfo)
        if when is None:
            return None
        # Through UTC: days can have 23 or 25 hours.
        return max(when.astimezone(UTC) - self.moment.astimezone(UTC), timedelta(0))


def moment_of(submitted: str, zone: tzinfo | None = None) -> datetime | None:
    """Return when a submission came; None if nothing tells.

    Args:
        submitted: as in `Record.submitted`.
        zone: for a time that has none.
    """
    try:
        when = datetime.fromisoformat(submitted)
    except ValueError:
        return None
    if when.tzinfo is not None:
        return when
    return when.replace(tzinfo=zone) if zone else when.astimezone()


def read_due(text: str) -> Due:
    """Read a date, with or without time and time zone; a date alone means the end of that day.

    Raises:
        UsageError: it is none, or a time that was there twice or never.
    """
    match = DUE.fullmatch(text.strip())
    if not match:
        raise UsageError(f"--due: {text!r} is no date: write it like {FORMS}")
    clock = match["time"] or ""
    try:
        day = datetime.fromisoformat(match["date"])
        moment = datetime.combine(day, time.fromisoformat(clock) if clock else END)
        zone = _zone(match["offset"], match["zone"])
    except (ValueError, OSError) as error:  # of zoneinfo, a KeyError as well
        raise UsageError(f"--due: {text!r}: {error}: write it like {FORMS}") from None
    except KeyError:
        raise UsageError(
            f"--due: {match['zone']!r} is no time zone; one is Europe/Berlin"
        ) from None
    first, second = (_in_zone(moment.replace(fold=fold), zone) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise UsageError(
            f"--due: {text!r} is a time that clocks show twice or never that day: give an offset, "
            f"as in {moment:%Y-%m-%dT%H:%M}{first:%z}"
        )
    return Due(first, text, zone is None)


def _zone(offset: str | None, name: str | None) -> tzinfo | None:
    """Return a time zone; None for this machine's."""
    if offset:
        return datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo
    return ZoneInfo(name) if name else None


def _in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.replace(tzinfo=zone) if zone else moment.astimezone()
