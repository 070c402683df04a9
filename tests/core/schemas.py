"""What a database consists of, as a set of lines to compare it by; the order of columns is left out."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import psycopg

POSTGRES = (
    """SELECT 'column', table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,
              is_nullable, column_default, is_identity, collation_name
         FROM information_schema.columns WHERE table_schema = 'public'""",
    """SELECT 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT 'trigger', tgrelid::regclass, tgname, pg_get_triggerdef(oid)
         FROM pg_trigger WHERE NOT tgisinternal""",
    """SELECT 'function', proname, prosrc FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
        WHERE pronamespace = 'public'::regnamespace AND lanname = 'plpgsql'""",
)
MADE_UP = re.compile(r"(_[0-9a-f]{8}_uniq|_key)\b")
DJANGO = {
    f"column auth_group_permissions id {kind} 0 NO None YES None"
    for kind in ("bigint None 64", "integer None 32")
}
"""Of this one table Django's own history makes another than its model."""


def of_sqlite(file: Path) -> set[str]:
    with sqlite3.connect(file) as database:
        rows = database.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
    database.close()
    return {line for row in rows for line in _lines(*row)}


def _lines(kind: str, name: str, table: str, statement: str) -> list[str]:
    if kind != "table":
        return [f"{kind} {name} of {table}: {statement}"]
    inside = statement[statement.index("(") + 1 : statement.rindex(")")]
    return [f"{table}: {part}" for part in _parts(inside)]


def _parts(text: str) -> list[str]:
    """What stands between the commas outside of parentheses and quotes."""
    parts, depth, quoted = [""], 0, ""
    for letter in text:
        if quoted:
            quoted = "" if letter == quoted else quoted
        elif letter in "'\"":
            quoted = letter
        depth += (letter == "(") - (letter == ")") if not quoted else 0
        if letter == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return [re.sub(r"\s+", " ", part).strip() for part in parts]


def of_postgres(address: str) -> set[str]:
    """Without the names that PostgreSQL or Django made up for a unique column."""
    with psycopg.connect(address) as database:
        rows = [row for query in POSTGRES for row in database.execute(query).fetchall()]
    return {MADE_UP.sub("_unique", " ".join(str(value) for value in row)) for row in rows} - DJANGO
