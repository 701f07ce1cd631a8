"""What the environment decides, and that the operator's page tells all of it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BASE_DIR, Environment

SECURE = "from config import settings as s; print(s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0)"


def python(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that does not know it is tested."""
    of_tests = {"PYTEST_VERSION", "DJANGO_ALLOW_ASYNC_UNSAFE"}  # the second is for the browser's event loop
    inherited = {name: value for name, value in os.environ.items() if name not in of_tests}
    inherited |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run(
        [sys.executable, *command],
        env=inherited | environment,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def default_of(name: str) -> str:
    default = Environment.model_fields[name].default
    if isinstance(default, Path):
        default = default.relative_to(BASE_DIR)
    return "" if default in ("", ()) else f"`{default}`"


class TestTheOperatorsPage:
    @pytest.mark.parametrize("name", Environment.model_fields)
    def test_it_has_every_setting_with_its_default_and_meaning(self, name: str) -> None:
        row = f"| `{name}` | {default_of(name)} | {Environment.model_fields[name].description} |"
        _, settings = (BASE_DIR / "docs/operating.md").read_text().split("\n## Settings\n")
        assert row in settings.partition("\n## ")[0].splitlines()

    @pytest.mark.parametrize("process", ["gunicorn --config", "config worker", "config beat", "migrate"])
    def test_it_says_what_runs(self, process: str) -> None:
        _, runs = (BASE_DIR / "docs/operating.md").read_text().split("\n## What runs\n")
        assert process in runs.partition("\n## ")[0]


class TestASecretKey:
    def test_it_is_made_once_and_kept_from_others(self, tmp_path: Path) -> None:
        show = "import config.settings as s; print(s.SECRET_KEY)"
        first, second = (python("-c", show, SECRET_KEY="", ALERTLOOP_DATA=str(tmp_path)).stdout for _ in range(2))
        assert len(first.strip()) >= 50
        assert first == second
        assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


class TestAPublicAddress:
    def test_https_makes_cookies_secure_and_tells_browsers_to_stay(self) -> None:
        assert python("-c", SECURE, PUBLIC_URL="https://alerts.example.com").stdout.split() == ["True", "True"]

    def test_without_https_a_login_on_this_machine_works(self) -> None:
        assert python("-c", SECURE, PUBLIC_URL="").stdout.split() == ["False", "False"]

    def test_production_passes_every_deployment_check_of_django(self) -> None:
        done = python(
            "manage.py", "check", "--deploy", "--fail-level", "WARNING",
            PUBLIC_URL="https://alerts.example.com", SECRET_KEY="abcdefghi" * 8,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def test_a_setting_of_the_wrong_kind_is_named(self) -> None:
        done = python("-c", "import config.settings", PORT="many")
        assert done.returncode != 0
        assert "PORT" in done.stderr
