"""Configurations of an older format have no learner any more: each queue gets one with today's defaults.

What other queues taught it is kept. The worker then folds the ledger anew. A challenger that still runs is dropped:
it learnt what no code reads now.
"""

from dataclasses import replace

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Max
from django.utils import timezone

from scoring.learner.model_config import FORMAT, ModelConfig

KEPT = ("experience_intercept", "experience_gain", "experience_verdicts")


def renew(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Freeze a new configuration for every queue whose configuration in force is of another format."""
    configurations = apps.get_model("scoring", "ModelConfiguration").objects
    amendments = apps.get_model("scoring", "Amendment").objects
    challengers = apps.get_model("scoring", "Challenger").objects
    for queue in configurations.values_list("queue_id", flat=True).distinct().order_by("queue_id"):
        mine = configurations.filter(queue_id=queue)
        appointment = amendments.filter(queue_id=queue, kind="appoint").order_by("-number").first()
        in_force = appointment.configuration if appointment else mine.filter(reign="at_once").order_by("-version").first()
        if in_force is None or in_force.parameters.get("version") == FORMAT:
            continue
        challengers.filter(queue_id=queue, ended_at=None).update(ended="dropped", ended_at=timezone.now())
        kept = {name: in_force.parameters[name] for name in KEPT if name in in_force.parameters}
        made = configurations.create(
            queue_id=queue,
            version=mine.aggregate(newest=Max("version"))["newest"] + 1,
            parameters=replace(ModelConfig(), **kept).to_dict(),
            experience_queues=in_force.experience_queues,
        )
        if appointment:
            amendments.create(
                queue_id=queue,
                number=amendments.filter(queue_id=queue).aggregate(newest=Max("number"))["newest"] + 1,
                kind="appoint",
                since=appointment.since,
                configuration=made,
                created_at=timezone.now(),
            )


class Migration(migrations.Migration):
    dependencies = [("scoring", "0014_challengers")]

    operations = [migrations.RunPython(renew, migrations.RunPython.noop)]
