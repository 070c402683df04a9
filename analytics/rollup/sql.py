"""The count in SQL that PostgreSQL and SQLite read alike. docs/counting.md says the same in words.

The work tables are temporary, so each connection has its own; they are empty outside of a transaction. Money is
in units of 1/10,000 CNY. SUM of bigint is numeric on PostgreSQL, hence the casts.
"""
# ruff: noqa: S608  the pieces are constants of this module

from __future__ import annotations

# How each measure adds up over the lines `f` of the ledger; `w` tells what a cancellation is worth.
LINE_MEASURES = {
    "gmv_created": "CASE WHEN f.kind = 'created' THEN f.amount ELSE 0 END",
    "gmv_paid": "CASE WHEN f.kind = 'paid' THEN f.amount ELSE 0 END",
    "refunds": "CASE f.kind WHEN 'refunded' THEN f.amount WHEN 'cancelled' THEN COALESCE(w.amount, 0) ELSE 0 END",
    "cancellations": "COALESCE(w.amount, 0)",
    "adjustments": "CASE WHEN f.kind = 'adjusted' THEN f.amount ELSE 0 END",
    "units_paid": "CASE WHEN f.kind = 'paid' AND f.line_type = 'goods' THEN f.quantity ELSE 0 END",
    "units_refunded": "CASE WHEN f.kind = 'refunded' AND f.line_type = 'goods' THEN f.quantity ELSE 0 END",
    "lines": "1",
}
MEASURES = ", ".join(LINE_MEASURES)
COLUMNS = f"{MEASURES}, orders, refund_orders"

WORK_TABLES = {
    "rollup_mark": "id bigint",
    "rollup_bucket": "tenant_id bigint, day date, slot bigint",
    "rollup_day": "day date, month date, next_month date",
    "rollup_session": "session_key bigint",
    "rollup_order": "tenant_id bigint, source text, order_no text",
    # What one order did in one row of the hour figures, of the buckets counted now.
    "rollup_line": (
        "tenant_id bigint, day date, slot bigint, channel text, session_key bigint, source text, order_no text, "
        + "".join(f"{name} bigint, " for name in LINE_MEASURES)
        + "is_paid bigint, is_refunded bigint"
    ),
}
# The same of the orders in rollup_order, wherever their lines lie.
WORK_TABLES["rollup_order_line"] = WORK_TABLES["rollup_line"]

# A fact counts in its highest version only; the index of corrected keys is small.
CURRENT = """NOT EXISTS (
    SELECT 1 FROM supplychain_saleseventkey k
    WHERE k.seller_id = f.seller_id AND k.source = f.source AND k.external_id = f.external_id
      AND k.version > f.version AND k.version > 1)"""

IN_BUCKETS = f"""
    SELECT f.* FROM rollup_bucket b
    JOIN supplychain_salesevent f ON f.seller_id = b.tenant_id AND f.slot = b.slot
    WHERE {CURRENT}"""
OF_TENANTS = f"""
    SELECT f.* FROM supplychain_salesevent f
    WHERE f.seller_id >= %(first)s AND f.seller_id <= %(last)s AND {CURRENT}"""
OF_ORDERS = f"""
    SELECT f.* FROM rollup_order o
    JOIN supplychain_salesevent f ON f.seller_id = o.tenant_id AND f.order_no = o.order_no AND f.source = o.source
    WHERE f.kind IN ('paid', 'cancelled') AND {CURRENT}
    UNION ALL
    SELECT f.* FROM rollup_order o
    JOIN supplychain_salesevent f ON f.seller_id = o.tenant_id AND f.ref_order_no = o.order_no AND f.source = o.source
    WHERE NOT (f.ref_order_no = '') AND f.kind = 'refunded' AND {CURRENT}"""


def count_lines(target: str, picked: str) -> str:
    """Count the picked facts of the ledger by row and order into a work table.

    The middle values the cancellations among them (`worth` is grouped by its key so that SQLite finds in it by an
    index instead of reading it for every line). A line's first one after it was paid is worth what was paid
    less what was refunded up to then; the first one of the whole order what those of its lines left.
    """
    same_order = "f.seller_id = c.seller_id AND f.source = c.source"
    order = "seller_id, source, order_no"
    earlier = f"""OVER (PARTITION BY {order} ORDER BY occurred_at, external_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"""
    return f"""
    INSERT INTO {target}
    WITH picked AS NOT MATERIALIZED ({picked}),
    cancelled_order AS (SELECT DISTINCT {order} FROM picked WHERE kind = 'cancelled'),
    cancelled AS (
        SELECT f.id, f.seller_id, f.source, f.order_no, f.line_no, f.occurred_at, f.external_id
        FROM cancelled_order c JOIN supplychain_salesevent f ON {same_order} AND f.order_no = c.order_no
        WHERE f.kind = 'cancelled' AND {CURRENT}),
    paid AS (
        SELECT c.id, SUM(f.amount) AS amount
        FROM cancelled c JOIN supplychain_salesevent f ON {same_order} AND f.order_no = c.order_no
        WHERE f.kind = 'paid' AND (c.line_no = '' OR f.line_no = c.line_no) AND f.occurred_at <= c.occurred_at
          AND {CURRENT}
        GROUP BY c.id),
    refunded AS (
        SELECT c.id, SUM(f.amount) AS amount
        FROM cancelled c JOIN supplychain_salesevent f ON {same_order} AND f.ref_order_no = c.order_no
        WHERE NOT (f.ref_order_no = '') AND f.kind = 'refunded' AND (c.line_no = '' OR f.ref_line = c.line_no)
          AND f.occurred_at <= c.occurred_at AND {CURRENT}
        GROUP BY c.id),
    turn AS (
        SELECT c.*, p.amount - COALESCE(r.amount, 0) AS rest,
            ROW_NUMBER() OVER (PARTITION BY {order}, line_no ORDER BY occurred_at, external_id) AS nth,
            COUNT(CASE WHEN line_no = '' THEN 1 END) {earlier} AS wholes_before
        FROM cancelled c JOIN paid p ON p.id = c.id LEFT JOIN refunded r ON r.id = c.id),
    claim AS (
        SELECT t.*, CASE WHEN nth = 1 AND wholes_before = 0 AND rest > 0 THEN rest ELSE 0 END AS due FROM turn t),
    left_over AS (
        SELECT id, CASE WHEN line_no = '' THEN due - COALESCE(SUM(due) {earlier}, 0) ELSE due END AS amount FROM claim),
    worth AS MATERIALIZED (SELECT id, SUM(amount) AS amount FROM left_over WHERE amount > 0 GROUP BY id)
    SELECT f.seller_id, f.business_day, f.slot, f.channel,
        COALESCE(CASE WHEN a.event_id IS NULL THEN f.session_id ELSE a.session_id END, 0), f.source,
        CASE WHEN f.kind = 'refunded' THEN f.ref_order_no ELSE f.order_no END,
        {", ".join(f"CAST(SUM({each}) AS bigint)" for each in LINE_MEASURES.values())},
        MAX(CASE WHEN f.kind = 'paid' THEN 1 ELSE 0 END),
        MAX(CASE WHEN (f.kind = 'refunded' AND f.ref_order_no <> '') OR w.amount > 0 THEN 1 ELSE 0 END)
    FROM picked f
    LEFT JOIN worth w ON w.id = f.id
    LEFT JOIN supplychain_attribution a ON a.event_id = f.id AND NOT EXISTS (
        SELECT 1 FROM supplychain_attribution b WHERE b.event_id = a.event_id AND b.version > a.version)
    GROUP BY 1, 2, 3, 4, 5, 6, 7"""


INSERT_HOURS = f"""
    INSERT INTO analytics_hoursales (tenant_id, day, slot, channel, session_key, {COLUMNS})
    SELECT tenant_id, day, slot, channel, session_key,
        {", ".join(f"CAST(SUM({name}) AS bigint)" for name in LINE_MEASURES)},
        CAST(SUM(is_paid) AS bigint), CAST(SUM(is_refunded) AS bigint)
    FROM rollup_line GROUP BY 1, 2, 3, 4, 5"""

BUCKETS_COUNTED = "INSERT INTO rollup_bucket SELECT DISTINCT tenant_id, day, slot FROM rollup_line"
SESSIONS_BEFORE = """
    INSERT INTO rollup_session SELECT DISTINCT session_key FROM analytics_hoursales
    WHERE session_key > 0 AND (tenant_id, day, slot) IN (SELECT tenant_id, day, slot FROM rollup_bucket)"""
SESSIONS_AFTER = (
    "INSERT INTO rollup_session SELECT DISTINCT session_key FROM rollup_line WHERE session_key > 0"
)
DELETE_HOURS = """
    DELETE FROM analytics_hoursales
    WHERE (tenant_id, day, slot) IN (SELECT tenant_id, day, slot FROM rollup_bucket)"""

# Orders whose rows may have become two, or one again: those known to be spread over a row of the buckets, those in
# several rows of the buckets, and those with a line in any other hour.
ORDERS_TO_LOOK_AT = """
    INSERT INTO rollup_order
    SELECT s.tenant_id, s.source, s.order_no
    FROM rollup_bucket b
    JOIN analytics_spreadorder s ON s.tenant_id = b.tenant_id AND s.day = b.day AND s.slot = b.slot
    UNION
    SELECT tenant_id, source, order_no FROM rollup_line
    WHERE is_paid + is_refunded > 0
    GROUP BY 1, 2, 3 HAVING COUNT(*) > 1
    UNION
    SELECT l.tenant_id, l.source, l.order_no FROM rollup_line l
    WHERE l.is_paid + l.is_refunded > 0 AND (
        EXISTS (
            SELECT 1 FROM supplychain_salesevent f
            WHERE f.seller_id = l.tenant_id AND f.order_no = l.order_no AND f.source = l.source
              AND f.slot <> l.slot AND f.kind IN ('paid', 'cancelled'))
        OR l.is_refunded = 1 AND EXISTS (
            SELECT 1 FROM supplychain_salesevent f
            WHERE f.seller_id = l.tenant_id AND f.ref_order_no = l.order_no AND NOT (f.ref_order_no = '')
              AND f.source = l.source AND f.slot <> l.slot AND f.kind = 'refunded'))"""
FORGET_SPREAD = """
    DELETE FROM analytics_spreadorder
    WHERE (tenant_id, source, order_no) IN (SELECT tenant_id, source, order_no FROM rollup_order)"""


def insert_spread(lines: str) -> str:
    """Keep the orders that lie in several rows of a work table, once for payments and once for refunds."""

    def rows(what: str, flag: str) -> str:
        return f"""
        SELECT tenant_id, '{what}', source, order_no, slot, day, channel, session_key
        FROM (SELECT l.*, COUNT(*) OVER (PARTITION BY tenant_id, source, order_no) AS times
              FROM {lines} l WHERE {flag} = 1) each_order
        WHERE times > 1"""

    return f"""
    INSERT INTO analytics_spreadorder (tenant_id, what, source, order_no, slot, day, channel, session_key)
    {rows("paid", "is_paid")} UNION ALL {rows("refunded", "is_refunded")}"""


def _insert_level(table: str, key: str, columns: str, rows: str, spread: str, times: str) -> str:
    """Add rows up to a level: sums, and distinct orders as the sum less what the spread orders say twice."""
    names = [name.strip() for name in key.split(",")]
    return f"""
    INSERT INTO {table} ({columns}, {COLUMNS})
    SELECT {", ".join(f"r.{name}" for name in names)},
        {", ".join(f"CAST(SUM({name}) AS bigint)" for name in LINE_MEASURES)},
        CAST(SUM(orders) - COALESCE(MAX(x.paid_twice), 0) AS bigint),
        CAST(SUM(refund_orders) - COALESCE(MAX(x.refunded_twice), 0) AS bigint)
    FROM ({rows}) r
    LEFT JOIN (
        SELECT {key},
            SUM(CASE WHEN what = 'paid' THEN times - 1 ELSE 0 END) AS paid_twice,
            SUM(CASE WHEN what = 'refunded' THEN times - 1 ELSE 0 END) AS refunded_twice
        FROM (SELECT {key}, what, {times} AS times FROM ({spread}) s GROUP BY {key}, seller, what, source, order_no) o
        GROUP BY {key}
    ) x ON {" AND ".join(f"x.{name} = r.{name}" for name in names)}
    GROUP BY {", ".join(f"r.{name}" for name in names)}"""


_DAYS = "(SELECT DISTINCT tenant_id, day FROM rollup_bucket)"
_MONTHS = """(
    SELECT DISTINCT b.tenant_id, d.month, d.next_month FROM rollup_bucket b JOIN rollup_day d ON d.day = b.day)"""
_ORDER_KEY = "s.tenant_id AS seller, s.what, s.source, s.order_no"

DELETE_DAYS = f"DELETE FROM analytics_daysales WHERE (tenant_id, day) IN {_DAYS}"
INSERT_DAYS = _insert_level(
    table="analytics_daysales",
    key="tenant_id, day",
    columns="tenant_id, day",
    rows=f"SELECT h.* FROM {_DAYS} t JOIN analytics_hoursales h ON h.tenant_id = t.tenant_id AND h.day = t.day",
    spread=f"""
        SELECT t.tenant_id, t.day, {_ORDER_KEY}
        FROM {_DAYS} t JOIN analytics_spreadorder s ON s.tenant_id = t.tenant_id AND s.day = t.day""",
    times="COUNT(*)",
)
DELETE_MONTHS = (
    f"DELETE FROM analytics_monthsales WHERE (tenant_id, month) IN (SELECT tenant_id, month FROM {_MONTHS} m)"
)
INSERT_MONTHS = _insert_level(
    table="analytics_monthsales",
    key="tenant_id, month",
    columns="tenant_id, month",
    rows=f"""
        SELECT t.month, d.* FROM {_MONTHS} t
        JOIN analytics_daysales d ON d.tenant_id = t.tenant_id AND d.day >= t.month AND d.day < t.next_month""",
    spread=f"""
        SELECT t.tenant_id, t.month, s.day, {_ORDER_KEY} FROM {_MONTHS} t
        JOIN analytics_spreadorder s ON s.tenant_id = t.tenant_id AND s.day >= t.month AND s.day < t.next_month""",
    times="COUNT(DISTINCT day)",
)
DELETE_SESSIONS = (
    "DELETE FROM analytics_sessionfigures WHERE session_id IN (SELECT session_key FROM rollup_session)"
)
INSERT_SESSIONS = _insert_level(
    table="analytics_sessionfigures",
    key="session_key",
    columns="session_id",
    rows="""
        SELECT h.* FROM analytics_hoursales h
        WHERE h.session_key > 0 AND h.session_key IN (SELECT session_key FROM rollup_session)""",
    spread=f"""
        SELECT s.session_key, {_ORDER_KEY} FROM analytics_spreadorder s
        WHERE s.session_key > 0 AND s.session_key IN (SELECT session_key FROM rollup_session)""",
    times="COUNT(*)",
)
