"""What a lead can do on the model's page: a name, a service, and the sentence that says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import Http404
from django.utils.translation import gettext as _

from feedback.models import Queue, Role
from feedback.selectors import queue_for
from scoring.lifecycle import challenging, services, words
from scoring.lifecycle.challenging import ChallengerEnded, ChallengerRuns, NothingDiffers, TooFewJudged
from scoring.lifecycle.presets import PresetUnknown
from scoring.lifecycle.services import AlarmIsClosed
from scoring.models import Amendment, Challenger, Checkpoint, DriftAlarm, Suspect
from scoring.services.amending import AmendmentInvalid, let_in, roll_back
from scoring.trust.services import let_in as let_judge_in

Person = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it, in a sentence; `well` is False for a refusal, `field` the one that it is about, if it is one."""

    said: str
    well: bool = True
    field: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants what in which queue."""

    queue: Queue
    by: Any
    given: Mapping[str, str]
    now: datetime

    def number(self, name: str) -> int:
        """A number that was posted. What is none does not exist."""
        try:
            return min(max(int(self.given.get(name, "")), -1), 2**62)
        except ValueError as error:
            raise Http404 from error


def do(*, user: Person, slug: str, deed: str, given: Mapping[str, str], now: datetime) -> Done:
    """Do it in a queue that the person leads.

    Raises `Queue.DoesNotExist` for any other, `Http404` for an unknown deed, and `DoesNotExist` for what is not the
    queue's.
    """
    queue = queue_for(user, slug, Role.LEAD)
    if deed not in _DEEDS:
        raise Http404
    try:
        return _DEEDS[deed](Order(queue, user, given, now))
    except AlarmIsClosed:
        return Done(_("This alarm has closed by itself."), well=False)
    except (AmendmentInvalid, ChallengerRuns, ChallengerEnded, NothingDiffers, TooFewJudged) as refusal:
        return Done(str(refusal), well=False)
    except PresetUnknown:
        return Done(_("Choose what the challenger should try."), well=False)


def _acknowledge(order: Order) -> Done:
    alarm = DriftAlarm.objects.get(queue=order.queue, pk=order.number("alarm"))
    services.acknowledge(alarm=alarm, by=order.by, now=order.now)
    return Done(_("Acknowledged. The alarm closes once things have settled."))


def _challenge(order: Order) -> Done:
    challenging.start(queue=order.queue, preset=order.given.get("preset", ""), by=order.by, now=order.now)
    return Done(_("The challenger learns from now on. Nothing that anybody sees has changed."))


def _challenger(order: Order) -> Challenger:
    found = Challenger.objects.select_related("queue", "configuration")
    return found.get(queue=order.queue, pk=order.number("challenger"))


def _promote(order: Order) -> Done:
    challenging.promote(challenger=_challenger(order), by=order.by, now=order.now)
    return Done(_("The challenger is in force. The policy stays as it is; one click takes the model back."))


def _drop(order: Order) -> Done:
    challenging.drop(challenger=_challenger(order), by=order.by, now=order.now)
    return Done(_("The challenger was dropped."))


def _put_in_force(order: Order) -> Done:
    version = order.number("version")
    challenging.put_in_force(queue=order.queue, version=version, by=order.by, now=order.now)
    return Done(_("Configuration %(version)s is in force.") % {"version": version})


def _roll_back(order: Order) -> Done:
    position, note = order.number("position"), order.given.get("note", "").strip()[: Amendment.MAX_NOTE]
    if not Checkpoint.objects.filter(queue=order.queue, position=position).exists():
        raise Checkpoint.DoesNotExist
    if not note:
        return Done(_("Say why: others will ask."), well=False, field="note")
    roll_back(queue=order.queue, to_position=position, note=note, by=order.by, now=order.now)
    where = {"position": words.whole(position)}
    return Done(
        _("The model is taken back to position %(position)s. Verdicts after it are kept, and do not count.") % where
    )


def _let_in(order: Order) -> Done:
    """End a hold. Where the gate made it, that is a lead's word on the judge as well, as on the page about people."""
    hold = Amendment.objects.select_related("queue").get(queue=order.queue, number=order.number("hold"))
    suspect = Suspect.objects.filter(hold=hold).first()
    if suspect is None:
        let_in(hold=hold, by=order.by, now=order.now)
    else:
        let_judge_in(user=order.by, slug=order.queue.slug, suspect_id=suspect.pk, now=order.now)
    return Done(_("The verdicts count again, each at its place."))


_DEEDS: Mapping[str, Callable[[Order], Done]] = {
    "acknowledge": _acknowledge, "challenge": _challenge, "promote": _promote, "drop": _drop,
    "put-in-force": _put_in_force, "roll-back": _roll_back, "let-in": _let_in,
}  # fmt: skip
