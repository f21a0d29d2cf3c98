"""A format accepts what its table says, judged by the engine and, for JSON, by Python."""

from __future__ import annotations

import ipaddress
import json
import uuid
from datetime import date

import polars as pl  # noqa: TID253
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks.formats import FORMS, PATTERNS, Form
from headgate.checks.native import read_check
from headgate.engines.embedded import EmbeddedEngine
from tests.checks.conftest import MakeTable, judged

GOOD = {
    "date": [
        "2015-07-31", "0001-01-01", "9999-12-31", "2016-02-29", "2000-02-29", "1970-01-01",
        "2015-01-31", "2015-04-30", "2015-12-01", "1582-10-10", "2400-02-29", "0999-06-15",
    ],
    "datetime": [
        "2015-07-31T10:00:00Z", "2015-07-31 10:00", "2015-07-31t10:00:00z",
        "2015-07-31T10:00:00.5", "2015-07-31T23:59:59.123456789+02:00", "2015-07-31T00:00-11:30",
        "2016-02-29 12:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2015-07-31T10:00Z",
        "2015-07-31 10:00:00+00:00", "2015-07-31T10:00:00.000",
    ],
    "time": [
        "00:00", "23:59", "23:59:59", "10:00:00.5", "10:00:00.123456789", "10:00Z", "10:00z",
        "10:00+02:00", "10:00:00-11:30", "07:05", "19:30:01.0Z", "00:00:00+00:00",
    ],
    "email": [
        "ada@example.org", "a@b.co", "first.last@example.org", "x+tag@sub.example.org",
        "o'brien@example.ie", "1@2.de", "_x_@example.org", "a!#$%&*@example.org",
        "ADA@EXAMPLE.ORG", "a@xn--bcher-kva.example", "a-b@my-host.example", "a" * 64 + "@b.org",
    ],
    "uuid": [
        str(uuid.UUID(int=0)), str(uuid.UUID(int=2**128 - 1)),
        "123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "018f4e3a-7c1b-7def-8123-456789abcdef", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "AAAAAAAA-bbbb-CCCC-dddd-EEEEEEEEEEEE", "00000000-0000-4000-8000-000000000001",
        "01234567-89ab-cdef-0123-456789abcdef", "99999999-9999-9999-9999-999999999999",
    ],
    "url": [
        "https://example.org", "http://example.org/", "https://example.org:8443/a/b.html",
        "https://example.org/a?b=c&d=e#f", "ftp://files.example.org/x.zip", "http://localhost:8000",
        "http://127.0.0.1/", "http://[::1]:80/x", "https://user:pass@example.org/",
        "https://example.org/%C3%A9", "HTTPS://EXAMPLE.ORG", "https://a.b-c.example/~x/(1);v=2,3",
        "https://example.org?q=1", "http://example.org:65535/",
    ],
    "ip": [
        "127.0.0.1", "0.0.0.1", "255.255.255.255", "192.168.10.1", "1.2.3.4", "::", "::1",
        "2001:db8::1", "fe80::1:2:3:4", "1:2:3:4:5:6:7:8", "::ffff:192.0.2.1", "1::8",
        "2001:DB8:0:0:8:800:200C:417A", "64:ff9b::192.0.2.33", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7::",
    ],
    "json": [
        "{}", "[]", '{"a": 1}', "null", "true", "1", "-0.5e10", '"text"', " [1, 2] ",
        '{"a": {"b": [null]}}', '"\\u00e9"', "9" * 5000, '{"a": 1, "a": 2}',
    ],
}  # fmt: skip
BAD = {
    "date": [
        "", "2015-7-31", "2015-02-30", "2015-02-29", "1900-02-29", "2015-13-01", "2015-00-10",
        "2015-01-00", "31.07.2015", "2015/07/31", "2015-07-31T00:00", " 2015-07-31", "2015-07-31\n",
        "20150731", "0000-01-01", "15-07-31", "10000-01-01", "\u0662\u0660\u0661\u0665-\u0660\u0667-\u0663\u0661", "2015-04-31",
    ],
    "datetime": [
        "", "2015-07-31", "2015-07-31T", "2015-07-31T24:00", "2015-07-31T10:60", "2015-07-31  10:00",
        "2015-02-30T10:00", "2015-07-31T10:00:60Z", "2015-07-31T10", "2015-07-31T10:00+2:00",
        "2015-07-31T10:00:00.", "2015-07-31T10:00:00,5", "2015-07-31T10:00 UTC", "10:00",
        "2015-07-31T10:00+24:00", "2015-07-31T10:00+0200", "2015-07-31T10:00:00.1234567890",
    ],
    "time": [
        "", "24:00", "10", "10:60", "1:00", "10:00:60", "10:00:00.", "10:00 am", "10.00",
        "10:00+2", "10:00+24:00", "1000", "10:00:00:00", "T10:00", "10:00 ", "10:00+0200",
    ],
    "email": [
        "", "ada", "ada@", "@example.org", "ada@localhost", "ada@@example.org", "a b@example.org",
        ".a@example.org", "a.@example.org", "a..b@example.org", "a@-example.org", "a@example-.org",
        "a@example.o", "a@example.123", '"a b"@example.org', "a@[127.0.0.1]", "é@example.org",
        "a" * 65 + "@b.org", "a@" + ".".join(["b" * 60] * 5) + ".org", "a@b.org\n", "a@b..org",
        "Ada <ada@example.org>",
    ],
    "uuid": [
        "", "123e4567", "123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}",
        "urn:uuid:123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-42661417400",
        "123e4567-e89b-12d3-a456-4266141740000", "g23e4567-e89b-12d3-a456-426614174000",
        "123e4567-e89b-12d3-a456_426614174000", "123e456-7e89b-12d3-a456-426614174000",
        " 123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000\n",
        "123e4567--e89b-12d3-a456-26614174000",
    ],
    "url": [
        "", "example.org", "//example.org", "https://", "https:///x", "mailto:a@example.org",
        "javascript:alert(1)", "http:/example.org", "https://exa mple.org", "https://example.org/a b",
        "https://example.org/é", "https://example.org/%zz", "https://example.org:99999",
        "https://-a.example", "https://a_b.example", "https://[::g]", "file:///etc/passwd",
        "https://example.org/\n", "http://example.org:65536/", "https://example.org/#a#b",
    ],
    "ip": [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/24", "localhost", ":::", "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "12345::", "g::1", "1.2.3.4 ", "::1\n",
        "[::1]", "1:2:3:4:5:6:7:8::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "-1.2.3.4", "1.2.3.+4",
    ],
    "json": [
        "", "{", "{a: 1}", "[1,]", "NaN", "Infinity", '{"a": NaN}', "'x'", "01", "nul", "{} {}",
        '{"a" 1}', "[1 2]", "1.", '"\t"', "undefined", "-Infinity",
    ],
}  # fmt: skip
IPV6 = [*(text for text in GOOD["ip"] if ":" in text), "::a:b"]
IPV4 = [*(text for text in GOOD["ip"] if ":" not in text), *(f"10.0.{n}.9" for n in range(9))]
GOOD |= {"ipv4": IPV4, "ipv6": IPV6}
BAD |= {"ipv4": [*BAD["ip"], *IPV6], "ipv6": [*BAD["ip"], *IPV4]}


@pytest.mark.parametrize("form", GOOD)
def test_a_format_accepts_and_refuses_what_its_table_says(make: MakeTable, form: str) -> None:
    assert min(len(GOOD[form]), len(BAD[form])) >= 12
    texts = [*GOOD[form], None, *BAD[form]]
    table = make(pl.DataFrame({"text": texts, "place": range(len(texts))}))
    check = read_check({"format": {"column": "text", "format": form}}, "p.yml:1")
    outcome = judged(EmbeddedEngine(), table, check)
    assert (outcome.missing, outcome.unexpected) == (1, len(BAD[form]))
    for accepted, given_texts in ((True, GOOD[form]), (False, BAD[form])):
        for text in given_texts:
            found = judged(EmbeddedEngine(), make(pl.DataFrame({"text": [text]})), check)
            assert found.passed is accepted, text


def test_every_format_says_what_it_accepts() -> None:
    assert set(FORMS) == set(PATTERNS) == set(Form)
    assert {form.value for form in Form} | {"json"} == set(GOOD) == set(BAD)
    assert all(form.said for form in Form)


# ------------------------------------------------------------------ beside what Python knows


def accepted(texts: list[str], form: Form) -> list[bool]:
    import duckdb

    statement = "SELECT regexp_full_match(t, ?) FROM (SELECT unnest(?) AS t)"
    with duckdb.connect() as connection:
        return [
            kept for (kept,) in connection.execute(statement, [PATTERNS[form], texts]).fetchall()
        ]


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("0123456789abcdefF:.", max_size=24), min_size=1, max_size=60))
def test_addresses_are_those_that_python_knows(texts: list[str]) -> None:
    assert accepted(texts, Form.IP) == [is_address(text) for text in texts]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.ip_addresses() | st.ip_addresses(v=6), min_size=1, max_size=40))
def test_every_address_is_one_in_each_of_its_forms(addresses: list[ipaddress.IPv4Address]) -> None:
    texts = [text for one in addresses for text in (str(one), one.exploded, one.compressed.upper())]
    assert all(accepted(texts, Form.IP))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.uuids() | st.dates(), min_size=1, max_size=40))
def test_every_uuid_and_day_is_one(values: list[uuid.UUID | date]) -> None:
    for value in values:
        form = Form.DATE if isinstance(value, date) else Form.UUID
        assert accepted([str(value)], form) == [True]


@settings(max_examples=25, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_whatever_python_writes_as_json_is_json(value: object) -> None:
    from headgate.checks.texts import is_strict_json

    assert is_strict_json(json.dumps(value))
    assert not is_strict_json(json.dumps(value) + ",")
