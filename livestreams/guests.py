"""Who may be booked into a room, as the database holds it: people of its park, and guests by an accepted request.

A booking without a grant joins a tenant and a host of the room's own park. With one it is exactly what was granted:
that tenant, that time, and the room that is lent, or the lent host in the room that was named; the guest may bring
hosts of its own park. The rule looks when one of these columns is written, so a tenant that moves keeps what it
booked before.
"""

from __future__ import annotations

from core.dbrules import Guard

NAME = "livestreams_booking_guest"
COLUMNS = ("room_id", "tenant_id", "host_id", "loan_id", "starts_at", "ends_at")

GRANT = """
SELECT 1 FROM livestreams_exchangerequest q JOIN livestreams_exchangeoffer o ON o.id = q.offer_id
WHERE q.id = NEW.loan_id AND q.state = 'accepted' AND q.tenant_id = NEW.tenant_id
AND NEW.room_id IN (o.room_id, q.room_id) AND q.starts_at = NEW.starts_at AND q.ends_at = NEW.ends_at
AND (o.host_id IS NULL OR o.host_id = NEW.host_id)
"""
TENANT_AT_HOME = """
SELECT 1 FROM core_scopenode n JOIN livestreams_liveroom r ON r.park_id = n.parent_id
WHERE n.id = NEW.tenant_id AND r.id = NEW.room_id
"""
HOST_AT_HOME = """
SELECT 1 FROM livestreams_host h JOIN core_scopenode n ON n.id = h.tenant_id
JOIN livestreams_liveroom r ON r.park_id = n.parent_id WHERE h.id = NEW.host_id AND r.id = NEW.room_id
"""
HOST_OF_GUEST = """
SELECT 1 FROM livestreams_exchangerequest q JOIN livestreams_exchangeoffer o ON o.id = q.offer_id
JOIN livestreams_host h ON h.id = NEW.host_id JOIN core_scopenode n ON n.id = h.tenant_id
WHERE q.id = NEW.loan_id AND (o.host_id = h.id OR n.parent_id = q.park_id)
"""
REFUSED = f"""
CASE WHEN NEW.loan_id IS NULL THEN NOT EXISTS ({TENANT_AT_HOME}) ELSE NOT EXISTS ({GRANT}) END
OR (NEW.host_id IS NOT NULL AND NOT EXISTS ({HOST_AT_HOME}) AND NOT EXISTS ({HOST_OF_GUEST}))
"""

_RAISE = f"BEGIN SELECT RAISE(ABORT, '{NAME}') WHERE {REFUSED}; END"
_CHANGED = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in COLUMNS)
_CHANGED_PG = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in COLUMNS)
_TABLE = "livestreams_booking"

GUESTS = Guard(
    NAME,
    sqlite=(
        f"CREATE TRIGGER {NAME}_insert BEFORE INSERT ON {_TABLE} {_RAISE}",
        f"CREATE TRIGGER {NAME}_update BEFORE UPDATE ON {_TABLE} WHEN {_CHANGED} {_RAISE}",
    ),
    postgres=(
        f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF NOT ({_CHANGED_PG}) THEN RETURN NEW; END IF; END IF; "
        f"IF ({REFUSED}) THEN RAISE EXCEPTION '{NAME}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN NEW; END $$",
        f"CREATE TRIGGER {NAME} BEFORE INSERT OR UPDATE ON {_TABLE} FOR EACH ROW EXECUTE FUNCTION {NAME}()",
    ),
    reads_others=True,
)
