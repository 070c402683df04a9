"""One rule for everything that must not overlap in time: rooms, hosts, unit uses, leases, tenancies.

PostgreSQL holds it as an exclusion constraint, SQLite as triggers; both are half-open, so neighbours may touch.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.dbrules import Guard

RANGE_TYPES = {"date": "daterange", "timestamptz": "tstzrange"}


def no_overlap(
    table: str,
    key: str | Sequence[str],
    start: str,
    end: str,
    *,
    kind: str,
    name: str = "",
    where: str = "",
    open_ended: bool = True,
    open_begun: bool = False,
) -> Guard:
    """A guard that rows of `table` with the same `key`, of one column or several, never overlap in [start, end).

    A NULL start has always begun, where there is such (`open_begun`); a NULL end is open-ended. Where there is none
    (`open_ended` false), SQLite passes over what has ended before, given an index on key and end. `where` limits the
    rule to some rows; it is SQL over column names, written as "{row}.state IN (...)" so that it reads the same in a
    trigger and in a constraint. A NULL key is free.
    """
    label = name or f"{table}_no_overlap"
    mine, other = where.replace("{row}", "NEW") or "1", where.replace("{row}", "o") or "1"
    keys = (key,) if isinstance(key, str) else key
    named = " AND ".join(f"NEW.{each} IS NOT NULL" for each in keys)
    same = " AND ".join(f"o.{each} = NEW.{each}" for each in keys)
    since, theirs = (
        f"COALESCE({row}.{start}, '')" if open_begun else f"{row}.{start}" for row in ("NEW", "o")
    )
    later = f"COALESCE(o.{end}, '9999-12-31')" if open_ended else f"o.{end}"
    body = (
        f"WHEN {named} AND ({mine}) BEGIN SELECT RAISE(ABORT, '{label}') FROM {table} o "  # noqa: S608
        f"WHERE {same} AND o.rowid <> NEW.rowid AND ({other}) "
        f"AND {theirs} < COALESCE(NEW.{end}, '9999-12-31') AND {since} < {later}; END"
    )
    sqlite = [
        f"CREATE TRIGGER {label}_{verb} BEFORE {verb} ON {table} {body}" for verb in ("insert", "update")
    ]
    condition = f" WHERE ({where.replace('{row}.', '')})" if where else ""
    alike = ", ".join(f"{each} WITH =" for each in keys)
    postgres = (
        f"ALTER TABLE {table} ADD CONSTRAINT {label} EXCLUDE USING gist "
        f"({alike}, {RANGE_TYPES[kind]}({start}, {end}, '[)') WITH &&){condition}"
    )
    return Guard(label, tuple(sqlite), (postgres,), postgres_constraint=True)
