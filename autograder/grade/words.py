"""Words and numbers for people."""

from __future__ import annotations

import unicodedata

LONGEST_LINE = 300
# Unicode's categories of what cannot be seen; names in some scripts need the two joiners.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
HARMLESS = "\n\u200c\u200d"
NBSP = "\N{NO-BREAK SPACE}"


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Return a text as one line, its end left out if it is too long.

    What a terminal could take for a command to itself is replaced.
    """
    line = " ".join(text.split())
    if not line.isprintable():
        line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def clean(text: str) -> str:
    """Return a text with a visible mark for each character that is invisible or turns others.

    Such characters (control characters, changes of direction, halves of surrogate pairs) could
    make a name look like another one, or the page like something else.
    """
    return "".join(
        c if c in HARMLESS or unicodedata.category(c) not in UNSEEN else "\N{REPLACEMENT CHARACTER}"
        for c in text.replace("\t", " ")
    )


def cut(text: str, longest: int) -> str:
    """Return a text, its end left out if it is too long."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({number(len(text) - longest)} more characters)"


def number(n: float) -> str:
    """Return a number of things: 10,000."""
    return f"{n:,}"


def points(n: float) -> str:
    """Return points without needless zeros: 29.5."""
    return f"{round(n, 2):g}"


def signed(n: float) -> str:
    """Return a number from -1 to 1 with two decimals and its sign: +0.43, −0.10, 0.00."""
    text = f"{n:+.2f}".replace("-", "\N{MINUS SIGN}")
    return "0.00" if text[1:] == "0.00" else text


def percent(n: float, total: float) -> str:
    """Return a share in percent; only none is 0 %, and only all are 100 %."""
    share = 100 * n / total if total else 0
    if 0 < share < 0.5:
        return f"<1{NBSP}%"
    if 99.5 <= share < 100:
        return f">99{NBSP}%"
    return f"{share:.0f}{NBSP}%"


def of(n: int, total: int) -> str:
    """Return a number and its share: 12 of 200 (6 %)."""
    return f"{number(n)} of {number(total)} ({percent(n, total)})"


def duration(seconds: float) -> str:
    """Return a time: 0.42 s, 3.1 s, 75 s, 12 min, 3.4 h."""
    if seconds < 10:
        return f"{seconds:.2g}{NBSP}s"
    if seconds < 120:
        return f"{seconds:.0f}{NBSP}s"
    minutes = seconds / 60
    return f"{minutes:.0f}{NBSP}min" if minutes < 120 else f"{minutes / 60:.1f}{NBSP}h"
