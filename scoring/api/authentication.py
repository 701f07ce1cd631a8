"""Who posts: `Authorization: Api-Key <key>`, one scorer per key. Keys are stored as hashes and can be revoked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from feedback.models import Queue, Scorer, ScorerKey
from feedback.services import note_key_use
from scoring.api.problems import Problem, Refusal

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
        raise Problem(Refusal.INVALID if slug is None else Refusal.FORBIDDEN, f"{detail} Its queues: {mine}.")


class KeyAuthentication(BaseAuthentication):
    """Reads the key; `request.auth` is then the `Caller`."""

    def authenticate(self, request: Request) -> tuple[None, Caller] | None:
        """None without a key; raises `AuthenticationFailed` for a wrong one, `Problem` for a scorer switched off."""
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        return None, caller_of(key.strip())

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401."""
        return f'{SCHEME} realm="alertloop"'


def caller_of(secret: str) -> Caller:
    """Who a key belongs to; its use is recorded."""
    usable = ScorerKey.objects.filter(revoked=False).select_related("scorer")
    key = usable.filter(prefix=secret[:8]).first() if _KEY.fullmatch(secret) else None
    if key is None or key.has_expired or not key.is_valid(secret):
        raise AuthenticationFailed("The key is unknown, revoked or expired.")
    if not key.scorer.is_active:
        raise Problem(Refusal.FORBIDDEN, f"The scorer {key.scorer.name} is switched off.")
    note_key_use(key=key, now=timezone.now())
    queues = Queue.objects.filter(scorers=key.scorer, throwaway=False)
    return Caller(key.scorer, {queue.slug: queue for queue in queues})


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
