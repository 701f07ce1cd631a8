"""Queues, scorers and keys: set them up, take them down."""

from datetime import datetime
from typing import cast

from django.db import transaction

from feedback.errors import QueueNotEmpty
from feedback.models import Alert, Exposure, LedgerEntry, OpenAlert, Queue, RepeatedDecision, Scorer, ScorerKey


def issue_key(*, scorer: Scorer, name: str, expires_at: datetime | None = None) -> tuple[ScorerKey, str]:
    """Make an API key. The second value is the key itself: only its hash is stored, so it is seen this once."""
    key, secret = ScorerKey.objects.create_key(scorer=scorer, name=name, expiry_date=expires_at)
    return cast(ScorerKey, key), secret


def revoke_key(*, key: ScorerKey) -> None:
    """Refuse the key from the next request on. This cannot be undone."""
    key.revoked = True
    key.save(update_fields=["revoked"])


def erase_throwaway(*, queue: Queue) -> None:
    """Erase a throwaway queue with its facts. The database refuses it for any other queue.

    Raises `QueueNotEmpty` for a queue that is not throwaway.
    """
    if not queue.throwaway:
        raise QueueNotEmpty(f"{queue.slug} is a real queue: its facts are kept")
    with transaction.atomic():
        OpenAlert.objects.filter(queue=queue).delete()
        for entries in (
            RepeatedDecision.objects.filter(queue=queue),
            LedgerEntry.objects.filter(queue=queue, retracts__isnull=False),
            LedgerEntry.objects.filter(queue=queue),
        ):
            entries._raw_delete(entries.db)
        for facts in (Exposure.objects.filter(queue=queue), Alert.objects.filter(queue=queue)):
            facts._raw_delete(facts.db)
        queue.delete()


def note_key_use(*, key: ScorerKey, now: datetime) -> None:
    """Record the key's last use, to the minute."""
    if key.last_used_at is None or (now - key.last_used_at).total_seconds() >= 60:
        ScorerKey.objects.filter(pk=key.pk).update(last_used_at=now)
