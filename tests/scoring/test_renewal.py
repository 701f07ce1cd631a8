"""An upgrade: a queue whose configuration no learner reads any more gets a new one, and keeps what it was told."""

import importlib

import pytest
from django.apps import apps

from feedback.models import Queue
from scoring.fold import configuration_of
from scoring.learner.model_config import FORMAT, ConfigInvalid, ModelConfig
from scoring.models import Amendment, Challenger, ModelConfiguration, Reign
from scoring.replica import replica_of
from scoring.services.amending import appoint
from tests.factories import NOON

OLD = {"version": 2, "experience_gain": 1.5, "experience_verdicts": 60.0, "calibration_drift": 1e-3}


def renew() -> None:
    importlib.import_module("scoring.migrations.0015_a_text_model_in_generations").renew(apps, None)


def test_an_old_configuration_has_no_model(queue: Queue) -> None:
    ModelConfiguration.objects.create(queue=queue, version=1, parameters=OLD)
    with pytest.raises(ConfigInvalid, match="format 2"), replica_of(queue.pk).hold():
        pass


def test_a_queue_gets_a_new_one_with_its_experience(queue: Queue) -> None:
    ModelConfiguration.objects.create(queue=queue, version=1, parameters=OLD, experience_queues=3)
    renew()
    made = configuration_of(queue.pk)
    assert (made.version, made.experience_queues, made.parameters["version"]) == (2, 3, FORMAT)
    assert ModelConfig.from_dict(made.parameters).experience_gain == 1.5
    assert ModelConfig.from_dict(made.parameters).calibration_drift == ModelConfig().calibration_drift
    with replica_of(queue.pk).hold() as belief:
        assert belief.config.experience_verdicts == 60.0


def test_an_appointed_one_is_succeeded_by_appointment(queue: Queue) -> None:
    configuration_of(queue.pk)
    old = ModelConfiguration.objects.create(queue=queue, version=2, parameters=OLD, reign=Reign.ON_TRIAL)
    Challenger.objects.create(queue=queue, configuration=old, preset="bolder", started_at=NOON)
    appoint(queue=queue, configuration=old, by=None, now=NOON)
    renew()
    assert configuration_of(queue.pk).version == 3
    assert Amendment.objects.filter(queue=queue).count() == 2
    assert Challenger.objects.get().ended == "dropped"


def test_who_is_up_to_date_is_left_alone(queue: Queue) -> None:
    configuration_of(queue.pk)
    renew()
    assert ModelConfiguration.objects.filter(queue=queue).count() == 1
