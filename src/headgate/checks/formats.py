"""Texts of a well-known form: a date, an address, an identifier.

Each form is near its standard and decided by the engine. JSON, which no pattern can tell, is read
by Python: see `StrictJson`.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from headgate.checks.sql import Sql, joined, present, written
from headgate.checks.typed import a_kind, operand
from headgate.errors import DeclarationError
from headgate.schema.schema import Column
from headgate.schema.types import LogicalType


class Form(StrEnum):
    """A form that texts have."""

    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    EMAIL = "email"
    UUID = "uuid"
    URL = "url"
    IP = "ip"
    IPV4 = "ipv4"
    IPV6 = "ipv6"

    @property
    def said(self) -> str:
        """What a text of this form is, in a phrase."""
        return _SAID[self]


_SAID = {
    Form.DATE: "an ISO 8601 date",
    Form.DATETIME: "an ISO 8601 date and time",
    Form.TIME: "an ISO 8601 time",
    Form.EMAIL: "an email address",
    Form.UUID: "a UUID",
    Form.URL: "a URL",
    Form.IP: "an IP address",
    Form.IPV4: "an IPv4 address",
    Form.IPV6: "an IPv6 address",
}


FORMS = {
    Form.DATE: "`2015-07-31`: a day of the calendar as RFC 3339 has it, of the years 0001 to 9999",
    Form.DATETIME: "a `date`, then `T` or one space, then a `time`",
    Form.TIME: "`23:59`, `23:59:59`, `23:59:59.5` with up to nine digits, and after it, if any, a "
    "zone: `Z`, `+02:00`; neither 24:00 nor a leap second",
    Form.EMAIL: "`ada@example.org`: ASCII, a local part of up to 64 characters without quotes and "
    "a domain of at least two names, 254 characters in all",
    Form.UUID: "hexadecimal digits in groups of 8, 4, 4, 4 and 12, in either case, of any version; "
    "without braces and `urn:uuid:`",
    Form.URL: "`http`, `https` or `ftp`, then a host name or address, and, if any, a user, a port, "
    "a path, a query and a fragment in ASCII, where other characters are escaped as `%C3`",
    Form.IP: "an address of IPv4 in four decimal numbers without leading zeros, or of IPv6 in any "
    "of its forms, without a zone",
    Form.IPV4: "an `ip` of four decimal numbers",
    Form.IPV6: "an `ip` that is none of those",
}
"""What each form accepts."""


class Formatted(Struct, frozen=True):
    """The whole text has a form."""

    column: str
    form: Form


def malformed(rule: Formatted, column: Column) -> Sql:
    """The rows whose text does not have the form.

    Raises DeclarationError where the column is no text.
    """
    if column.type is not LogicalType.STRING:
        raise DeclarationError(
            f"{column.name} is {a_kind(column)}, and only text has a format",
            hint=f"a column of the type {column.type.value} needs no such check",
        )
    text = operand(column)
    # extracted once for each different text that a file lists, where matching is for each row
    whole = rf"\A(?:{PATTERNS[rule.form]})\z"
    parts = [Sql(f"regexp_extract({text}, ?) <> ''", (whole,))]
    # what no pattern can say: the days of a month, and how long a part is at most
    if rule.form in {Form.DATE, Form.DATETIME}:
        parts.append(Sql(f"TRY_CAST(left({text}, 10) AS DATE) IS NOT NULL"))
    if rule.form is Form.EMAIL:
        parts.append(Sql(f"length({text}) <= 254 AND strpos({text}, '@') <= 65"))
    return written(present(column), " AND NOT (", joined(" AND ", parts), ")")


# ------------------------------------------------------------------ patterns

_DATE = r"(?:000[1-9]|00[1-9]\d|0[1-9]\d\d|[1-9]\d{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
_TIME = rf"{_CLOCK}(?::[0-5]\d(?:\.\d{{1,9}})?)?(?:[Zz]|[+-]{_CLOCK})?"

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LAST_LABEL = r"(?:[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9]))"
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = rf"{_LOCAL}(?:\.{_LOCAL})*@(?:{_LABEL}\.)+{_LAST_LABEL}"

_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_BYTE}(?:\.{_BYTE}){{3}}"
_FOUR = r"[0-9A-Fa-f]{1,4}"
_LAST = rf"(?:{_FOUR}:{_FOUR}|{_IPV4})"
_IPV6 = "|".join(
    [
        rf"(?:{_FOUR}:){{6}}{_LAST}",
        rf"::(?:{_FOUR}:){{5}}{_LAST}",
        rf"(?:{_FOUR})?::(?:{_FOUR}:){{4}}{_LAST}",
        *(
            rf"(?:(?:{_FOUR}:){{0,{before}}}{_FOUR})?::(?:{_FOUR}:){{{3 - before + 1}}}{_LAST}"
            for before in (1, 2, 3)
        ),
        rf"(?:(?:{_FOUR}:){{0,4}}{_FOUR})?::{_LAST}",
        rf"(?:(?:{_FOUR}:){{0,5}}{_FOUR})?::{_FOUR}",
        rf"(?:(?:{_FOUR}:){{0,6}}{_FOUR})?::",
    ]
)
_IP = rf"{_IPV4}|{_IPV6}"

_ESCAPED = r"%[0-9A-Fa-f]{2}"
_MARK = r"[A-Za-z0-9._~!$&'()*+,;=:@-]"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[(?:{_IPV6})\])"
_USER = r"(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?"
_PORT = r"(?::(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
_PATH = rf"(?:/(?:{_MARK}|/|{_ESCAPED})*)?"
_MORE = rf"(?:{_MARK}|[/?]|{_ESCAPED})*"
_URL = rf"(?i:https?|ftp)://{_USER}{_HOST}{_PORT}{_PATH}(?:\?{_MORE})?(?:#{_MORE})?"

PATTERNS = {
    Form.DATE: _DATE,
    Form.DATETIME: f"{_DATE}[Tt ]{_TIME}",
    Form.TIME: _TIME,
    Form.EMAIL: _EMAIL,
    Form.UUID: r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}",
    Form.URL: _URL,
    Form.IP: _IP,
    Form.IPV4: _IPV4,
    Form.IPV6: _IPV6,
}
"""The whole text matches its pattern, in the engine's own words for expressions."""
