"""How fast a scorer may post: a token bucket on its row, filled and emptied by one statement.

Django REST framework's throttles read, add and write a cache entry, so requests at the same time all pass. Here one
`UPDATE` decides, whatever the number of processes. Its commit is not waited for: a crash gives tokens back, no more.
"""

from __future__ import annotations

import math
from datetime import datetime

from django.conf import settings
from django.db import connection

from scoring.api.problems import Problem, Refusal

# `GREATEST` twice: the clocks of two machines differ, and time does not run backwards for a bucket.
_FILLED = """CASE WHEN tokens_at IS NULL THEN %(burst)s
            ELSE LEAST(%(burst)s, tokens + %(rate)s * GREATEST(0, EXTRACT(EPOCH FROM %(now)s - tokens_at))) END"""
_SPEND = f"""
    UPDATE feedback_scorer
       SET tokens = {_FILLED} - %(cost)s, tokens_at = GREATEST(tokens_at, %(now)s)
     WHERE id = %(scorer)s AND {_FILLED} >= %(cost)s
 RETURNING set_config('synchronous_commit', 'off', true)
"""  # noqa: S608 - made of constants
_AVAILABLE = f"SELECT {_FILLED} FROM feedback_scorer WHERE id = %(scorer)s"  # noqa: S608 - made of constants


def spend(*, scorer_id: int, alerts: int, now: datetime) -> None:
    """Take one token an alert from the scorer's bucket. A batch above `API_BURST` empties a full bucket.

    Raises `Problem` with `Retry-After` where there are too few; none is taken then.
    """
    rate, burst = settings.API_RATE_PER_MINUTE / 60, float(settings.API_BURST)
    cost = min(float(max(alerts, 1)), burst)
    values: dict[str, float | int | datetime] = {
        "burst": burst,
        "rate": rate,
        "cost": cost,
        "now": now,
        "scorer": scorer_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, values)
        if cursor.fetchone():
            return
        cursor.execute(_AVAILABLE, values)
        found = cursor.fetchone()
    wait = max(1, math.ceil((cost - (found[0] if found else 0)) / rate))
    pace = f"This scorer may post {settings.API_RATE_PER_MINUTE} alerts a minute, {settings.API_BURST} of them at once."
    raise Problem(Refusal.RATE, pace, headers={"Retry-After": str(wait)})
