"""Rebuilding a model from nothing but the ledger, and checking what the checkpoints say."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from feedback.models import Queue, Scorer, Value
from scoring.models import Checkpoint
from scoring.online_model import OnlineModel
from scoring.services import learn
from scoring.services.rebuilding import rebuild
from tests.factories import NOON, judge, raise_alert


@pytest.fixture
def learnt(queue: Queue, upstream: Scorer, rhea: User) -> Queue:
    """A queue whose worker kept a checkpoint at 2, with two verdicts after it."""
    for number in range(4):
        judge(
            raise_alert(queue, upstream, f"alert {number}"),
            rhea,
            Value.ACCURATE if number % 2 else Value.FALSE_POSITIVE,
        )
        if number == 1:
            learn(queue_id=queue.pk, now=NOON)
    return queue


class TestVerify:
    def test_checkpoints_and_the_served_model_agree_with_the_ledger(self, learnt: Queue) -> None:
        rebuilt = rebuild(queue=learnt, verify=True, now=NOON)
        assert (rebuilt.position, rebuilt.compared, rebuilt.differing) == (4, 2, ())

    def test_it_finds_a_checkpoint_that_lies(self, learnt: Queue) -> None:
        Checkpoint.objects.update(model_digest="0" * 64)
        assert rebuild(queue=learnt, verify=True, now=NOON).differing == (2,)

    def test_it_writes_nothing(self, learnt: Queue) -> None:
        rebuild(queue=learnt, verify=True, now=NOON)
        assert Checkpoint.objects.count() == 1

    def test_the_command_fails_loudly(self, learnt: Queue) -> None:
        Checkpoint.objects.update(model_digest="0" * 64)
        with pytest.raises(CommandError, match="without --verify"):
            call_command("rebuild_model", learnt.slug, "--verify")

    def test_the_command_passes_quietly(self, learnt: Queue, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("rebuild_model", learnt.slug, "--verify")
        assert "2 checkpoints compared, 0 differ" in capsys.readouterr().out


def refuse(_model: OnlineModel) -> bytes:
    raise OSError("the disk is full")


class TestRebuild:
    def test_the_checkpoints_are_replaced(self, learnt: Queue) -> None:
        rebuilt = rebuild(queue=learnt, verify=False, now=NOON)
        row = Checkpoint.objects.get()
        assert (row.position, row.model_digest) == (4, rebuilt.digest)

    def test_what_fails_while_it_writes_leaves_the_old_checkpoints(
        self, learnt: Queue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(OnlineModel, "dump", refuse)
        with pytest.raises(OSError, match="disk"):
            rebuild(queue=learnt, verify=False, now=NOON)
        assert Checkpoint.objects.get().position == 2

    def test_an_unknown_queue_is_named_with_those_that_exist(self, learnt: Queue) -> None:
        with pytest.raises(CommandError, match=f"no queue “nope”.*{learnt.slug}"):
            call_command("rebuild_model", "nope")
