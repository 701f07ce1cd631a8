"""What a person put off at the desk: kept in their session for an hour, with what they had typed about it."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from feedback.services.checks import PUT_OFF

# The newest of them. A session is read with every page.
MOST = 50
_KEY = "put_off"


class Later:
    """The alerts that a person put off: "next" passes over them while others wait. The session keeps them.

    What was typed is kept as long, also of an alert that was brought back.
    """

    def __init__(self, session: MutableMapping[str, Any], now: datetime) -> None:
        self.session, self.now = session, now
        kept = session.get(_KEY, {})
        self.rows = {int(pk): row for pk, row in kept.items() if datetime.fromisoformat(row["at"]) > now - PUT_OFF}

    @property
    def alert_ids(self) -> list[int]:
        """Which alerts are passed over."""
        return [alert_id for alert_id, row in self.rows.items() if row["waits"]]

    def typed(self, alert_id: int) -> dict[str, str]:
        """The note and the reason that were not sent."""
        row = self.rows.get(alert_id, {})
        return {name: row.get(name, "") for name in ("note", "reason")}

    def put_off(self, alert_id: int, typed: dict[str, str]) -> None:
        """Pass over an alert from now on, and keep what was typed."""
        row = {"at": self.now.isoformat(), "waits": True, **typed}
        others = {pk: kept for pk, kept in self.rows.items() if pk != alert_id}
        self._keep({**others, alert_id: row})

    def bring_back(self, alert_id: int) -> None:
        """No longer pass over an alert."""
        if alert_id in self.rows:
            self._keep({**self.rows, alert_id: {**self.rows[alert_id], "waits": False}})

    def forget(self, alert_id: int) -> None:
        """An alert was judged."""
        if alert_id in self.rows:
            self._keep({pk: row for pk, row in self.rows.items() if pk != alert_id})

    def _keep(self, rows: dict[int, dict[str, Any]]) -> None:
        self.rows = dict(list(rows.items())[-MOST:])
        self.session[_KEY] = {str(pk): row for pk, row in self.rows.items()}
