"""What can change in a contract: the rules, in the words of `datacontract breaking` where it has one."""

from __future__ import annotations

from msgspec import Struct


class ChangeRule(Struct, frozen=True):
    """A kind of change: when it is met, how it breaks each side, and what to do about it."""

    says: str
    consumer: str
    producer: str
    advice: str


_GUARANTEE = "they relied on what is no longer promised"
_TO_KEEP = "their data has to keep more than before"
_MAJOR = "Keep the promise, or raise the major version and tell who reads it."
_DEPRECATE = (
    "Keep it, mark it `deprecated: true` with a `removalDate`, and take it away after that day."
)
_BESIDE = "Add the new column beside the old one, and deprecate the old one."

RULES: dict[str, ChangeRule] = {
    "schema-added-or-removed": ChangeRule(
        "A dataset came or went. A new one tightens, one that is gone loosens.",
        "there is nothing to read any more",
        "they have to deliver a dataset more",
        _DEPRECATE,
    ),
    "property-added-or-removed": ChangeRule(
        "A column came or went. A new one tightens, whether or not its values may be null: a"
        " table has the column or it has not. One that is gone loosens.",
        "whatever names the column fails",
        "they have to deliver a column more",
        _DEPRECATE,
    ),
    "renamed": ChangeRule(
        "A column or dataset has another name: known by its `id`, its `physicalName`, or its old"
        " name in the custom property `aliases`. Both.",
        "whatever names it as before fails",
        "they have to deliver it under another name",
        _BESIDE,
    ),
    "physical-name-changed": ChangeRule(
        "`physicalName` is another one. Both.",
        "queries on the name in the server fail",
        "they have to write to another name",
        "Serve it under both names for a time, and raise the major version.",
    ),
    "type-changed": ChangeRule(
        "`logicalType` or `physicalType` is another one. One that holds every value of the old one"
        " loosens (integer to number, INTEGER to BIGINT, a longer VARCHAR), the reverse tightens;"
        " other pairs are both (date to timestamp), and physical types that are not known here"
        " undetermined.",
        "values have a form that they do not expect",
        "their values have another form",
        _BESIDE,
    ),
    "required-changed": ChangeRule(
        "`required`, which a key is too. No longer required loosens: nulls appear.",
        "nulls appear where there were none",
        "nulls are refused from now on",
        _MAJOR,
    ),
    "unique-constraint-changed": ChangeRule(
        "`unique` of a column. No longer unique loosens.",
        "a join by it multiplies rows",
        "values that stand twice are refused from now on",
        _MAJOR,
    ),
    "key-constraint-changed": ChangeRule(
        "The primary key. A first one tightens, none any more loosens, other columns are both:"
        " a row then stands for something else. Another order of the same columns is a notice.",
        "a row stands for something else, and joins multiply or lose rows",
        "their rows are told apart by other columns",
        "A table of another grain is another dataset: publish it beside the old one.",
    ),
    "validation-constraint-changed": ChangeRule(
        "Bounds, lengths, `multipleOf`, `uniqueItems`, `pattern` and the `format` of values in"
        " `logicalTypeOptions`. Wider loosens, narrower tightens; another pattern is undetermined.",
        "values come that were ruled out",
        _TO_KEEP,
        _MAJOR,
    ),
    "enum-constraint-changed": ChangeRule(
        "The values of `enum`. More values loosen, since who switches over values meets one that"
        " they do not know, as an Avro reader does; fewer tighten.",
        "a value comes that their code does not know",
        "a value that they deliver is refused from now on",
        "Tell who reads it before the first such value comes, and raise the major version.",
    ),
    "relationship-changed": ChangeRule(
        "References to the key of another table. One more tightens, one fewer loosens.",
        "a join may find no row",
        "values without a row in the other table are refused from now on",
        _MAJOR,
    ),
    "unit-changed": ChangeRule(
        "The custom property `unit`. Another unit is both: the type stays and each value means"
        " something else.",
        "their figures are wrong, and nothing fails",
        "they have to convert each value",
        _BESIDE,
    ),
    "time-zone-changed": ChangeRule(
        "`timezone` or `defaultTimezone` of a timestamp. Both.",
        "times are shifted, and nothing fails",
        "they have to convert each value",
        _BESIDE,
    ),
    "classification-changed": ChangeRule(
        "Who may see a column: `classification`, the tags `pii` and `personal`, and"
        " `anonymizationStrategy`. A column that is redacted from now on loosens; any other"
        " change is a notice.",
        "they no longer get the values in sandboxes",
        "",
        "Tell who reads it, and raise the major version.",
    ),
    "quality-rule-changed": ChangeRule(
        "A rule of `quality`. One more, or a stricter bound, tightens; one fewer, or a wider"
        " bound, loosens; another query is undetermined.",
        _GUARANTEE,
        _TO_KEEP,
        _MAJOR,
    ),
    "service-level-changed": ChangeRule(
        "A service level in `slaProperties`. Later, rarer or shorter kept loosens; the reverse"
        " tightens. Several of one property and element are compared in their order.",
        "data comes later, or is kept for less time, than they planned with",
        "they have to deliver sooner, or keep data for longer",
        _MAJOR,
    ),
    "status-changed": ChangeRule(
        "`status`. `retired`, and from `active` back to `draft` or `proposed`, loosens; any other"
        " change is a notice.",
        "nobody promises the dataset any more",
        "",
        "Deprecate the contract first, with an `endOfLife` in `slaProperties`.",
    ),
    "server-changed": ChangeRule(
        "Where the data is served. One more server is a notice, one that moved or went is both.",
        "there is nothing at the place that they read",
        "they have to write to another place",
        "Serve both places for a time.",
    ),
    "deprecated": ChangeRule(
        "`deprecated` or a date of removal. A notice, unless the date comes nearer: that loosens.",
        "they have less time than was promised",
        "",
        "Keep the date that was announced.",
    ),
    "metadata-changed": ChangeRule(
        "What programs read and the values do not depend on: custom properties, roles, partition"
        " keys, transformations. A notice.",
        "",
        "",
        "",
    ),
    "documentation-changed": ChangeRule(
        "Words for people: descriptions, business names, tags, examples, team, support, price."
        " Cosmetic.",
        "",
        "",
        "",
    ),
}  # fmt: skip
