"""One rule for everything that must not overlap in time: rooms, hosts, unit uses, leases, tenancies.

PostgreSQL holds it as an exclusion constraint, SQLite as triggers; both are half-open, so neighbours may touch.
"""

from __future__ import annotations

from core.dbrules import Guard

RANGE_TYPES = {"date": "daterange", "timestamptz": "tstzrange"}


def no_overlap(
    table: str,
    key: str,
    start: str,
    end: str,
    *,
    kind: str,
    name: str = "",
    where: str = "",
    open_ended: bool = True,
) -> Guard:
    """A guard that rows of `table` with the same `key` never overlap in [start, end).

    A NULL end is open-ended; where there is none (`open_ended` false), SQLite passes over what has ended before, given
    an index on key and end. `where` limits the rule to some rows; it is SQL over column names, written as
    "{row}.state IN (...)" so that it reads the same in a trigger and in a constraint. A NULL key is free.
    """
    label = name or f"{table}_no_overlap"
    mine, other = where.replace("{row}", "NEW") or "1", where.replace("{row}", "o") or "1"
    later = f"COALESCE(o.{end}, '9999-12-31')" if open_ended else f"o.{end}"
    body = (
        f"WHEN NEW.{key} IS NOT NULL AND ({mine}) BEGIN SELECT RAISE(ABORT, '{label}') FROM {table} o "  # noqa: S608
        f"WHERE o.{key} = NEW.{key} AND o.rowid <> NEW.rowid AND ({other}) "
        f"AND o.{start} < COALESCE(NEW.{end}, '9999-12-31') AND NEW.{start} < {later}; END"
    )
    sqlite = [
        f"CREATE TRIGGER {label}_{verb} BEFORE {verb} ON {table} {body}" for verb in ("insert", "update")
    ]
    condition = f" WHERE ({where.replace('{row}.', '')})" if where else ""
    postgres = (
        f"ALTER TABLE {table} ADD CONSTRAINT {label} EXCLUDE USING gist "
        f"({key} WITH =, {RANGE_TYPES[kind]}({start}, {end}, '[)') WITH &&){condition}"
    )
    return Guard(label, tuple(sqlite), (postgres,), postgres_constraint=True)
