"""The operations app."""

from django.apps import AppConfig


class OpsConfig(AppConfig):
    """Probes, metrics, heartbeat and request ids."""

    name = "ops"
    label = "ops"
