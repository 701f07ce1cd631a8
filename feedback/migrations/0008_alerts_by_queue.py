from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index of a queue's alerts moves from the table that is rewritten to the one that never is; nobody waits."""

    atomic = False

    dependencies = [
        ('feedback', '0007_checks_of_labelers'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='alert',
            index=models.Index(fields=['queue', 'id'], name='alert_queue'),
        ),
        RemoveIndexConcurrently(
            model_name='openalert',
            name='open_alert_queue',
        ),
    ]
