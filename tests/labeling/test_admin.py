"""What an administrator may do with questions: plan them, and look."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from labeling.models import Question, QuestionPlan
from labeling.services import claim_next
from tests.factories import NOON


@pytest.fixture
def admin(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


class TestTheAdmin:
    def test_a_plan_is_made_for_a_queue(self, admin: Client, question: Question) -> None:
        form = {
            "queue": question.queue_id, "strategy": "random", "open_questions": 5, "random_share": 0.5, "overlap": 2,
            "second_look_share": 0.1, "double_share": 0, "lease_seconds": 60, "daily_goal": 30,
        }  # fmt: skip
        assert admin.post("/admin/labeling/questionplan/add/", form).status_code == 302
        assert QuestionPlan.objects.get().strategy == "random"

    @pytest.mark.parametrize(("name", "value"), [("random_share", 1.5), ("overlap", 0), ("lease_seconds", 1)])
    def test_a_plan_that_cannot_work_is_refused(
        self, admin: Client, question: Question, name: str, value: float
    ) -> None:
        form = {
            "queue": question.queue_id, "strategy": "mixed", "open_questions": 5, "random_share": 0.5, "overlap": 1,
            "second_look_share": 0.1, "double_share": 0, "lease_seconds": 60, "daily_goal": 30, name: value,
        }  # fmt: skip
        assert name in admin.post("/admin/labeling/questionplan/add/", form).context["adminform"].form.errors
        assert not QuestionPlan.objects.exists()

    def test_questions_and_who_held_them_are_there_to_look_at(
        self, admin: Client, ada: User, question: Question
    ) -> None:
        claim_next(queue=question.queue, labeler=ada, now=NOON)
        assert admin.get("/admin/labeling/question/").status_code == 200
        page = admin.get(f"/admin/labeling/question/{question.pk}/change/").content.decode()
        assert "held" in page
        assert 'name="_save"' not in page
