"""Reasons for a probability."""

import pytest
from hypothesis import given, settings

from scoring.features import AlertFacts, extract
from scoring.learner.registry import BELIEFS, SLOW
from scoring.online_model import ModelConfig, OnlineModel, Reason
from tests.scoring.alerts import TINY, facts, taught, world


@pytest.fixture(scope="module")
def model() -> OnlineModel:
    return taught(ModelConfig(), world(400))


def why(model: OnlineModel, alert: AlertFacts, top: int = 6) -> list[Reason]:
    return model.reasons(alert, extract(alert, model.config), top)


ANGRY = AlertFacts("today 太慢了要退款 order", {"calls": 9.0, "plan": "iron", "noise": 0.5}, 0.5, "rules", "1")


class TestReasons:
    def test_name_the_words_that_speak_for_the_alert(self, model: OnlineModel) -> None:
        heaviest = next(reason for reason in why(model, ANGRY) if reason.kind == "text")
        assert heaviest.contribution > 0.5
        assert set(str(heaviest.value)) <= set("太慢了要退款") and len(str(heaviest.value)) >= 2

    def test_name_number_and_category_with_their_sign(self, model: OnlineModel) -> None:
        found = {reason.name: reason for reason in why(model, ANGRY)}
        assert found["calls"].kind == "number" and found["calls"].contribution > 0.5
        assert found["plan"].value == "iron" and found["plan"].contribution > 0.2

    def test_come_heaviest_first_and_no_more_than_asked_for(self, model: OnlineModel) -> None:
        weights = [abs(reason.contribution) for reason in why(model, ANGRY, top=4)]
        assert len(weights) == 4
        assert weights == sorted(weights, reverse=True)

    def test_do_not_name_what_is_the_same_in_every_alert(self, model: OnlineModel) -> None:
        assert "scorer" not in {reason.kind for reason in why(model, ANGRY, top=50)}

    def test_say_that_a_cold_model_leans_on_the_upstream_score(self) -> None:
        found = why(OnlineModel(ModelConfig()), AlertFacts("hello", {"age": 3}, 0.9, "rules", "1"))
        assert [(reason.kind, reason.name, reason.value) for reason in found] == [("prior", "upstream_score", 0.9)]
        assert found[0].contribution == pytest.approx(0.8)

    def test_of_numbers_and_categories_sum_up_to_the_distance_from_the_average_alert(self, model: OnlineModel) -> None:
        alert = AlertFacts("", ANGRY.features, 0.5, "rules", "1")
        usual = model.weights.dense[0] + sum(model.encoder.usual(model.weights).values())
        usual += (model.weights.dense * model.weights.usual)[SLOW:BELIEFS].sum()
        distance = model.uncalibrated(extract(alert, model.config)) - usual
        assert sum(reason.contribution for reason in why(model, alert, top=99)) == pytest.approx(distance)

    @settings(max_examples=60, deadline=None)
    @given(facts)
    def test_point_at_places_in_the_original_text(self, alert: AlertFacts) -> None:
        taught_model = taught(TINY, [*world(20), (alert, True, 1.0)])
        for reason in why(taught_model, alert, top=99):
            for start, end in reason.spans:
                assert 0 <= start < end <= len(alert.text)
                assert reason.kind == "text"


class TestHighlights:
    def test_cover_whole_english_words(self) -> None:
        model = OnlineModel(ModelConfig())
        for _ in range(5):
            model.learn(extract(AlertFacts("refund now", {}, None, "r", "1"), model.config), True)
            model.learn(extract(AlertFacts("thanks mate", {}, None, "r", "1"), model.config), False)
        alert = AlertFacts("THANKS, I want a refund", {}, None, "r", "1")
        marked = [(alert.text[one.start : one.end], one.strength > 0) for one in highlights(model, alert)]
        assert marked == [("THANKS", False), ("refund", True)]

    @settings(max_examples=60, deadline=None)
    @given(facts)
    def test_are_in_order_apart_and_inside_the_text(self, alert: AlertFacts) -> None:
        found = highlights(taught(TINY, [*world(20), (alert, True, 1.0)]), alert)
        edges = [edge for one in found for edge in (one.start, one.end)]
        assert edges == sorted(edges)
        assert not edges or (edges[0] >= 0 and edges[-1] <= len(alert.text))

    def test_find_their_place_in_a_text_that_was_shortened(self, model: OnlineModel) -> None:
        alert = AlertFacts("x " * 5_000 + "太慢了要退款", {}, None, "rules", "1")
        assert any(alert.text[one.start : one.end] in "太慢了要退款" for one in highlights(model, alert))


def highlights(model: OnlineModel, alert: AlertFacts) -> list:  # type: ignore[type-arg]
    return model.highlights(alert, extract(alert, model.config))
