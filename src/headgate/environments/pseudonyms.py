"""Other values in place of values, the same one each time: made with a key that nobody else has.

Who has the key can make the pseudonym of a value and see whose row it is. So the key is read from
the environment, used here, and written nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import random
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from headgate.errors import DeclarationError, MissingExtraError, UsageError
from headgate.observe.personal import words_of

VARIABLE = "HEADGATE_REDACTION_KEY"
SHORTEST = 16
TRIES = 64


@dataclass(frozen=True, slots=True)
class Key:
    """The secret of all pseudonyms. It is not shown."""

    secret: bytes = field(repr=False)

    def digest(self, text: str) -> bytes:
        """HMAC-SHA256 of a text, as RFC 2104 has it."""
        return hmac.new(self.secret, text.encode(), hashlib.sha256).digest()


def read_key(environ: Mapping[str, str] | None = None) -> Key:
    """The key of the environment variable. Raises UsageError where there is none, or a short one."""
    text = (os.environ if environ is None else environ).get(VARIABLE, "")
    if len(text.encode()) < SHORTEST:
        told = "is not set" if not text else f"is shorter than {SHORTEST} bytes"
        raise UsageError(
            f"{VARIABLE} {told}, and redaction needs a key",
            None,
            f"{VARIABLE}=$(openssl rand -hex 32), and keep it apart from the sandbox",
        )
    return Key(text.encode())


def token(key: Key, text: str) -> str:
    """The pseudonym of a text: 16 bytes of its HMAC, in hex."""
    return key.digest(text)[:16].hex()


def tokens(key: Key, texts: Iterable[str]) -> dict[str, str]:
    """The pseudonyms of texts."""
    return {text: token(key, text) for text in texts}


def numbers(
    key: Key, values: Collection[int], low: int, high: int, avoid: Collection[int], what: str
) -> dict[int, int]:
    """Whole numbers in place of others, between two ends, no two the same and none to be avoided.

    Where two would be the same the larger value takes its next one. `what` they are is for errors.
    """
    room = high - low + 1
    taken = set(avoid)
    if room < 4 * len(taken | set(values)):
        raise DeclarationError(
            f"{what} has too few other values to hide {len(values):,} of them",
            None,
            "choose another anonymizationStrategy, or a wider type for the column",
        )
    found = {}
    for value in sorted(values):
        for turn in range(TRIES * TRIES):
            digest = key.digest(f"{value}#{turn}" if turn else str(value))
            number = low + int.from_bytes(digest[:8], "big") % room
            if number not in taken:
                break
        found[value] = number
        taken.add(number)
    return found


def fakes(key: Key, texts: Iterable[str], column: str, avoid: Collection[str]) -> dict[str, str]:
    """Made-up texts in place of others, of the kind that the column's name tells.

    None is a text to be avoided. Raises MissingExtraError where Faker is needed and not installed.
    """
    make = _maker(column)
    found = {}
    for text in sorted(texts):
        for turn in range(TRIES):
            made = make(int.from_bytes(key.digest(f"{text}#{turn}"), "big"), text)
            if made not in avoid:
                break
        else:
            made = token(key, text)  # a kind with few values, all of which are real ones here
        found[text] = made
    return found


_KINDS = (
    ({"mail", "email"}, "safe_email"),
    ({"phone", "telephone", "mobile", "tel", "fax", "cell"}, "phone_number"),
    ({"city", "town"}, "city"),
    ({"street"}, "street_address"),
    ({"address"}, "address"),
    ({"zip", "postcode", "postal"}, "postcode"),
    ({"country"}, "country"),
    ({"company", "employer"}, "company"),
    ({"iban"}, "iban"),
    ({"ip", "ipv4"}, "ipv4"),
    ({"first", "given"}, "first_name"),
    ({"last", "family", "surname"}, "last_name"),
    ({"user", "username", "login"}, "user_name"),
    ({"name", "contact", "author", "owner"}, "name"),
)
"""Words in a column's name, and what Faker calls such values."""


def _maker(column: str) -> Callable[[int, str], str]:
    words = set(words_of(column).split())
    for told, kind in _KINDS:
        if told & words:
            return _faker(kind)
    return lambda seed, text: _alike(random.Random(seed), text)  # noqa: S311 - its seed is an HMAC


def _faker(kind: str) -> Callable[[int, str], str]:
    try:
        from faker import Faker
    except ImportError:
        raise MissingExtraError(
            "fake values need the package faker", None, "pip install 'headgate[sandbox]'"
        ) from None
    faker = Faker("en_US")

    def made(seed: int, _text: str) -> str:
        faker.seed_instance(seed)
        return str(getattr(faker, kind)()).replace("\n", ", ")

    return made


def _alike(chance: random.Random, text: str) -> str:
    """A text of the same form: letters for letters, digits for digits."""
    return "".join(
        chance.choice("abcdefghijklmnopqrstuvwxyz") if sign.islower()
        else chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") if sign.isalpha()
        else chance.choice("0123456789") if sign.isdigit()
        else sign
        for sign in text
    )  # fmt: skip
