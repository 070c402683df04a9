"""Rows by many keys at once, each looked up in its index, whatever the planner of the database believes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


def select_among(statement: str, parameters: Sequence[Any], values: Iterable[str]) -> list[tuple[Any, ...]]:
    """The rows of a statement whose last column holds one of any number of values, passed as one parameter."""
    with connection.cursor() as cursor:
        cursor.execute(*among(statement, parameters, values))
        return list(cursor.fetchall())


def among(statement: str, parameters: Sequence[Any], values: Iterable[str]) -> tuple[str, list[Any]]:
    """The statement that `select_among` sends, and its parameters.

    PostgreSQL knows nothing of rows that are not committed yet: for many values it would read all that a seller ever
    sold, for each chunk of an import again. So it is told to take one value after the other; what a statement calls
    distinct is so for each of them.
    """
    wanted = list(values)
    if connection.vendor == "postgresql":
        sql = (
            f"SELECT found.* FROM unnest(%s::text[]) AS asked (value), "  # noqa: S608
            f"LATERAL ({statement} = asked.value OFFSET 0) AS found"
        )
        return sql, [array_text(wanted), *parameters]
    listed = json.dumps(wanted, ensure_ascii=False)
    return f"{statement} IN (SELECT value FROM json_each(%s))", [*parameters, listed]  # noqa: S608


def array_text(values: list[Any]) -> str | list[Any]:
    """Texts or numbers as PostgreSQL reads an array: what psycopg does with a list takes many times as long.

    Where nothing is escaped, texts stand in an array as they do in JSON. Others stay a list.
    """
    listed = json.dumps(values, ensure_ascii=False)
    return values if "\\" in listed else f"{{{listed[1:-1]}}}"
