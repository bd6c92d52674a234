"""The database itself refuses to change or delete a receipt (security 82)."""

from __future__ import annotations

from typing import Final

POSTGRESQL_CREATE: Final = """
CREATE FUNCTION consent_receipt_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM consent_purgepermit) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'consent receipts are never changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER consent_receipt_is_final BEFORE UPDATE OR DELETE ON consent_consentreceipt
    FOR EACH ROW EXECUTE FUNCTION consent_receipt_is_final();
"""
POSTGRESQL_DROP: Final = """
DROP TRIGGER consent_receipt_is_final ON consent_consentreceipt;
DROP FUNCTION consent_receipt_is_final();
"""
SQLITE_CREATE: Final = (
    """
CREATE TRIGGER consent_receipt_no_update BEFORE UPDATE ON consent_consentreceipt
BEGIN SELECT RAISE(ABORT, 'consent receipts are never changed'); END
""",
    """
CREATE TRIGGER consent_receipt_no_delete BEFORE DELETE ON consent_consentreceipt
WHEN NOT EXISTS (SELECT 1 FROM consent_purgepermit)
BEGIN SELECT RAISE(ABORT, 'consent receipts are never changed'); END
""",
)
SQLITE_DROP: Final = ("DROP TRIGGER consent_receipt_no_update", "DROP TRIGGER consent_receipt_no_delete")


def create(vendor: str) -> tuple[str, ...]:
    """The statements that put the triggers in place, for `connection.vendor`."""
    return (POSTGRESQL_CREATE,) if vendor == "postgresql" else SQLITE_CREATE


def drop(vendor: str) -> tuple[str, ...]:
    """The statements that take them away."""
    return (POSTGRESQL_DROP,) if vendor == "postgresql" else SQLITE_DROP
