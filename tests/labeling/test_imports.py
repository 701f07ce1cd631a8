"""What a web process carries: not the learning libraries that only a worker needs."""

import os
import subprocess
import sys

import pytest

WEB = """
import sys, django
django.setup()
import config.urls, config.wsgi
print(*sorted(name for name in ("modAL", "sklearn", "labeling.querying") if name in sys.modules))
"""


@pytest.fixture(scope="module")
def loaded() -> str:
    """The libraries a web process has loaded, of those it should not."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", WEB], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


class TestAWebProcess:
    def test_it_has_not_imported_modal(self, loaded: str) -> None:
        assert "modAL" not in loaded
        assert "labeling.querying" not in loaded

    def test_it_has_not_imported_scikit_learn(self, loaded: str) -> None:
        assert "sklearn" not in loaded
