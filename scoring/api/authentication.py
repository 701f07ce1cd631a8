"""Who posts: `Authorization: Api-Key <key>`, one scorer per key. Keys are stored as hashes and can be revoked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from feedback.models import Queue, Scorer, ScorerKey
from feedback.services import note_key_use
from scoring.api.problems import FieldError, Problem, Refusal

SCHEME = "Api-Key"
_KEY = re.compile(r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{16,100}")


@dataclass(frozen=True, slots=True)
class Caller:
    """A scorer that showed a valid key, and the queues it was given, by slug."""

    scorer: Scorer
    queues: dict[str, Queue]

    def queue(self, slug: str | None) -> Queue:
        """The queue that a request means: the one it names, or the scorer's only one.

        Raises `Problem`, with the same words whether the queue does not exist or is another scorer's.
        """
        if slug is None and len(self.queues) == 1:
            return next(iter(self.queues.values()))
        if slug in self.queues:
            return self.queues[slug]
        mine = ", ".join(sorted(self.queues)) or "none yet"
        detail = "Name the queue: `queue` may be left out only" if slug is None else f"There is no queue {slug!r}"
        detail += " by a scorer with exactly one." if slug is None else " for this scorer."
        detail += f" Its queues: {mine}."
        if slug is None:
            raise Problem(Refusal.INVALID, errors=[FieldError(pointer="/queue", detail=detail)])
        raise Problem(Refusal.FORBIDDEN, detail)


class KeyAuthentication(BaseAuthentication):
    """Reads the key; `request.auth` is then the `Caller`."""

    def authenticate(self, request: Request) -> tuple[None, Caller] | None:
        """None without a key; raises `AuthenticationFailed` for a wrong one, `Problem` for a scorer switched off."""
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        return None, caller_of(key.strip(), timezone.now())

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401."""
        return f'{SCHEME} realm="alertloop"'


# One round trip and hardly any model instance: every request of the API begins with this.
_FIND = """
    SELECT k.id, k.hashed_key, k.last_used_at, s.id, s.name, s.is_active,
           (SELECT json_agg(json_build_array(q.id, q.slug)) FROM feedback_queue q
              JOIN feedback_scorer_queues given ON given.queue_id = q.id
             WHERE given.scorer_id = s.id AND NOT q.throwaway)
      FROM feedback_scorerkey k JOIN feedback_scorer s ON s.id = k.scorer_id
     WHERE k.prefix = %s AND NOT k.revoked AND COALESCE(k.expiry_date > %s, true)
"""


def caller_of(secret: str, now: datetime) -> Caller:
    """Who a key belongs to; its use is recorded. The queues it gives know their id and slug only.

    Raises `AuthenticationFailed` for a key that is unknown, revoked or expired, `Problem` for a scorer switched off.
    """
    found = _find(secret, now) if _KEY.fullmatch(secret) else None
    if found is None or not ScorerKey.objects.key_generator.verify(secret, found[1]):
        raise AuthenticationFailed("The key is unknown, revoked or expired.")
    key_id, _, last_used_at, scorer_id, name, is_active, queues = found
    if not is_active:
        raise Problem(Refusal.FORBIDDEN, f"The scorer {name} is switched off.")
    note_key_use(key=ScorerKey(id=key_id, last_used_at=last_used_at), now=now)
    return Caller(Scorer(id=scorer_id, name=name), {slug: Queue(id=pk, slug=slug) for pk, slug in queues or ()})


def _find(secret: str, now: datetime) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [secret.partition(".")[0], now])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes the key."""

    target_class = "scoring.api.authentication.KeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """An API key in the Authorization header, with its scheme word before it."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": f"`{SCHEME} <key>`: the word, a space, the key.",
        }
