"""What is personal is changed wherever it stands, the same way, and never comes out again."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import polars as pl  # noqa: TID253
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contracts.anonymization import Anonymization, Strategy
from headgate.contracts.contract import Contract, Property, Reference
from headgate.environments.changed import changed, pseudonyms
from headgate.environments.declared import Declared
from headgate.environments.pseudonyms import VARIABLE, Key, fakes, numbers, read_key, token
from headgate.environments.raw_values import leaks, require_none, unclassified
from headgate.environments.redact import Redaction, redaction
from headgate.environments.rows import Rows
from headgate.errors import DataError, DeclarationError, UsageError

Make = Callable[[Mapping[str, pl.DataFrame]], Rows]
KEY = Key(b"0123456789abcdef")
HMAC = Anonymization(Strategy.HMAC)


def known(**contracts: dict[str, Any]) -> Declared:
    """What contracts say: a classification, a strategy, or the keywords of a property."""

    def one(name: str, told: Any) -> Property:
        match told:
            case str():
                return Property(name, f"c.yaml:{name}", classification=told)
            case Anonymization():
                return Property(name, f"c.yaml:{name}", anonymization=told)
        return Property(name, f"c.yaml:{name}", **told)

    return Declared(
        {
            dataset: Contract(dataset, "c.yaml:1", {n: one(n, told) for n, told in of.items()})
            for dataset, of in contracts.items()
        }
    )


def redacted(rows: Rows, plan: Redaction) -> dict[str, pl.DataFrame]:
    made = pseudonyms(rows, dict.fromkeys(rows.tables), plan, KEY)
    return {name: changed(rows, name, None, plan.of(name), made) for name in rows.tables}


PEOPLE = pl.DataFrame(
    {
        "id": [1, 2, 3, None],
        "mail": ["ada@x.org", "bob@x.org", None, "cy@x.org"],
        "born": [date(1980, 5, 17), None, date(1999, 12, 31), date(2000, 1, 1)],
        "pay": [1234.5, 99.0, -5.0, None],
        "card": ["4111111111111111", "123", "", None],
    },
    schema_overrides={"id": pl.Int32},
)
CALLS = pl.DataFrame(
    {"no": [1, 2, 3, 4], "who": [3, 3, 1, None], "to": ["bob@x.org", "cy@x.org", "else", None]}
)
LINK = Reference("calls", ("who",), "people", ("id",))


def test_a_pseudonym_is_the_hmac_of_rfc_2104() -> None:
    assert (
        token(KEY, "ada@x.org")
        == hmac.new(KEY.secret, b"ada@x.org", hashlib.sha256).hexdigest()[:32]
    )


def test_the_same_value_has_one_pseudonym_in_every_table_and_still_joins(rows_of: Make) -> None:
    rows = rows_of({"people": PEOPLE, "calls": CALLS})
    asked = known(people={"id": "restricted", "mail": "confidential"}, calls={"to": HMAC})
    plan = redaction(rows.tables, asked, [LINK])
    assert plan.as_json() == {
        "people": {"id": "hmac", "mail": "hmac"},
        "calls": {"to": "hmac", "who": "hmac"},
    }
    after = redacted(rows, plan)
    people, calls = after["people"], after["calls"]
    assert people.schema == PEOPLE.schema
    raw = CALLS.join(PEOPLE, left_on="who", right_on="id").select("no", "born").sort("no", "born")
    joined = (
        calls.join(people, left_on="who", right_on="id").select("no", "born").sort("no", "born")
    )
    assert joined.equals(raw)
    by_mail = calls.join(people, left_on="to", right_on="mail")["no"].to_list()
    assert sorted(by_mail) == [1, 2]
    assert not set(people["id"].drop_nulls()) & {1, 2, 3}
    assert people["mail"].null_count() == 1
    assert [*leaks(rows.engine, rows.tables, rows_of(after).tables, plan, asked)] == []


def test_strategies_do_what_they_say(rows_of: Make) -> None:
    rows = rows_of({"people": PEOPLE})
    asked = known(
        people={
            "id": Anonymization(Strategy.GENERALISE, bin=2),
            "mail": Anonymization(Strategy.CONSTANT, word="x"),
            "born": Anonymization(Strategy.GENERALISE, to="year"),
            "pay": Anonymization(Strategy.GENERALISE, bin=100),
            "card": Anonymization(Strategy.MASK),
        }
    )
    after = redacted(rows, redaction(rows.tables, asked, []))["people"]
    assert after.sort("pay", nulls_last=True).rows() == [
        (2, None, date(1999, 1, 1), -100.0, ""),
        (2, "x", None, 0.0, "***"),
        (0, "x", date(1980, 1, 1), 1200.0, "************1111"),
        (None, "x", date(2000, 1, 1), None, None),
    ]


def test_without_a_strategy_text_and_keys_get_pseudonyms_and_the_rest_nothing(
    rows_of: Make,
) -> None:
    rows = rows_of({"people": PEOPLE})
    every = dict.fromkeys(PEOPLE.columns, "restricted")
    plan = redaction(rows.tables, known(people=every), [])
    assert plan.as_json()["people"] == {
        "id": "null", "mail": "hmac", "born": "null", "pay": "null", "card": "hmac",
    }  # fmt: skip
    keyed = known(people={"id": {"classification": "restricted", "key": True}})
    assert redaction(rows.tables, keyed, []).as_json() == {"people": {"id": "hmac"}}


def test_what_a_step_hands_on_is_redacted_with_it(rows_of: Make) -> None:
    clean = PEOPLE.select("id", "mail")
    rows = rows_of({"people": PEOPLE, "clean": clean, "open": clean})
    asked = known(people={"mail": "restricted"}, open={"mail": "public"})
    asked = Declared(asked.contracts, inputs={"clean": ("people",), "open": ("people",)})
    plan = redaction(rows.tables, asked, [])
    assert plan.as_json() == {"clean": {"mail": "hmac"}, "people": {"mail": "hmac"}}
    after = redacted(rows, plan)
    assert after["clean"]["mail"].sort().equals(after["people"]["mail"].sort())


@pytest.mark.parametrize(
    ("people", "calls", "told"),
    [
        ({"id": HMAC}, {"who": Anonymization(Strategy.KEEP)}, "calls.who is keep and people.id"),
        ({"id": HMAC}, {"who": "public"}, "people.id is hmac and calls.who, which has the same values, is public"),
        ({"id": Anonymization(Strategy.NULL)}, {}, "calls.who, an integer, cannot be null: it is a key or refers to one"),
        ({"mail": Anonymization(Strategy.GENERALISE)}, {}, "generalise is for dates and numbers"),
        ({"pay": HMAC}, {}, "hmac is for text and whole numbers"),
        ({"pay": Anonymization(Strategy.GENERALISE)}, {}, "a number is generalised to bins"),
        ({"pay": Anonymization(Strategy.MASK)}, {}, "mask is for text"),
        ({"born": {"classification": "restricted", "required": True}}, {}, "it is required, so it cannot be null"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(
    rows_of: Make, people: dict[str, Any], calls: dict[str, Any], told: str
) -> None:
    rows = rows_of({"people": PEOPLE, "calls": CALLS})
    with pytest.raises(DeclarationError, match=re.escape(told)):
        redaction(rows.tables, known(people=people, calls=calls), [LINK])


def test_a_raw_value_that_is_left_is_found_in_any_column_of_text(rows_of: Make) -> None:
    frames = {"people": PEOPLE, "notes": pl.DataFrame({"said": ["hello", "bob@x.org", None]})}
    rows = rows_of(frames)
    asked = known(people={"mail": "restricted"})
    plan = redaction(rows.tables, asked, [])
    made = rows_of(redacted(rows, plan)).tables
    with pytest.raises(DataError, match=r"1 values of people\.mail stand in notes\.said") as raised:
        require_none(leaks(rows.engine, rows.tables, made, plan, asked))
    assert "bob" not in str(raised.value)
    opened = known(people={"mail": "restricted"}, notes={"said": "public"})
    assert [*leaks(rows.engine, rows.tables, made, plan, opened)] == []


def test_an_order_of_rows_tells_nothing_of_the_order_before(rows_of: Make) -> None:
    frame = pl.DataFrame({"name": [f"n{n:03}" for n in range(200)]})
    turned = frame.reverse()
    plan = Redaction({("t", "name"): HMAC}, ((("t", "name"),),))
    one, other = (redacted(rows_of({"t": each}), plan)["t"] for each in (frame, turned))
    assert one.equals(other)


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=200), st.integers(10, 63))
def test_numbers_differ_from_each_other_and_from_all_before(values: set[int], bits: int) -> None:
    if 2**bits < 4 * len(values):
        with pytest.raises(DeclarationError, match="too few other values"):
            numbers(KEY, values, 0, 2**bits - 1, values, "t.n")
        return
    made = numbers(KEY, values, 0, 2**bits - 1, values, "t.n")
    assert made.keys() == values
    assert len(set(made.values())) == len(values)
    assert not set(made.values()) & values
    assert all(0 <= number < 2**bits for number in made.values())
    assert numbers(KEY, sorted(values), 0, 2**bits - 1, values, "t.n") == made


def test_a_type_that_is_too_narrow_is_refused(rows_of: Make) -> None:
    frame = pl.DataFrame({"n": range(100)}, schema={"n": pl.Int8})
    rows = rows_of({"t": frame})
    plan = redaction(rows.tables, known(t={"n": HMAC}), [])
    with pytest.raises(DeclarationError, match=r"t\.n has too few other values"):
        redacted(rows, plan)


def test_fakes_are_of_their_kind_the_same_each_time_and_nobody_real() -> None:
    pytest.importorskip("faker")
    mails = fakes(KEY, ["ada@x.org", "bob@x.org"], "e_mail", ["ada@x.org"])
    assert all("@" in mail for mail in mails.values())
    assert mails == fakes(KEY, ["bob@x.org", "ada@x.org"], "e_mail", ["ada@x.org"])
    assert mails != fakes(Key(b"another key of 16"), mails, "e_mail", [])
    again = fakes(KEY, ["ada@x.org"], "e_mail", mails.values())
    assert set(again.values()).isdisjoint(mails.values())


def test_a_kind_that_nothing_is_known_of_keeps_its_form() -> None:
    made = fakes(KEY, ["AB-12.x"], "code", [])["AB-12.x"]
    assert re.fullmatch(r"[A-Z]{2}-\d{2}\.[a-z]", made)
    assert made != "AB-12.x"


@pytest.mark.parametrize(
    ("given_", "told"), [({}, "is not set"), ({VARIABLE: "short"}, "shorter than 16 bytes")]
)
def test_without_a_key_there_is_no_redaction(given_: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told) as raised:
        read_key(given_)
    assert "short" not in str(raised.value).replace("shorter", "")


def test_a_key_does_not_show_itself() -> None:
    key = read_key({VARIABLE: "a very secret key"})
    assert "secret key" not in f"{key!r} {key}"


def test_personal_columns_that_nobody_spoke_of_are_found(rows_of: Make) -> None:
    frame = pl.DataFrame(
        {"contact": [f"p{n}@x.org" for n in range(20)], "n": range(20), "phone": ["x"] * 20}
    )
    rows = rows_of({"t": frame})
    found = unclassified(rows.engine, rows.tables, Redaction(), known(t={"phone": "public"}))
    assert list(found) == [("t", "contact")]
    assert found["t", "contact"].kind == "e-mail"
