"""Watching a queue for drift, and the alarm. A pull, from a stored standing: whatever dies, the next turn goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from feedback.models import Queue
from feedback.people import Person
from feedback.selectors import head_of
from scoring.each import each
from scoring.fold import configuration_of
from scoring.learner.model_config import ModelConfig
from scoring.lifecycle import arrivals as reads
from scoring.lifecycle.alarms import Told, brought_up, is_over, level_of
from scoring.lifecycle.arrivals import STRIDE, Arrived, Judged
from scoring.lifecycle.frame import REFERENCE, Frame
from scoring.lifecycle.watch import BLOCK, KEEP, Movement, Row, Watch, block_means, error_values
from scoring.models import DriftAlarm, DriftFamily, DriftStanding
from scoring.services.policies import policy_in_force

DETECTOR = "ADWIN"
# Labels that a young model learns before its errors are watched: it is meant to get better.
BURN_IN = 300
# Of the newest alerts, the share between two thresholds from which those that are judged are others than before.
OTHERS = 0.1
# Alerts, and labels, that are watched of a queue with a history when the watch begins.
NEWEST = 2 * KEEP * BLOCK


class AlarmIsClosed(ValueError):
    """An alarm that has closed needs nobody's acknowledgement."""


def watch_queues(*, now: datetime) -> list[int]:
    """Watch every queue; returns those in which an alarm is open."""
    watched = reads.queues_watched()
    each(watched, lambda queue_id: watch(queue_id=queue_id, now=now))
    open_alarms = DriftAlarm.objects.filter(queue__in=watched, closed_at__isnull=True)
    return sorted(set(open_alarms.values_list("queue_id", flat=True)))


def watch(*, queue_id: int, now: datetime) -> None:
    """Feed what arrived and what was judged since the last turn to the detectors; open, bring up and close alarms.

    1. Forget what depends on a model or a policy that is no longer in force. 2. The alerts, in order of arrival, once
    there is a reference. 3. The errors, in order of the ledger. In steps of `STRIDE`, each its own transaction.
    """
    with transaction.atomic():
        if not Queue.objects.filter(pk=queue_id).exists():
            return
        made = {"alert_id": reads.first_watched(queue_id, NEWEST), "position": max(0, head_of(queue_id) - NEWEST)}
        DriftStanding.objects.get_or_create(queue_id=queue_id, defaults=made)
    while _step(queue_id, now):
        pass


def acknowledge(*, alarm: DriftAlarm, by: Person, now: datetime) -> DriftAlarm:
    """A lead has seen an alarm. A repeat changes nothing. Raises `AlarmIsClosed`."""
    with transaction.atomic():
        alarm = DriftAlarm.objects.select_for_update().get(pk=alarm.pk)
        if alarm.closed_at is not None:
            raise AlarmIsClosed
        if alarm.acknowledged_at is None:
            alarm.acknowledged_by_id, alarm.acknowledged_at = by.pk, now
            alarm.save(update_fields=["acknowledged_by", "acknowledged_at"])
    return alarm


def _step(queue_id: int, now: datetime) -> bool:
    """One step; whether there may be more to do."""
    with transaction.atomic():
        standing = DriftStanding.objects.select_for_update(of=("self",)).get(queue_id=queue_id)
        config = ModelConfig.from_dict(configuration_of(queue_id).parameters)
        before = (standing.alert_id, standing.position, standing.belief)
        _renew_belief(standing, now)
        more_alerts = _watch_inputs(standing, config, now)
        more_labels = _watch_errors(standing, now)
        if before != (standing.alert_id, standing.position, standing.belief):
            standing.save()  # some hundred kilobytes
    return more_alerts or more_labels


def _renew_belief(standing: DriftStanding, now: datetime) -> None:
    """Where another model came into force, or hiding began or ended, their figures begin anew and alarms of them end.

    A threshold that moved is a reaction, often to the alarm itself, which goes on. Errors are read anew from there
    where the alerts that are judged have become others; `hides` stays where it was while they are much the same.
    """
    in_force = policy_in_force(standing.queue_id)
    hides = in_force.hide_below if in_force.stage == "suppress" else None
    belief = {"configuration": configuration_of(standing.queue_id).pk, "hides": hides}
    before, standing.belief = standing.belief, belief
    if not before or before == belief:
        return
    hid: Any = before["hides"] if hides is not None else before["hides"] or None  # to hide nothing is not to hide
    if before["configuration"] == belief["configuration"] and (hid is None) == (hides is None):
        if hides is None or reads.share_between(standing.queue_id, hid, hides) < OTHERS:
            standing.belief = before
        else:
            _read_errors_anew(standing)
        return
    inputs = Watch.from_dict(standing.inputs)
    inputs.forget(("probability", "", ""))
    standing.inputs = inputs.to_dict()
    _read_errors_anew(standing)
    _replace(standing.queue_id, now)


def _read_errors_anew(standing: DriftStanding) -> None:
    standing.errors = Watch(first=Watch.from_dict(standing.errors).blocks).to_dict()


def _watch_inputs(standing: DriftStanding, config: ModelConfig, now: datetime) -> bool:
    """The next alerts. The first `REFERENCE` make the frame; then block by block."""
    if not standing.frame:
        first = reads.arrivals(standing.queue_id, standing.alert_id, REFERENCE, now, config)
        if len(first) == REFERENCE:
            _set_frame(standing, first, config)
        return len(first) == REFERENCE
    arrived = reads.arrivals(standing.queue_id, standing.alert_id, STRIDE, now, config)
    blocks = reads.full_blocks(arrived, BLOCK)
    if blocks:
        frame = Frame.from_dict(standing.frame, bytes(standing.words))
        watched = Watch.from_dict(standing.inputs)
        moved = [one for block in blocks for one in watched.add(_arrival_row(block, frame))]
        standing.inputs, standing.alert_id = watched.to_dict(), blocks[-1][-1].alert_id
        if _tell(standing.queue_id, DriftFamily.INPUTS, moved, watched.blocks, now):
            newest = reads.last_arrivals(standing.queue_id, standing.alert_id, REFERENCE, now, config)
            _set_frame(standing, newest, config, watched.blocks)
    return len(arrived) == STRIDE


def _set_frame(standing: DriftStanding, alerts: Sequence[Arrived], config: ModelConfig, blocks: int = 0) -> None:
    """These alerts are what later ones are compared with."""
    frame = Frame.fit([one.seen for one in alerts], config.text_bits)
    standing.frame, standing.words = frame.to_dict(), frame.packed_words()
    standing.inputs, standing.alert_id = Watch(first=blocks).to_dict(), alerts[-1].alert_id


def _watch_errors(standing: DriftStanding, now: datetime) -> bool:
    """The next labels, block by block."""
    head, position = head_of(standing.queue_id), max(standing.position, BURN_IN)
    end = min(head, position + STRIDE)
    if end <= position:
        return False
    blocks = reads.full_blocks(reads.judgements(standing.queue_id, position, end), BLOCK)
    if blocks:
        watched = Watch.from_dict(standing.errors)
        moved = [one for block in blocks for one in watched.add(_error_row(block))]
        standing.errors, standing.position = watched.to_dict(), blocks[-1][-1].anchor
        _tell(standing.queue_id, DriftFamily.ERRORS, moved, watched.blocks, now)
    elif end < head:
        standing.position = end  # a thousand rows that decide next to nothing
    return end < head


def _arrival_row(block: Sequence[Arrived], frame: Frame) -> Row:
    first, seen = block[0], [one.seen for one in block]
    means = block_means([frame.series(one) for one in seen])
    return Row(first.raised_at.isoformat(), first.position, means, block_means([frame.raw(one) for one in seen]))


def _error_row(block: Sequence[Judged]) -> Row:
    means = block_means([error_values(one.probability, one.accurate) for one in block])
    return Row(block[0].raised_at.isoformat(), block[0].anchor, means)


def _tell(queue_id: int, family: DriftFamily, moved: Iterable[Movement], blocks: int, now: datetime) -> bool:
    """Open an alarm, or bring the open one up; whether one has closed because its level is the usual one now."""
    alarm = _open_alarm(queue_id, family)
    before = [] if alarm is None else [Told.from_dict(one) for one in alarm.movements]
    told = brought_up(before, moved, blocks)
    if alarm is None:
        if not told:
            return False
        alarm = DriftAlarm(queue_id=queue_id, family=family, detector=DETECTOR, opened_at=now)
    elif {one.movement.series for one in told} - {one.movement.series for one in before}:
        alarm.acknowledged_by, alarm.acknowledged_at = None, None  # something that nobody has seen yet
    _write(alarm, told, blocks, now)
    return alarm.closed_at is not None and any(one.ended == "settled" for one in told)


def _replace(queue_id: int, now: datetime) -> None:
    """End what was told of a model or a policy that is no longer in force."""
    for family in DriftFamily.values:
        if (alarm := _open_alarm(queue_id, family)) is not None:
            told = [_replaced(Told.from_dict(one), family) for one in alarm.movements]
            _write(alarm, told, None, now)


def _replaced(one: Told, family: str) -> Told:
    depends = family == DriftFamily.ERRORS or one.movement.kind == "probability"
    return Told(one.movement, "replaced") if depends and not one.ended else one


def _open_alarm(queue_id: int, family: str) -> DriftAlarm | None:
    found: Any = DriftAlarm.objects.select_for_update(of=("self",))
    alarm: DriftAlarm | None = found.filter(queue_id=queue_id, family=family, closed_at__isnull=True).first()
    return alarm


def _write(alarm: DriftAlarm, told: Sequence[Told], blocks: int | None, now: datetime) -> None:
    earliest = min(told, key=lambda one: one.movement.began_at).movement
    alarm.movements = [one.to_dict() for one in told]
    alarm.since_position, alarm.since_at = earliest.position, datetime.fromisoformat(earliest.began_at)
    if blocks is not None:
        alarm.level = level_of(told, blocks, alarm.family == DriftFamily.ERRORS)
    if is_over(told):
        alarm.level, alarm.closed_at = 0.0, now
    alarm.save()
