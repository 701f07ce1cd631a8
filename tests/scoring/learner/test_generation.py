"""The slow model: boosted trees as arrays, trained with cross-fitting."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.features import AlertFacts, extract
from scoring.learner import generation as generations
from scoring.learner.checkpoint_format import CheckpointCorrupt
from scoring.learner.generation import Generation, TrainingLesson, train
from scoring.learner.stance import STANCES, Stance
from scoring.online_model import ModelConfig, OnlineModel
from tests.scoring.alerts import TINY, facts, world

CONFIG = replace(ModelConfig(), slow_trees=12)


def lessons_of(count: int, seed: int = 0) -> list[TrainingLesson]:
    """The small world's alerts, some of them with a value missing."""
    return [
        TrainingLesson(extract(replace(alert, features=_holes(alert, number)), CONFIG), label)
        for number, (alert, label, _) in enumerate(world(count, seed))
    ]


def _holes(alert: AlertFacts, number: int) -> dict[str, object]:
    return {**alert.features, "calls": None} if number % 5 == 0 else dict(alert.features)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def lessons() -> list[TrainingLesson]:
    return lessons_of(300)


@pytest.fixture(scope="module")
def generation(lessons: list[TrainingLesson]) -> Generation:
    return train(lessons, CONFIG)


class TestAGeneration:
    def test_says_what_scikit_learn_says(self, lessons: list[TrainingLesson], generation: Generation) -> None:
        ensemble = pytest.importorskip("sklearn.ensemble")
        share = max(CONFIG.slow_columns, CONFIG.slow_least_columns / generation.table.width)
        boosting = ensemble.HistGradientBoostingClassifier(
            max_iter=CONFIG.slow_trees, learning_rate=CONFIG.slow_rate, max_leaf_nodes=16,
            min_samples_leaf=CONFIG.slow_leaf, l2_regularization=CONFIG.slow_l2, max_features=min(1.0, share),
            early_stopping=False, random_state=0,
        )  # fmt: skip
        rows = generation.table.matrix([one.features for one in lessons])
        boosting.fit(rows, [one.label for one in lessons])
        ours = 1 / (1 + np.exp(-generation.log_odds_many([one.features for one in lessons])))
        assert np.abs(ours - boosting.predict_proba(rows)[:, 1]).max() < 1e-6

    @pytest.mark.parametrize("number", [0, 1, 77, 299])
    def test_is_trained_where_one_alert_alone_has_a_feature(self, lessons: list[TrainingLesson], number: int) -> None:
        rare = replace(lessons[number].features, numbers=(*lessons[number].features.numbers, ("seats", 12.0)))
        given = [*lessons[:number], replace(lessons[number], features=rare), *lessons[number + 1 :]]
        made = train(given, CONFIG)
        assert "seats" in made.table.names
        assert made.log_odds(rare) == made.log_odds(lessons[number].features)  # one alert is no ground to stand on

    def test_is_trained_where_nobody_who_counts_has_a_feature(self, lessons: list[TrainingLesson]) -> None:
        rare = replace(lessons[5].features, numbers=(*lessons[5].features.numbers, ("seats", 12.0)))
        given = [*lessons[:5], replace(lessons[5], features=rare, weight=0.0), *lessons[6:]]
        assert np.isfinite(train(given, CONFIG).log_odds(rare))

    def test_is_the_same_whenever_it_is_trained_on_the_same(
        self, lessons: list[TrainingLesson], generation: Generation
    ) -> None:
        assert train(lessons, CONFIG).dump() == generation.dump()

    def test_comes_back_from_its_bytes(self, lessons: list[TrainingLesson], generation: Generation) -> None:
        loaded = Generation.load(generation.dump())
        assert (loaded.dump(), loaded.digest(), loaded.learnt) == (generation.dump(), generation.digest(), 300)
        assert [loaded.log_odds(one.features) for one in lessons] == [
            generation.log_odds(one.features) for one in lessons
        ]

    def test_says_the_same_of_many_as_of_one(self, lessons: list[TrainingLesson], generation: Generation) -> None:
        many = generation.log_odds_many([one.features for one in lessons])
        assert many.tolist() == pytest.approx([generation.log_odds(one.features) for one in lessons], abs=1e-9)

    @settings(max_examples=60, deadline=None)
    @given(facts)
    def test_takes_any_alert(self, generation: Generation, alert: AlertFacts) -> None:
        assert -8.0 <= generation.log_odds(extract(alert, CONFIG)) <= 8.0

    def test_puts_what_it_says_down_to_features(self, lessons: list[TrainingLesson], generation: Generation) -> None:
        said = np.array([generation.log_odds(one.features) for one in lessons])
        parts = np.array([sum(generation.parts(one.features).values()) for one in lessons])
        assert np.ptp(said - parts) < 1e-9
        weights = {name: abs(part) for name, part in generation.parts(lessons[1].features).items()}
        assert max(weights["calls"], weights["plan"]) > weights["noise"]

    def test_of_one_label_only_is_the_base_rate(self, lessons: list[TrainingLesson]) -> None:
        one_sided = [TrainingLesson(one.features, True) for one in lessons[:60]]
        made = train(one_sided, CONFIG)
        assert made.log_odds(lessons[0].features) == made.log_odds(lessons[1].features) > 3

    def test_learns_nothing_from_a_label_that_weighs_nothing(self, lessons: list[TrainingLesson]) -> None:
        turned = [replace(one, label=not one.label, weight=0.0) for one in lessons[:40]]
        rest = lessons[40:]
        assert (
            train([*turned, *rest], CONFIG).trees.leaves.tobytes()
            == train([*(replace(one, weight=0.0) for one in lessons[:40]), *rest], CONFIG).trees.leaves.tobytes()
        )


class TestCrossFitting:
    def test_never_asks_trees_that_saw_the_row(self, lessons: list[TrainingLesson], generation: Generation) -> None:
        for row in (0, 7, 123):
            turned = list(lessons)
            turned[row] = replace(lessons[row], label=not lessons[row].label)
            crossed = train(turned, CONFIG).crossed
            assert crossed[row] == generation.crossed[row]
            assert (crossed != generation.crossed).any()

    def test_covers_the_newest_that_the_model_remembers(self, lessons: list[TrainingLesson]) -> None:
        made = train(lessons, replace(CONFIG, memory=100))
        assert len(made.crossed) == 100
        assert made.crossed_at(199) is None and made.crossed_at(300) is None
        assert (made.crossed_at(200), made.crossed_at(299)) == (made.crossed[0], made.crossed[-1])


class TestMilestones:
    def test_begin_early_and_grow_by_a_share(self) -> None:
        found = generations.milestones(1_000_000)
        assert found[0] == generations.FIRST
        assert all(1.05 < after / before < 1.5 for before, after in itertools.pairwise(found))
        assert all(generations.is_due(count) for count in found) and not generations.is_due(found[0] + 1)


class TestStoredBytes:
    @settings(max_examples=150, deadline=None)
    @given(st.data())
    def test_that_were_damaged_are_refused(self, generation: Generation, data: st.DataObject) -> None:
        damaged = bytearray(generation.dump())
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
        with pytest.raises(CheckpointCorrupt):
            Generation.load(bytes(damaged))

    @given(st.binary(max_size=300))
    def test_that_are_anything_else_are_refused(self, anything: bytes) -> None:
        with pytest.raises(CheckpointCorrupt):
            Generation.load(anything)


class TestAdoption:
    @pytest.mark.parametrize(
        ("stance", "temper"), [*((stance, 0.0) for stance in STANCES), (Stance(0.371, 0.029), 4.0)]
    )
    def test_survives_storage_at_any_point(self, stance: Stance, temper: float) -> None:
        given_, config = world(70), replace(TINY, stance_temper=temper)
        whole, halved = OnlineModel(config), OnlineModel(config)
        made = train([TrainingLesson(extract(alert, config), label) for alert, label, _ in given_[:50]], config)
        for number, (alert, label, weight) in enumerate(given_, start=1):
            for model in (whole, halved):
                model.learn(extract(alert, config), label, weight, key=number)
                if number == 53:
                    model.adopt(Generation.load(made.dump()))
                    model.encoder.stance = stance
            halved = OnlineModel.load(config, halved.dump())
        assert halved.dump() == whole.dump()
        assert whole.passport()["generation"] == {"learnt": 50, "digest": made.digest()}

    def test_gives_remembered_lessons_the_cross_fitted_log_odds(self, lessons: list[TrainingLesson]) -> None:
        model = OnlineModel(CONFIG)
        for one in lessons[:60]:
            model.learn(one.features, one.label)
        made = train(lessons[:50], CONFIG)
        model.adopt(made)
        slow = [lesson.row.beliefs[0] for lesson in model.memory.in_order(60)]
        assert slow[:50] == made.crossed.tolist()
        assert slow[50:] == [made.log_odds(one.features) for one in lessons[50:60]]

    def test_refuses_a_generation_that_is_ahead(self, generation: Generation) -> None:
        model = OnlineModel(CONFIG)
        with pytest.raises(ValueError, match="ahead"):
            model.adopt(generation)

    def test_makes_an_interaction_rankable(self) -> None:
        draw = np.random.default_rng(1)
        rows = draw.random((400, 2))
        alerts = [extract(AlertFacts("", {"a": float(a), "b": float(b)}, None, "r", "1"), CONFIG) for a, b in rows]
        labels = (rows[:, 0] > 0.5) ^ (rows[:, 1] > 0.5)
        model = OnlineModel(CONFIG)
        for alert, label in zip(alerts[:300], labels, strict=False):
            model.learn(alert, bool(label))
        model.adopt(train([TrainingLesson(a, bool(y)) for a, y in zip(alerts[:300], labels, strict=False)], CONFIG))
        right = [(model.predict(alert) > 0.5) == label for alert, label in zip(alerts[300:], labels[300:], strict=True)]
        assert np.mean(right) > 0.8
