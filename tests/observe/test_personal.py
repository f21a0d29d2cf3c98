"""Likely personal data is told by names and by looks, with the reason."""

from __future__ import annotations

import pytest

from headgate.observe.personal import personal
from headgate.schema.types import LogicalType

TEXT = LogicalType.STRING
EMAILS = [f"ada{n}@example.org" for n in range(10)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("email", "e-mail"),
        ("customerEMail", "e-mail"),
        ("phone_number", "phone"),
        ("mobile", "phone"),
        ("home_phone", "phone"),
        ("IBAN", "IBAN"),
        ("client_ip", "IP address"),
        ("IPAddress", "IP address"),
        ("card_number", "card number"),
        ("first_name", "person's name"),
        ("LastName", "person's name"),
        ("customer name", "person's name"),
        ("birth year", "birth"),
        ("date_of_birth", "birth"),
        ("ssn", "identity number"),
        ("billing_address", "address"),
        ("station name", None),
        ("name", None),
        ("zip_file", None),
        ("shipment", None),
        ("trip", None),
    ],
)
def test_a_name_says_what_a_column_holds(name: str, kind: str | None) -> None:
    found = personal(name, TEXT, ["x"])
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (EMAILS, "e-mail"),
        (["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"] * 3, "IBAN"),
        (["DE88370400440532013000"] * 6, None),  # the check digits are wrong
        (["192.168.0.1", "::1", "10.0.0.7", "2001:db8::1", "8.8.8.8"], "IP address"),
        (["1.2.3", "10.20", "1.0.0", "2.1.1", "3.0"], None),
        (["4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009"] * 2, "card number"),
        (["4111 1111 1111 1112"] * 6, None),  # Luhn's sum is wrong
        ([4111111111111111] * 6, "card number"),
        (["+49 30 1234567", "+1 (555) 123-4567", "555-123-4567", "(030) 123456"] * 2, "phone"),
        (["2015-07-31", "2015-08-01", "2016-01-01", "2016-01-02", "2016-01-03"], None),
        (["40.7", "-74.0", "1234567", "20240101", "1e9"], None),
        (["call me", "nothing", "write to eve@example.org", "-", "ok", "ok", "ok"], "e-mail"),
    ],
)
def test_values_say_what_a_column_holds(values: list[object], kind: str | None) -> None:
    found = personal("column", LogicalType.INTEGER if isinstance(values[0], int) else TEXT, values)
    assert (found.kind if found else None) == kind


def test_the_reason_is_told_without_a_value() -> None:
    found = personal("column", TEXT, [*EMAILS, "none"])
    assert found is not None
    assert found.evidence == "10 of 11 values looked at have the form of one"


def test_a_name_beside_personal_columns_is_a_persons() -> None:
    assert personal("name", TEXT, ["Ada"], ["email", "city"]) is not None
    assert personal("name", TEXT, ["Ulm"], ["lat", "lon"]) is None
