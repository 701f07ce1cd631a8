"""A verdict as the desk gives it: what it counts as is read off the person and the alert, never off the form."""

from datetime import datetime
from typing import Any

from feedback.desk.selectors import is_blind, source_of
from feedback.models import Alert
from feedback.people import Person
from feedback.services import Recorded, record_verdict


def judge_on_desk(*, alert: Alert, judge: Person, decision: dict[str, Any], now: datetime) -> Recorded:
    """Record a person's decision (`VerdictForm.decision`) on an alert that has its `open` loaded.

    Raises what `record_verdict` raises; nothing is written then.
    """
    source = source_of(judge, alert, decision["seen"])
    return record_verdict(alert=alert, judge=judge, source=source, blind=is_blind(alert), now=now, **decision)
