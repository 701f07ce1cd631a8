"""Celery: how tasks travel, and everything that happens by the clock."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("alertloop")
app.autodiscover_tasks()
