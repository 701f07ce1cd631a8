"""Database triggers that keep facts as they were written.

A row of an append-only table is never changed, and deleted only with the throwaway queue it belongs to
(a replay works in one). `TRUNCATE` fires no row trigger, so it gets a statement trigger of its own.
"""

import pgtrigger

_REFUSE_ROW = """
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM feedback_queue WHERE id = OLD.queue_id AND throwaway) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: append a row that corrects it instead', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
"""

_REFUSE_TRUNCATE = """
    RAISE EXCEPTION '% is append-only: TRUNCATE is refused', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
"""


_REFUSE_NAME = """
    IF EXISTS (SELECT 1 FROM feedback_alert WHERE {reference} = OLD.id) THEN
        RAISE EXCEPTION '% % has alerts: what they are learnt by does not change', TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
"""


def lasting(field: str, reference: str) -> list[pgtrigger.Trigger]:
    """Triggers for a field that alerts are learnt by: with the first alert, by `reference`, it is as fixed as they are.

    Otherwise the same ledger would make another model.
    """
    changed = pgtrigger.Q(**{f"old__{field}__df": pgtrigger.F(f"new__{field}")})
    refuse = _REFUSE_NAME.format(reference=reference)
    return [
        pgtrigger.Trigger(
            name=f"{field}_lasts",
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf(field),  # type: ignore[no-untyped-call]
            condition=changed,
            func=refuse,
        )
    ]


def append_only() -> list[pgtrigger.Trigger]:
    """Triggers for the `Meta.triggers` of a table that has a `queue` column and may only grow."""
    return [
        pgtrigger.Trigger(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=_REFUSE_ROW,
        ),
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=_REFUSE_TRUNCATE,
        ),
    ]
