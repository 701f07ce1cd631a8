"""A lead on the model's page: an alarm, a challenger, and the way back."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from feedback.models import Queue, Scorer
from scoring.models import DriftAlarm
from tests.scoring.lifecycle.test_pages import alarm, taught

__all__ = ["alarm", "taught"]
SHOTS = os.environ.get("SCREENSHOTS")  # a folder: what the page looks like is kept there


@pytest.mark.django_db(transaction=True)
class TestTheModelsPage:
    def test_an_alarm_is_seen_and_a_challenger_started_and_dropped(
        self, enter: Callable[[User, str], Page], taught: Queue, upstream: Scorer, alarm: DriftAlarm, lena: User
    ) -> None:
        page = enter(lena, f"/lead/{taught.slug}/model/")
        _shoot(page, "alarm")
        page.get_by_role("button", name="I have seen this").click()
        expect(page.get_by_text("Seen by Lena")).to_be_visible()
        page.get_by_label("Forget faster").check()
        page.get_by_role("button", name="Start a challenger").click()
        expect(page.get_by_text("learns beside the model in force")).to_be_visible()
        _shoot(page, "challenger")
        page.get_by_role("button", name="Drop it").click()
        expect(page.get_by_role("button", name="Start a challenger")).to_be_visible()


def _shoot(page: Page, name: str) -> None:
    """Phone and desktop, both themes."""
    if SHOTS:
        for theme in ("light", "dark"):
            for width in (390, 1280):
                page.emulate_media(color_scheme=theme)
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=Path(SHOTS) / f"{name}-{theme}-{width}.png", full_page=True)
