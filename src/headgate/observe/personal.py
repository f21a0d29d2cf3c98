"""Columns that are likely personal data: told by their names, and by what their values look like.

This is a hint for people and a reason to mask, no proof: what is not found here may be personal
all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address

from headgate.observe.column import Personal
from headgate.schema.types import LogicalType

MOST = 0.8
"""The share of the values that must look like it."""
FEWEST = 5
"""Values that must be there to be judged by their look."""

FORMS_OF_NAME = "first|last|full|given|family|middle|maiden|sur|fore|nick"
PERSONS = "customer|client|employee|patient|person|contact|user|holder|owner|author"
NAMES: tuple[tuple[str, str], ...] = (
    ("e-mail", r"e ?mails?|mail(s| address)?"),
    ("phone", r"((tele|cell ?)?phones?|mobile|msisdn|fax|tel|cell)( ?(number|no|nr|num))?"),
    ("IBAN", r"iban|bank account|account (number|no|nr)"),
    ("IP address", r"ip|ips|ip ?addr(ess)?|ipv[46]|remote addr"),
    ("card number", r"(credit |debit |payment )?card ?(number|no|nr|num)|pan|credit card"),
    ("person's name", f"({FORMS_OF_NAME}|{PERSONS}) ?names?"),
    ("birth", r"birth ?(date|day|year|place)?|date of birth|dob|year of birth|born"),
    (
        "identity number",
        r"ssn|social security.*|passport.*|national id.*|tax id|driv\w+ licen[cs]e",
    ),
    ("address", r"(street|home|postal|mailing|billing|shipping) ?(address|name)?|address( line)?"),
)
"""What a name means, as words; it may stand at the end of a longer name."""

EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[A-Za-z]{2,}")
PHONE = re.compile(
    r"(?:\+|00)[1-9][\d ()./-]{6,18}\d|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|\(\d{2,5}\)[ \d/-]{5,12}\d"
)
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
CARD = re.compile(r"\d{13,19}")


def personal(
    name: str, kind: LogicalType, values: Sequence[object], beside: Iterable[str] = ()
) -> Personal | None:
    """Why a column is likely personal data; None where nothing speaks for it.

    `values` are some of its values, `beside` the names of the other columns.
    """
    if kind is LogicalType.BOOLEAN:
        return None
    looked_at = kind in {LogicalType.STRING, LogicalType.INTEGER}
    if looked_at and (found := _by_look(values)):
        return found
    if word := _by_name(name):
        return Personal(word, f"a column named {name!r}")
    if words_of(name) == "name" and any(_by_name(other) for other in beside):
        return Personal("person's name", "a column named 'name' beside other personal columns")
    return None


def words_of(name: str) -> str:
    """A name as lower-case words.

    >>> words_of("customerEMail_Address"), words_of("IPAddress")
    ('customer e mail address', 'ip address')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(re.split(r"[^a-z0-9]+", spaced.lower())).strip()


def _by_name(name: str) -> str | None:
    words = words_of(name)
    for kind, pattern in NAMES:
        if re.search(rf"(?:^|\s)(?:{pattern})$", words) or re.match(rf"(?:{pattern})$", words):
            return kind
    return None


def _by_look(values: Sequence[object]) -> Personal | None:
    texts = [str(value) for value in values if isinstance(value, str | int)]
    if not texts:
        return None
    for kind, looks in LOOKS:
        count = sum(1 for text in texts if looks(text))
        if len(texts) >= FEWEST and count >= MOST * len(texts):
            told = f"{count:,} of {len(texts):,} values looked at have the form of one"
            return Personal(kind, told)
    inside = sum(1 for text in texts if EMAIL.search(text) or _is_iban(text))
    if inside:
        return Personal("e-mail", f"{inside:,} of {len(texts):,} values looked at hold an address")
    return None


def _is_email(text: str) -> bool:
    return EMAIL.fullmatch(text.strip()) is not None


def _is_phone(text: str) -> bool:
    return PHONE.fullmatch(text.strip()) is not None


def _is_iban(text: str) -> bool:
    """An IBAN is one whose digits, letters counting from 10, leave 1 when divided by 97."""
    plain = text.replace(" ", "")
    if not IBAN.fullmatch(plain):
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _is_ip(text: str) -> bool:
    if text.count(".") != 3 and ":" not in text:
        return False
    try:
        ip_address(text.strip())
    except ValueError:
        return False
    return True


def _is_card(text: str) -> bool:
    """A card number is one whose digits pass Luhn's sum, which one number in ten does by chance."""
    plain = text.replace(" ", "").replace("-", "")
    if not (plain.isascii() and CARD.fullmatch(plain)):
        return False
    doubled = [int(sign) * 2 for sign in plain[-2::-2]]
    return (sum(map(int, plain[-1::-2])) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0


LOOKS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("e-mail", _is_email),
    ("IBAN", _is_iban),
    ("IP address", _is_ip),
    ("card number", _is_card),
    ("phone", _is_phone),
)
