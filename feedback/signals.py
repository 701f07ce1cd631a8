"""The one signal of the codebase: the ledger of a queue grew.

Sent after commit with `queue_id`, `position`, and `reopened`: the alert that is open again, None where none is. It is a
nudge: whoever listens must also catch up by itself, because a signal can be lost between the commit and the sending.
"""

from django.dispatch import Signal

ledger_grew = Signal()
