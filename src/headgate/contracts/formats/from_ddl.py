"""A contract of the tables that SQL creates: `CREATE TABLE`, comments on them, and added keys.

A `CHECK` becomes an allowed value or a bound where it is one, and a rule of quality in SQL where it
is not. What a contract has no word for is told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from headgate.contracts.formats.document import Imported, draft, legal_name, refer
from headgate.contracts.formats.from_check import conditions
from headgate.contracts.formats.sql_types import type_of
from headgate.errors import DeclarationError

if TYPE_CHECKING:
    from sqlglot import exp


def contract_of_ddl(text: str, name: str, where: str, dialect: str) -> Imported:
    """The contract of all tables in the text. Raises DeclarationError where it is no such SQL."""
    reader = _Reader(dialect)
    for statement in _parsed(text, where, dialect):
        reader.read(statement)
    if not reader.tables:
        hint = "write CREATE TABLE name (column type, ...)"
        raise DeclarationError("no table with columns is created here", f"{where}:1", hint)
    reader.link()
    called = reader.tables[0]["name"] if len(reader.tables) == 1 else name
    return draft(called, reader.tables, reader.notes)


def _parsed(text: str, where: str, dialect: str) -> list[exp.Expr]:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, SqlglotError

    hint = "say which SQL it is: --dialect postgres, snowflake, bigquery, spark, tsql, ..."
    try:
        with _quiet():
            found = sqlglot.parse(text, dialect=dialect)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        line, what = first.get("line", 1), first.get("description", "not SQL")
        raise DeclarationError(f"not SQL: {what}", f"{where}:{line}", hint) from None
    except (SqlglotError, ValueError) as error:
        what = str(error).splitlines()[0][:100]
        raise DeclarationError(f"not SQL: {what}", f"{where}:1", hint) from None
    except RecursionError:
        raise DeclarationError("not SQL: nested too deeply", where) from None
    for one in found:
        if isinstance(one, exp.Command) and (told := _table_of(one)):
            line = text[: max(text.find(told), 0)].count("\n") + 1
            what = f"this table is not understood: {' '.join(told.split())[:60]}"
            raise DeclarationError(what, f"{where}:{line}", hint)
    return [one for one in found if one is not None]


@contextmanager
def _quiet() -> Iterator[None]:
    """The library logs what it does not understand; here it is an error, or told."""
    log = logging.getLogger("sqlglot")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _table_of(command: exp.Command) -> str:
    """What stands behind CREATE of a statement that the library gave up on, where it is a table."""
    behind = command.expression
    text = behind if isinstance(behind, str) else getattr(behind, "name", "")
    is_table = str(command.this).upper() == "CREATE" and text.strip().upper().startswith("TABLE")
    return text.strip() if is_table else ""


class _Reader:
    """Takes one statement after another into tables."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.tables: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.references: list[tuple[str, list[str], str, list[str]]] = []
        self.called: dict[str, str] = {}

    def read(self, statement: exp.Expr) -> None:
        """Takes in a statement, or says that it is none of a table."""
        from sqlglot import exp

        match statement:
            case exp.Create(kind="TABLE") if isinstance(statement.this, exp.Schema):
                self._create(statement)
            case exp.Comment():
                self._comment(statement)
            case exp.Alter():
                self._alter(statement)
            case _:
                told = " ".join(statement.sql(self.dialect).split())[:60]
                self.notes.append(f"not a table with columns, left out: {told}")

    def link(self) -> None:
        """Says the foreign keys, when all tables are known."""
        for origin, columns, to, keys in self.references:
            target = self.called.get(to.lower(), legal_name(to))
            named = keys or self._key(target) or columns
            if told := refer(self.tables, origin, columns, target, named):
                self.notes.append(told)

    def _key(self, table: str) -> list[str]:
        found = self._table(table)
        columns = [one for one in found["properties"] if one.get("primaryKey")] if found else []
        return [one["name"] for one in sorted(columns, key=lambda one: one["primaryKeyPosition"])]

    def _table(self, name: str) -> dict[str, Any] | None:
        return next((one for one in self.tables if one["name"] == name), None)

    # -------------------------------------------------------------- statements

    def _create(self, statement: exp.Create) -> None:
        from sqlglot import exp

        written = statement.this.this.name
        name = legal_name(written)
        if name != written:
            self.notes.append(f"{written!r} is no name of a dataset: it is called {name}")
        if self._table(name):
            self.notes.append(f"table {name} is created twice: the first one counts")
            return
        self.called[written.lower()] = name
        table: dict[str, Any] = {"name": name, "properties": []}
        if name != written:
            table["physicalName"] = written
        self.tables.append(table)
        rest = []
        for one in statement.this.expressions:
            if not isinstance(one, exp.ColumnDef) or not one.name:
                rest.append(one)
            elif any(known["name"] == one.name for known in table["properties"]):
                self.notes.append(f"{name}.{one.name} is there twice: the first one counts")
            else:
                table["properties"].append(self._column(table, one))
        for one in rest:
            self._constraint(table, one)
        if described := _described(statement.args.get("properties")):
            table["description"] = described

    def _comment(self, statement: exp.Comment) -> None:
        kind, target = str(statement.args.get("kind")).upper(), statement.this
        written = target.table if kind == "COLUMN" else target.name
        table = self._table(self.called.get(str(written).lower(), ""))
        text = statement.expression.name
        if table and kind == "TABLE":
            table["description"] = text
        elif table and kind == "COLUMN" and (column := _named(table, target.name)):
            column["description"] = text
        else:
            self.notes.append(f"a comment on {target.sql(self.dialect)}, which is not created here")

    def _alter(self, statement: exp.Alter) -> None:
        from sqlglot import exp

        table = self._table(self.called.get(statement.this.name.lower(), ""))
        for action in statement.args.get("actions") or ():
            if table and isinstance(action, exp.AddConstraint):
                for one in action.expressions:
                    self._constraint(table, one)
            else:
                told = statement.sql(self.dialect)[:60]
                self.notes.append(f"a change of a table, left out: {told}")

    # -------------------------------------------------------------- columns

    def _column(self, table: dict[str, Any], given: exp.ColumnDef) -> dict[str, Any]:
        kind = given.args.get("kind")
        column: dict[str, Any] = {"name": given.name}
        if kind is not None:
            column |= type_of(kind, kind.sql(self.dialect))
        for constraint in given.args.get("constraints") or ():
            self._of_column(table, column, constraint.args.get("kind") or constraint)
        return column

    def _of_column(self, table: dict[str, Any], column: dict[str, Any], kind: Any) -> None:
        from sqlglot import exp

        name = column["name"]
        match kind:
            case exp.NotNullColumnConstraint():
                if not kind.args.get("allow_null"):
                    column["required"] = True
            case exp.PrimaryKeyColumnConstraint():
                column |= {"primaryKey": True, "primaryKeyPosition": 1, "required": True}
            case exp.UniqueColumnConstraint():
                column["unique"] = True
            case exp.CommentColumnConstraint():
                column["description"] = kind.this.name
            case exp.Properties() if _described(kind):
                column["description"] = _described(kind)
            case exp.CheckColumnConstraint():
                self._check(table, kind.this, column)
            case exp.Reference():
                self._reference(table, [name], kind)
            case _:
                told = kind.sql(self.dialect) if isinstance(kind, exp.Expr) else str(kind)
                self.notes.append(f"{table['name']}.{name}: {told} is not said in a contract")

    # -------------------------------------------------------------- constraints of a table

    def _constraint(self, table: dict[str, Any], given: exp.Expr) -> None:
        from sqlglot import exp

        match given:
            case exp.Constraint():
                for one in given.expressions:
                    self._constraint(table, one)
            case exp.PrimaryKey():
                for place, name in enumerate(_names(given.expressions), start=1):
                    if column := _named(table, name):
                        column |= {"primaryKey": True, "primaryKeyPosition": place}
                        column["required"] = True
            case exp.UniqueColumnConstraint():
                inside = given.this
                self._unique(table, _names(inside.expressions) if inside else [])
            case exp.ForeignKey() if given.args.get("reference"):
                self._reference(table, _names(given.expressions), given.args["reference"])
            case exp.CheckColumnConstraint():
                self._check(table, given.this, None)
            case _:
                told = given.sql(self.dialect)
                self.notes.append(f"{table['name']}: {told} is not said in a contract")

    def _unique(self, table: dict[str, Any], names: list[str]) -> None:
        columns = [column for name in names if (column := _named(table, name))]
        if len(columns) == 1:
            columns[0]["unique"] = True
        elif columns:
            arguments = {"properties": [one["name"] for one in columns]}
            rule = {"type": "library", "metric": "duplicateValues", "mustBe": 0}
            table.setdefault("quality", []).append(rule | {"arguments": arguments})

    def _reference(self, table: dict[str, Any], names: list[str], given: exp.Expr) -> None:
        from sqlglot import exp

        target = given.this
        to = target.this.name if isinstance(target, exp.Schema) else target.name
        keys = _names(target.expressions) if isinstance(target, exp.Schema) else []
        # a column that refers is not in the table yet
        columns = [column["name"] if (column := _named(table, name)) else name for name in names]
        self.references.append((table["name"], columns, to, keys))

    def _check(
        self, table: dict[str, Any], condition: exp.Expr, column: dict[str, Any] | None
    ) -> None:
        """Says a condition in the standard's words, part by part, or as a query that finds none."""
        known = [*table["properties"], *([column] if column else [])]
        for one in conditions(condition, known):
            if one.column is not None:
                one.apply()
                continue
            text = one.condition.sql(self.dialect)
            rule = {
                "type": "sql",
                "description": f"CHECK {text}",
                "query": f"SELECT count(*) FROM {{object}} WHERE NOT ({text})",  # noqa: S608
                "mustBe": 0,
            }
            table.setdefault("quality", []).append(rule)


def _described(properties: exp.Expr | None) -> str:
    """The description among properties: `COMMENT 'text'`, or `OPTIONS (description = 'text')`."""
    from sqlglot import exp

    for one in properties.expressions if properties else ():
        if isinstance(one, exp.SchemaCommentProperty):
            return str(one.this.name)
        if isinstance(one, exp.Property) and one.name.lower() == "description":
            return str(one.args["value"].name)
    return ""


def _names(given: list[Any]) -> list[str]:
    return [name for one in given for name in _identifiers(one)]


def _identifiers(one: Any) -> Iterator[str]:
    from sqlglot import exp

    found = one if isinstance(one, exp.Identifier) else one.find(exp.Identifier)
    if found is not None:
        yield found.name


def _named(table: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The column of that name; SQL does not tell names by their case."""
    found: list[dict[str, Any]] = table["properties"]
    exact = [one for one in found if one["name"] == name]
    alike = [one for one in found if one["name"].lower() == name.lower()]
    return next(iter(exact or alike), None)
