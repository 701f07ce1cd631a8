"""What the operator's probes read."""

from django.db import models


class Heartbeat(models.Model):
    """When something that should run all the time last did, such as the background worker."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.beat_at:%Y-%m-%d %H:%M:%S}"
