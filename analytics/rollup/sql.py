"""The count in SQL that PostgreSQL and SQLite read alike. docs/counting.md says the same in words.

The work tables are temporary, so each connection has its own; they are empty outside of a transaction. Money is
in units of 1/10,000 CNY. SUM of bigint is numeric on PostgreSQL, hence the casts.
"""
# ruff: noqa: S608  the pieces are constants of this module

from __future__ import annotations

from supplychain.samenumber import PLATFORMS

# How each measure adds up over the facts `f`; what cancellations take back comes on top.
MEASURES = {
    "gmv_created": "SUM(f.amount) FILTER (WHERE f.kind = 'created')",
    "gmv_paid": "SUM(f.amount) FILTER (WHERE f.kind = 'paid')",
    "refunds": "SUM(f.amount) FILTER (WHERE f.kind = 'refunded')",
    "adjustments": "SUM(f.amount) FILTER (WHERE f.kind = 'adjusted')",
    "units_paid": "SUM(f.quantity) FILTER (WHERE f.kind = 'paid' AND f.line_type = 'goods')",
    "units_refunded": "SUM(f.quantity) FILTER (WHERE f.kind = 'refunded' AND f.line_type = 'goods')",
    "lines": "COUNT(*)",
    "cross_border_paid": "SUM(f.amount) FILTER (WHERE f.kind = 'paid' AND f.abroad = 1)",
    "cross_border_refunds": "SUM(f.amount) FILTER (WHERE f.kind = 'refunded' AND f.abroad = 1)",
}
ADDED = ("cancellations", *MEASURES)
COLUMNS = f"{', '.join(ADDED)}, orders, refund_orders"
# What names a row of the hour figures.
ROW = "tenant_id, day, slot, channel, session_key"

_ROW_COLUMNS = "tenant_id bigint, day date, slot bigint, channel text, session_key bigint"
WORK_TABLES = {
    "rollup_mark": "id bigint",
    "rollup_bucket": "tenant_id bigint, day date, slot bigint",
    "rollup_day": "day date, month date, next_month date",
    "rollup_session": "session_key bigint",
    # The facts of the buckets in their latest version, with their session. `source` here and below: that of the order.
    "rollup_fact": f"""{_ROW_COLUMNS}, id bigint, source text, kind text, line_type text, order_no text,
        ref_order_no text, quantity bigint, amount bigint, abroad integer""",
    # What cancellations take back, and what of it is cross-border.
    "rollup_worth": f"{_ROW_COLUMNS}, source text, order_no text, amount bigint, abroad bigint, id bigint",
    # Which orders were paid and which were given back in which row, each once.
    "rollup_order_row": f"{_ROW_COLUMNS}, what text, source text, order_no text",
    # The sums of each row.
    "rollup_hour": ", ".join([_ROW_COLUMNS, *(f"{name} bigint" for name in MEASURES)]),
    # Orders that may lie in several rows.
    "rollup_order": "tenant_id bigint, source text, order_no text",
}

# --- which facts


def _current(fact: str) -> str:
    """A fact counts in its highest version only; the index of corrected keys is small."""
    return f"""NOT EXISTS (
    SELECT 1 FROM supplychain_saleseventkey k
    WHERE k.seller_id = {fact}.seller_id AND k.source = {fact}.source AND k.external_id = {fact}.external_id
      AND k.version > {fact}.version AND k.version > 1)"""


def _of_platform(fact: str) -> str:
    return f"{fact}.source IN ({', '.join(repr(name) for name in sorted(PLATFORMS))})"


CURRENT = _current("f")
# The source of the order that a fact is of: of a refund the one under which that is paid, as supplychain.samenumber
# finds it. What a door cancels is its own order always.
ORDER_SOURCE = f"""CASE WHEN f.kind <> 'refunded' OR f.ref_order_no = '' OR EXISTS (
        SELECT 1 FROM supplychain_salesevent q
        WHERE q.seller_id = f.seller_id AND q.order_no = f.ref_order_no AND q.kind = 'paid' AND q.source = f.source
          AND {_current("q")}) THEN f.source
    ELSE COALESCE((
        SELECT CASE WHEN MIN(q.source) = MAX(q.source) THEN MIN(q.source) END
        FROM supplychain_salesevent q
        WHERE q.seller_id = f.seller_id AND q.order_no = f.ref_order_no AND q.kind = 'paid'
          AND NOT ({_of_platform("q")} AND {_of_platform("f")}) AND {_current("q")}), f.source)
    END"""
# A fact is cross-border by its own customs mode; a refund also by that of a paid line which it gives back.
ABROAD = f"""CASE WHEN f.customs_mode <> 'domestic' THEN 1
    WHEN f.kind = 'refunded' AND f.ref_order_no <> '' AND EXISTS (
        SELECT 1 FROM supplychain_salesevent p
        WHERE p.seller_id = f.seller_id AND p.order_no = f.ref_order_no
          AND p.kind = 'paid' AND p.customs_mode <> 'domestic' AND (f.ref_line = '' OR p.line_no = f.ref_line)
          AND p.source = {ORDER_SOURCE} AND {_current("p")}) THEN 1
    ELSE 0 END"""
# The session of the latest attribution, else the one that the fact came with, else 0.
FACT = f"""f.seller_id AS tenant_id, f.business_day AS day, f.slot, f.channel,
    COALESCE(CASE WHEN a.event_id IS NULL THEN f.session_id ELSE a.session_id END, 0) AS session_key,
    f.id, {ORDER_SOURCE} AS source, f.kind, f.line_type, f.order_no, f.ref_order_no, f.quantity, f.amount,
    {ABROAD} AS abroad"""
ATTRIBUTED = """LEFT JOIN supplychain_attribution a ON a.event_id = f.id AND NOT EXISTS (
    SELECT 1 FROM supplychain_attribution b WHERE b.event_id = a.event_id AND b.version > a.version)"""

FACTS_OF_BUCKETS = f"""
    INSERT INTO rollup_fact SELECT {FACT} FROM rollup_bucket b
    JOIN supplychain_salesevent f ON f.seller_id = b.tenant_id AND f.slot = b.slot {ATTRIBUTED}
    WHERE {CURRENT}"""
OF_BUCKETS = "SELECT * FROM rollup_fact"
OF_TENANTS = f"""
    SELECT {FACT} FROM supplychain_salesevent f {ATTRIBUTED}
    WHERE f.seller_id >= %(first)s AND f.seller_id <= %(last)s AND {CURRENT}"""
OF_IDS = {
    vendor: f"SELECT {FACT} FROM supplychain_salesevent f {ATTRIBUTED} WHERE f.id {among} AND {CURRENT}"
    for vendor, among in (
        ("postgresql", "= ANY(%(ids)s)"),
        ("sqlite", "IN (SELECT value FROM json_each(%(ids)s))"),
    )
}
OF_ORDERS = f"""
    SELECT {FACT} FROM rollup_order o
    JOIN supplychain_salesevent f ON f.seller_id = o.tenant_id AND f.order_no = o.order_no AND f.source = o.source
    {ATTRIBUTED}
    WHERE f.kind IN ('paid', 'cancelled') AND {CURRENT}
    UNION ALL
    SELECT {FACT} FROM rollup_order o
    JOIN supplychain_salesevent f ON f.seller_id = o.tenant_id AND f.ref_order_no = o.order_no
    {ATTRIBUTED}
    WHERE NOT (f.ref_order_no = '') AND f.kind = 'refunded' AND {ORDER_SOURCE} = o.source AND {CURRENT}"""

# --- hours


def worth(picked: str) -> str:
    """rollup_worth: what the cancellations among the picked facts take back, where that is anything.

    The first cancellation of a line after it was paid takes back what was paid less what was refunded up to then, or
    was ever told as refunded by another door, which tells of the same money. The first one of the whole order takes
    back what those of its lines have left. Later ones find nothing.
    """
    # The rows of `told` are taken along from the start: joined at the end, SQLite compares all with all.
    order = "seller_id, source, order_no"
    same_seller = "f.seller_id = c.seller_id AND f.source = c.source"
    earlier = f"""OVER (PARTITION BY {order} ORDER BY occurred_at, external_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"""
    return f"""
    WITH told AS MATERIALIZED (SELECT * FROM ({picked}) f WHERE f.kind = 'cancelled'),
    cancelled AS (
        SELECT f.id, f.seller_id, f.source, f.order_no, f.line_no, f.occurred_at, f.external_id,
            t.tenant_id, t.day, t.slot, t.channel, t.session_key, t.abroad AS told_abroad
        FROM (SELECT DISTINCT tenant_id AS seller_id, source, order_no FROM told) c
        JOIN supplychain_salesevent f ON {same_seller} AND f.order_no = c.order_no
        LEFT JOIN told t ON t.id = f.id
        WHERE f.kind = 'cancelled' AND {CURRENT}),
    paid AS (
        SELECT c.id, SUM(f.amount) AS amount,
            MAX(CASE WHEN f.customs_mode <> 'domestic' THEN 1 ELSE 0 END) AS paid_abroad
        FROM cancelled c JOIN supplychain_salesevent f ON {same_seller} AND f.order_no = c.order_no
        WHERE f.kind = 'paid' AND (c.line_no = '' OR f.line_no = c.line_no) AND f.occurred_at <= c.occurred_at
          AND {CURRENT}
        GROUP BY c.id),
    refunded AS (
        SELECT c.id, SUM(f.amount) AS amount
        FROM cancelled c JOIN supplychain_salesevent f ON f.seller_id = c.seller_id AND f.ref_order_no = c.order_no
        WHERE NOT (f.ref_order_no = '') AND f.kind = 'refunded' AND (c.line_no = '' OR f.ref_line = c.line_no)
          AND (f.occurred_at <= c.occurred_at OR f.source <> c.source) AND {ORDER_SOURCE} = c.source AND {CURRENT}
        GROUP BY c.id),
    turn AS (
        SELECT c.*, p.amount - COALESCE(r.amount, 0) AS rest, p.paid_abroad,
            ROW_NUMBER() OVER (PARTITION BY {order}, line_no ORDER BY occurred_at, external_id) AS nth,
            COUNT(CASE WHEN line_no = '' THEN 1 END) {earlier} AS wholes_before
        FROM cancelled c JOIN paid p ON p.id = c.id LEFT JOIN refunded r ON r.id = c.id),
    claim AS (
        SELECT t.*, CASE WHEN nth = 1 AND wholes_before = 0 AND rest > 0 THEN rest ELSE 0 END AS due FROM turn t),
    worth AS (
        SELECT c.*, CASE WHEN line_no = '' THEN due - COALESCE(SUM(due) {earlier}, 0) ELSE due END AS amount
        FROM claim c)
    SELECT {ROW}, source, order_no, CAST(amount AS bigint) AS amount,
        CAST(CASE WHEN told_abroad = 1 OR paid_abroad = 1 THEN amount ELSE 0 END AS bigint) AS abroad, id
    FROM worth
    WHERE amount > 0 AND tenant_id IS NOT NULL"""


def order_rows(picked: str) -> str:
    """rollup_order_row: which orders the picked facts, and the worth of cancellations, are about in which row."""
    return f"""
    SELECT {ROW}, CASE WHEN f.kind = 'paid' THEN 'paid' ELSE 'refunded' END AS what, f.source,
        CASE WHEN f.kind = 'paid' THEN f.order_no ELSE f.ref_order_no END AS order_no
    FROM ({picked}) f
    WHERE f.kind = 'paid' OR f.kind = 'refunded' AND f.ref_order_no <> ''
    UNION
    SELECT {ROW}, 'refunded', source, order_no FROM rollup_worth"""


def hour_sums(picked: str) -> str:
    """rollup_hour: the sums of the picked facts by row."""
    sums = ", ".join(
        f"CAST(COALESCE({measure}, 0) AS bigint) AS {name}" for name, measure in MEASURES.items()
    )
    return f"SELECT {ROW}, {sums} FROM ({picked}) f GROUP BY {ROW}"


_CANCELLED = {"refunds": "w.amount", "cross_border_refunds": "w.abroad"}
_WITH_CANCELLED = ", ".join(
    f"{name} + COALESCE({_CANCELLED[name]}, 0)" if name in _CANCELLED else name for name in MEASURES
)
# In the order of the key: into an index that is the faster way by far.
INSERT_HOURS = f"""
    INSERT INTO analytics_hoursales ({ROW}, {COLUMNS})
    SELECT {ROW}, COALESCE(w.amount, 0), {_WITH_CANCELLED}, COALESCE(o.paid, 0), COALESCE(o.refunded, 0)
    FROM rollup_hour h
    LEFT JOIN (
        SELECT {ROW}, CAST(SUM(amount) AS bigint) AS amount, CAST(SUM(abroad) AS bigint) AS abroad
        FROM rollup_worth GROUP BY {ROW}) w USING ({ROW})
    LEFT JOIN (
        SELECT {ROW}, COUNT(*) FILTER (WHERE what = 'paid') AS paid,
            COUNT(*) FILTER (WHERE what = 'refunded') AS refunded
        FROM rollup_order_row GROUP BY {ROW}) o USING ({ROW})
    ORDER BY {ROW}"""
DELETE_HOURS = """
    DELETE FROM analytics_hoursales
    WHERE (tenant_id, day, slot) IN (SELECT tenant_id, day, slot FROM rollup_bucket)"""
SESSIONS_OF_BUCKETS = """
    INSERT INTO rollup_session SELECT DISTINCT session_key FROM analytics_hoursales
    WHERE session_key > 0 AND (tenant_id, day, slot) IN (SELECT tenant_id, day, slot FROM rollup_bucket)"""

# --- orders in several rows

_IN_SEVERAL_ROWS = "FROM rollup_order_row GROUP BY tenant_id, what, source, order_no HAVING COUNT(*) > 1"
# Orders of the buckets that are known to be spread, that lie in several rows, or that have a line in another hour. Of
# refunds that name a number they may be too many: of which order each is is asked of these.
ORDERS_TO_LOOK_AT = f"""
    INSERT INTO rollup_order
    SELECT s.tenant_id, s.source, s.order_no
    FROM rollup_bucket b
    JOIN analytics_spreadorder s ON s.tenant_id = b.tenant_id AND s.day = b.day AND s.slot = b.slot
    UNION
    SELECT tenant_id, source, order_no {_IN_SEVERAL_ROWS}
    UNION
    SELECT r.tenant_id, r.source, r.order_no FROM rollup_order_row r
    WHERE EXISTS (
        SELECT 1 FROM supplychain_salesevent f
        WHERE f.seller_id = r.tenant_id AND f.order_no = r.order_no AND f.source = r.source AND f.slot <> r.slot
          AND f.kind = CASE WHEN r.what = 'paid' THEN 'paid' ELSE 'cancelled' END)
    UNION
    SELECT r.tenant_id, r.source, r.order_no FROM rollup_order_row r
    WHERE r.what = 'refunded' AND EXISTS (
        SELECT 1 FROM supplychain_salesevent f
        WHERE f.seller_id = r.tenant_id AND f.ref_order_no = r.order_no AND NOT (f.ref_order_no = '')
          AND f.slot <> r.slot AND f.kind = 'refunded')"""
FORGET_SPREAD = """
    DELETE FROM analytics_spreadorder
    WHERE (tenant_id, source, order_no) IN (SELECT tenant_id, source, order_no FROM rollup_order)"""
INSERT_SPREAD = f"""
    INSERT INTO analytics_spreadorder ({ROW}, what, source, order_no)
    SELECT {ROW}, what, source, order_no FROM rollup_order_row
    WHERE (tenant_id, what, source, order_no) IN (SELECT tenant_id, what, source, order_no {_IN_SEVERAL_ROWS})"""

# --- days, months, sessions


def _insert_level(table: str, key: str, columns: str, rows: str, spread: str, times: str) -> str:
    """Add rows up to a level: sums, and distinct orders as the sum less what the spread orders say twice."""
    names = [name.strip() for name in key.split(",")]
    return f"""
    INSERT INTO {table} ({columns}, {COLUMNS})
    SELECT {", ".join(f"r.{name}" for name in names)},
        {", ".join(f"CAST(SUM({name}) AS bigint)" for name in ADDED)},
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

# --- what follows from other figures of a session

# Whose sales they were is told again for every session of which an hour was counted.
MARK_SHARED_SESSIONS = """
    INSERT INTO core_bucketmark (family, node_id, slot, marked_at)
    SELECT %s, l.tenant_id, l.id, %s FROM livestreams_livesession l
    WHERE l.id IN (SELECT session_key FROM rollup_session)"""
# Sales are no witness where nothing was stated.
MARK_JUDGED_SESSIONS = """
    INSERT INTO core_bucketmark (family, node_id, slot, marked_at)
    SELECT %s, l.tenant_id, l.id, %s FROM livestreams_livesession l
    WHERE l.state = 'ended' AND l.id IN (SELECT session_key FROM rollup_session)
      AND EXISTS (SELECT 1 FROM analytics_sessionclaim c WHERE c.session_id = l.id)"""
