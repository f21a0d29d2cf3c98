"""That a dataset's ODCS contract and its Avro schema say the same of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from headgate.contracts.avro.contract import has_odcs_type
from headgate.contracts.avro.export import legal_name
from headgate.contracts.contract import Contract
from headgate.contracts.nested import require_well_formed
from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path as Keys


def agreed(odcs: Contract, avro: Contract) -> Contract:
    """The ODCS contract, which says more; with the columns of the Avro schema where it has none.

    Raises DeclarationError, with both places, for a column that only one of them has, and for types
    and nulls that differ, at any depth.
    """
    require_well_formed(odcs)
    if not odcs.declared.get("properties"):
        declared = {**odcs.declared, "properties": avro.declared["properties"]}
        return replace(odcs, properties=avro.properties, declared=declared)
    mine = {**odcs.declared, "properties": _with_required(odcs)}
    _same_columns(_Side(odcs, mine, _keys(odcs)), _Side(avro, avro.declared, _keys(avro)), "")
    return odcs


def place_of(contract: Contract, path: str) -> str:
    """The file and line of a column, or of a part of it, such as `lines.items.price`."""
    declared: Any = contract.declared
    keys = _keys(contract)
    for name in path.split(".") if path else ():
        step = _step(declared, name)
        if step is None:
            break
        for key in step:
            declared = declared[key]
        keys = (*keys, *step)
    if not path or keys == _keys(contract):
        return contract.where
    top = contract.declared["properties"][keys[3]]["name"] if len(keys) == 4 else None
    return contract.properties[top].where if top else contract.place(keys)


# ------------------------------------------------------------------ inside


class _Side:
    """A part of one of both contracts: what it says there, and by which keys."""

    def __init__(self, contract: Contract, declared: Mapping[str, Any], keys: Keys) -> None:
        self.contract, self.declared, self.keys = contract, declared, keys

    @property
    def where(self) -> str:
        return self.contract.place(self.keys)

    @property
    def kind(self) -> str | None:
        if not has_odcs_type(self.declared):
            return None
        kind = self.declared.get("logicalType")
        return {"vector": "array"}.get(kind, kind) if kind else None

    @property
    def required(self) -> bool:
        return bool(self.declared.get("required") or self.declared.get("primaryKey"))

    def columns(self) -> dict[str, _Side]:
        return {
            one["name"]: _Side(self.contract, one, (*self.keys, "properties", number))
            for number, one in enumerate(self.declared.get("properties") or ())
        }

    def inside(self, *keys: str) -> _Side | None:
        found: Any = self.declared
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        return _Side(self.contract, found, (*self.keys, *keys)) if found else None


def _same_columns(odcs: _Side, avro: _Side, path: str) -> None:
    mine, theirs = odcs.columns(), avro.columns()
    for name in {**mine, **theirs}:
        at = f"{path}.{name}" if path else name
        if name not in theirs:
            raise _disagreement(f"{at!r} is not in the Avro schema", mine[name], avro)
        if name not in mine:
            raise _disagreement(
                f"{at!r} of the Avro schema is not in the contract", odcs, theirs[name]
            )
        _same(mine[name], theirs[name], at)


def _same(odcs: _Side, avro: _Side, path: str) -> None:
    if odcs.kind and avro.kind and odcs.kind != avro.kind:
        what = f"{path!r} is {odcs.kind} in the contract and {avro.kind} in the Avro schema"
        raise _disagreement(what, odcs, avro)
    if odcs.required != avro.required:
        said = ("may be null", "is required")
        what = f"{path!r} {said[odcs.required]} in the contract and {said[avro.required]} in the Avro schema"
        raise _disagreement(what, odcs, avro)
    if odcs.declared.get("properties") and avro.declared.get("properties"):
        _same_columns(odcs, avro, path)
    for keys in (("items",), ("map", "value")):
        mine, theirs = odcs.inside(*keys), avro.inside(*keys)
        if mine and theirs:
            _same(mine, theirs, f"{path}.{'values' if 'map' in keys else 'items'}")


def _disagreement(what: str, odcs: _Side, avro: _Side) -> DeclarationError:
    return DeclarationError(what, odcs.where, f"the Avro schema is at {avro.where}")


def _with_required(contract: Contract) -> list[dict[str, Any]]:
    """The columns as written, where what a rule of quality forbids to be null is required, too."""
    return [
        {**one, "required": contract.properties[one["name"]].required}
        for one in contract.declared["properties"]
    ]


def _keys(contract: Contract) -> Keys:
    """The keys that lead to the contract's table in its document."""
    tables = contract.document.get("schema") or ()
    number = next((n for n, one in enumerate(tables) if one["name"] == contract.dataset), 0)
    return ("schema", number)


def _step(declared: Any, name: str) -> Keys | None:
    """The keys from a property to the part of it that a path names."""
    if name == "items" and declared.get("items"):
        return ("items",)
    if name == "values" and (declared.get("map") or {}).get("value"):
        return ("map", "value")
    for number, one in enumerate(declared.get("properties") or ()):
        if name in {one["name"], legal_name(one["name"])}:
            return ("properties", number)
    return None
