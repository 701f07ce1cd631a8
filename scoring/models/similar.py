"""What the search for similar past alerts remembers: a projection of the ledger that can be thrown away."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models import Alert, Queue, Source
from scoring import nearest


class BitsField(models.Field):  # type: ignore[type-arg]
    """A fixed number of bits as PostgreSQL's own type `bit`: compared by it with or without the extension `vector`."""

    def __init__(self, bits: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.bits = bits

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "bits": self.bits}

    def db_type(self, connection: Any) -> str:
        return f"bit({self.bits})"

    def get_prep_value(self, value: bytes | None) -> str | None:
        return None if value is None else as_bits(value)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> bytes | None:
        return None if value is None else int(value, 2).to_bytes(len(value) // 8, "big")


def as_bits(value: bytes) -> str:
    """Bytes as the text of a `bit`, most significant first."""
    return f"{int.from_bytes(value, 'big'):0{8 * len(value)}b}"


class MemoryStanding(models.Model):
    """How far the memory of a queue has followed its ledger, and of which kind its signatures are."""

    queue = models.OneToOneField(Queue, on_delete=models.CASCADE, primary_key=True, related_name="memory_standing")
    position = models.BigIntegerField(_("position"), default=0)
    # The newest amendment that the labels know: who is held back is remembered by none.
    amendment = models.PositiveIntegerField(default=0)
    # scoring.nearest.VERSION: signatures of another one are forgotten and made again.
    version = models.PositiveSmallIntegerField(_("version"), default=nearest.VERSION)
    # How many remembered labels come from each source.
    taught = models.JSONField(_("labels by source"), default=dict)

    class Meta:
        verbose_name = _("standing of the memory")
        verbose_name_plural = _("standings of the memory")

    def __str__(self) -> str:
        return f"{self.queue_id}@{self.position}"


class RememberedAlert(models.Model):
    """An alert that has a label, as the search for similar ones knows it.

    An HNSW index stands beside the table where the server has pgvector (scoring.explain.searching).
    """

    alert = models.OneToOneField(Alert, on_delete=models.CASCADE, primary_key=True, related_name="+")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    accurate = models.BooleanField(_("accurate"))
    # The position of the verdict that the label hangs on (feedback.rules.Label.anchor).
    anchor = models.BigIntegerField(_("position"))
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    signature = BitsField(bits=nearest.BITS)

    class Meta:
        verbose_name = _("remembered alert")
        verbose_name_plural = _("remembered alerts")
        indexes = [
            # A small queue, or one on a server without pgvector, is searched newest first, and from this index alone:
            # in the table its alerts lie among those of other queues, and reading them takes three times as long.
            models.Index(
                fields=["queue", "-anchor"],
                include=["alert", "accurate", "signature"],
                name="remembered_queue_signatures",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.accurate}"
