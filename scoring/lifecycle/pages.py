"""The model's page as its template reads it: what is known, put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.translation import gettext as _

from feedback.models import Queue, Role
from feedback.naming import Names
from feedback.selectors import names_of, queue_for
from scoring.lifecycle import selectors, words
from scoring.lifecycle.presets import changed
from scoring.lifecycle.selectors import Contest, Learner, Past
from scoring.models import Challenger, Checkpoint, DriftAlarm, ModelConfiguration

Person = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True, slots=True)
class Line:
    """A name and its value, with a note where there is more to say."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """A drift alarm in words. A movement: what moved, how it ended, and the key of the feature, where it is one's."""

    alarm: DriftAlarm
    title: str
    movements: list[tuple[str, str, str]]
    more: int


@dataclass(frozen=True, slots=True)
class CheckpointLine:
    """A checkpoint, and the AUC of the thousand positions before it.

    `in_force`: the model stands there now. `held_back`: the verdicts before it do not count, so there is no way there
    but to let them in again.
    """

    checkpoint: Checkpoint
    auc: str
    in_force: bool
    held_back: bool


@dataclass(frozen=True, slots=True)
class ConfigurationLine:
    """A configuration that has been in force or on trial, and how it differs from the one in force."""

    name: str
    version: int
    day: datetime
    differs: str
    in_force: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What a challenger could try. `differs` is empty where it is what is in force."""

    key: str
    name: str
    about: str
    differs: str


@dataclass(frozen=True, slots=True)
class ModelPage:
    """The page of a queue's model."""

    queue: Queue
    headline: str
    passport: list[Line]
    memory: list[Line]
    alarms: list[AlarmLine]
    past_alarms: list[AlarmLine]
    learner: Learner
    past: Past
    contest: Contest
    comparison: list[Line]
    contest_name: str
    differences: list[tuple[str, str, str]]
    offers: list[Offer]
    configurations: list[ConfigurationLine]
    tried: list[ConfigurationLine]
    standing: str
    checkpoints: list[CheckpointLine]
    failed: str


def model_page(*, user: Person, slug: str, now: datetime) -> ModelPage:
    """The page of a queue that the person leads. Raises `Queue.DoesNotExist` for any other."""
    queue = queue_for(user, slug, Role.LEAD)
    learner, contest = selectors.learner_of(queue.pk), selectors.contest_of(queue.pk)
    past = selectors.past_of(queue.pk, learner.passport["generation"])
    alarms = [_alarm_line(alarm, names_of(queue)) for alarm in selectors.alarms_of(queue.pk, closed=True)]
    return ModelPage(
        queue,
        _headline(queue, learner, [one for one in alarms if one.alarm.closed_at is None]),
        _passport(learner),
        _memory(learner),
        [one for one in alarms if one.alarm.closed_at is None],
        [one for one in alarms if one.alarm.closed_at is not None],
        learner,
        past,
        contest,
        _comparison(contest),
        _name(contest.challenger.configuration) if contest.challenger else "",
        [(name, words.plain(own), words.plain(champions)) for name, champions, own in contest.changed],
        _offers(contest),
        [_configuration(one, past.in_force) for one in past.reigned],
        [_configuration(one.configuration, past.in_force, one) for one in contest.dropped],
        words.standing(past.counted_to(_head(learner)), _head(learner)),
        _checkpoints(past, _head(learner)),
        words.failed_training(learner.failed, learner.passport["generation"]) if learner.failed else "",
    )


def _head(learner: Learner) -> int:
    """The ledger's head, as the model's page knows it."""
    return learner.position + learner.behind


def _checkpoints(past: Past, head: int) -> list[CheckpointLine]:
    """Where the model can be taken back to, where it stands, and where only letting in again leads."""
    found = []
    for one in past.checkpoints:
        held_back = past.counted_to(one.position) != one.position
        in_force = not held_back and one.position == past.counted_to(head)
        found.append(CheckpointLine(one, words.auc(past.auc.get(one.position)), in_force, held_back))
    return found


def _offers(contest: Contest) -> list[Offer]:
    """The presets, each with what it would change."""
    return [
        Offer(key, name, about, words.changes(contest.offers[key]))
        for key, name, about in words.presets()
        if key in contest.offers
    ]


def _name(configuration: ModelConfiguration) -> str:
    challenger = getattr(configuration, "challenger", None)
    return words.configuration_name(configuration.version, challenger.preset if challenger else "")


def _configuration(
    one: ModelConfiguration, in_force: ModelConfiguration, ended: Challenger | None = None
) -> ConfigurationLine:
    """A configuration beside the one in force: when it was frozen, or when its contest ended."""
    differs = words.changes(changed(in_force.parameters, one.parameters))
    if ended is None:
        return ConfigurationLine(_name(one), one.version, one.created_at, differs, one.pk == in_force.pk)
    return ConfigurationLine(_name(one), one.version, ended.ended_at or ended.started_at, differs)


def _headline(queue: Queue, learner: Learner, alarms: list[AlarmLine]) -> str:
    """What a lead should know first."""
    if learner.stale:
        return _("%(queue)s: verdicts are being unlearnt; the last good model serves") % {"queue": queue.title}
    if alarms:
        return _("%(queue)s: something has changed") % {"queue": queue.title}
    if learner.failed:
        return _("%(queue)s: the slow model could not be trained") % {"queue": queue.title}
    if not learner.passport["learnt"]:
        return _("%(queue)s: nothing learnt yet") % {"queue": queue.title}
    if learner.held_back:
        held = {"queue": queue.title, "held": words.held_back(learner.held_back)}
        return _("%(queue)s: %(held)s") % held
    return _("%(queue)s: the model is up to date and nothing has drifted") % {"queue": queue.title}


def _passport(learner: Learner) -> list[Line]:
    """The model in a few lines."""
    position = words.whole(learner.position)
    all_in = "" if learner.held_back else _("every verdict is in")
    behind = words.behind(learner.behind) if learner.behind else all_in
    return [
        Line(_("Ledger position"), position, behind),
        Line(_("Labels learnt"), words.whole(learner.passport["learnt"]), words.held_back(learner.held_back)),
        Line(_("Slow generation"), *words.generation(learner.passport["generation"], learner.report)),
        Line(_("Configuration"), *words.configuration(learner.version, learner.changed)),
        Line(_("Prior"), *words.prior(learner.passport, learner.experience_queues)),
    ]


def _memory(learner: Learner) -> list[Line]:
    """How much room the model takes, and the bound."""
    return [
        Line(_("In each process"), words.size(learner.bytes_held), _("bound: 60 MB, however many verdicts there are")),
        Line(
            _("Checkpoints"),
            words.size(learner.checkpoint_bytes),
            _("%(count)s kept, the newest %(size)s")
            % {"count": words.whole(learner.checkpoints), "size": words.size(learner.newest_checkpoint_bytes)},
        ),
    ]


def _comparison(contest: Contest) -> list[Line]:
    """How the challenger does beside the champion."""
    found = contest.comparison
    if found is None:
        return []
    return [
        Line(_("AUC"), words.difference(found.auc, 3), words.verdict(found.auc, higher_is_better=True)),
        Line(_("Log loss"), words.difference(found.log_loss, 3), words.verdict(found.log_loss, higher_is_better=False)),
    ]


def _alarm_line(alarm: DriftAlarm, names: Names) -> AlarmLine:
    told: list[dict[str, Any]] = alarm.movements
    shown = [
        (words.what_moved(one, names), words.ended_text(one["ended"]), words.feature_key(one["feature"]))
        for one in told[: words.SHOWN]
    ]
    return AlarmLine(alarm, words.family_title(alarm), shown, max(0, len(told) - words.SHOWN))
