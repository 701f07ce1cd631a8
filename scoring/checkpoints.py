"""Checkpoints: the model's state at a position, kept so that a replica or a rewind does not start from nothing.

Bytes that do not match their digest, or that another format wrote, are never loaded: the next older checkpoint serves.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

import structlog

from scoring.models import Checkpoint, ModelConfiguration
from scoring.online_model import CheckpointCorrupt, ModelConfig, OnlineModel, library_versions
from scoring.plan import superfluous

log = structlog.get_logger(__name__)

# A checkpoint is due after this many ledger rows, or after this many seconds with at least one new row.
EVERY_ROWS = 250
EVERY_SECONDS = 120


class Place(NamedTuple):
    """Where a checkpoint stands: the position that it has learnt, and the newest amendment that it knows."""

    position: int
    amendment: int


def places(configuration: ModelConfiguration, bound: int) -> list[Place]:
    """The checkpoints of this configuration at or before `bound`, newest first."""
    rows = Checkpoint.objects.filter(configuration=configuration, position__lte=bound).order_by("-position")
    return [Place(*row) for row in rows.values_list("position", "amendment")]


def load(configuration: ModelConfiguration, config: ModelConfig, position: int) -> OnlineModel | None:
    """The model of one checkpoint, or None where it is gone or its bytes cannot be trusted."""
    row = Checkpoint.objects.filter(configuration=configuration, position=position).first()
    if row is None:
        return None
    payload = bytes(row.payload)
    try:
        if hashlib.sha256(payload).hexdigest() != row.payload_digest:
            raise CheckpointCorrupt("the bytes do not match their digest")
        model = OnlineModel.load(config, payload)
        if model.digest() != row.model_digest:
            raise CheckpointCorrupt("the loaded model does not match its digest")
    except CheckpointCorrupt as error:
        log.error("checkpoint_refused", queue=configuration.queue_id, position=position, why=str(error))
        return None
    return model


def is_due(configuration: ModelConfiguration, position: int, amendment: int, now: datetime) -> bool:
    """Whether enough was learnt, or enough time went by, since the newest checkpoint, or it knows fewer amendments."""
    newest = Checkpoint.objects.filter(configuration=configuration).defer("payload").first()
    if newest is None:
        return position > 0
    if newest.amendment < amendment:
        return True
    rows = position - newest.position
    return rows >= EVERY_ROWS or (rows > 0 and (now - newest.created_at).total_seconds() >= EVERY_SECONDS)


def write(
    configuration: ModelConfiguration, model: OnlineModel, position: int, now: datetime, amendment: int = 0
) -> Checkpoint:
    """Keep the model's state at `position`, and drop the checkpoints that have become superfluous.

    One that stands there already and knows fewer amendments gives way.
    """
    payload = model.dump()
    here = Checkpoint.objects.filter(configuration=configuration, position=position)
    here.filter(amendment__lt=amendment).delete()
    row, _created = Checkpoint.objects.get_or_create(
        queue_id=configuration.queue_id,
        configuration=configuration,
        position=position,
        defaults={
            "amendment": amendment,
            "created_at": now,
            "payload": payload,
            "payload_digest": hashlib.sha256(payload).hexdigest(),
            "model_digest": model.digest(),
            "library_versions": library_versions(),
        },
    )
    kept = Checkpoint.objects.filter(configuration=configuration).values_list("position", flat=True)
    Checkpoint.objects.filter(configuration=configuration, position__in=superfluous(kept)).delete()
    return row
