"""What the product measures about itself, for Prometheus."""

import os
from collections.abc import Iterator

from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import REGISTRY, GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ops import selectors

__all__ = ["CONTENT_TYPE", "exposition"]


class ReadinessCollector(Collector):
    """The checks of /readyz as a gauge each."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family, `alertloop_ready`, with a label `check`; 1 means passed."""
        family = GaugeMetricFamily("alertloop_ready", "Whether a readiness check passes.", labels=["check"])
        try:
            for name, check in selectors.readiness(timezone.now()).items():
                family.add_metric([name], float(check.ok))
        except DatabaseError:
            family.add_metric(["database"], 0.0)
        yield family


def exposition() -> bytes:
    """All metrics as text: summed over the processes that share PROMETHEUS_MULTIPROC_DIR, or of this process alone."""
    registry = CollectorRegistry()
    registry.register(ReadinessCollector())
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(registry) + generate_latest(REGISTRY)
