"""The text model of a generation: weights of n-grams, cross-fitted, and believed as far as verdicts agree."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from scoring.features import AlertFacts, Features, extract
from scoring.learner.generation import Generation, TrainingLesson, train
from scoring.learner.words import MANY, Words, train_words
from scoring.online_model import ModelConfig, OnlineModel

CONFIG = replace(ModelConfig(), slow_trees=3)
ACCURATE = ("late again and cold", "cold food", "please refund me", "too slow")
SAID = (*ACCURATE, "so kind", "thank you", "all is well", "nice")


def alert(text: str) -> Features:
    return extract(AlertFacts(text, {}, 0.5, "rules", "1"), CONFIG)


def talk(count: int, flipped: float = 0.0, seed: int = 1) -> list[TrainingLesson]:
    """Alerts of two phrases of which the first decides, a share of the verdicts turned round."""
    draw = np.random.default_rng(seed)
    lessons = []
    for _ in range(count):
        first, second = draw.choice(SAID), draw.choice(["today", "yesterday", "this week", "hello"])
        wrong = bool(draw.random() < flipped)
        lessons.append(TrainingLesson(alert(f"{first}, {second}"), (first in ACCURATE) != wrong))
    return lessons


def untold(count: int) -> list[TrainingLesson]:
    """Every text has words of its own, and the verdict does not depend on them."""
    draw = np.random.default_rng(3)
    return [TrainingLesson(alert(f"word{n} other{n}"), bool(draw.random() < 0.5)) for n in range(count)]


def words_of(lessons: list[TrainingLesson]) -> Words:
    labels = np.array([one.label for one in lessons])
    return train_words([one.features for one in lessons], labels, np.ones(len(labels)), np.zeros(len(labels)), CONFIG)


def said_by(words: Words, features: Features) -> float:
    known = dict(zip(words.slots.tolist(), words.weights.tolist(), strict=True))
    return sum(known.get(slot, 0.0) for slot in features.text_ids.tolist()) * features.text_value


class TestWords:
    def test_tell_what_was_said(self) -> None:
        words = words_of(talk(300))
        assert said_by(words, alert("cold food")) > 1.0 > -1.0 > said_by(words, alert("thank you"))

    def test_cross_fitted_log_odds_come_from_weights_that_have_not_seen_the_text(self) -> None:
        told, lessons = talk(300), untold(60)
        words, labels = words_of([*told, *lessons]), [one.label for one in lessons]
        assert len(words.crossed) == 360
        assert roc_auc_score(labels, [said_by(words, one.features) for one in lessons]) > 0.9
        assert 0.3 < roc_auc_score(labels, words.crossed[300:]) < 0.7
        assert roc_auc_score([one.label for one in told], words.crossed[:300]) > 0.9

    def test_are_none_where_texts_foretell_nothing(self) -> None:
        assert not len(words_of(untold(200)).slots)

    def test_believe_verdicts_less_where_they_contradict_each_other(self) -> None:
        agreed, contested = words_of(talk(400)), words_of(talk(400, flipped=0.3))
        assert contested.strength < agreed.strength
        assert contested.boldness < agreed.boldness <= 1.0 == Words.none().boldness

    def test_leave_out_what_stands_in_one_text_only_once_there_are_many(self) -> None:
        once = alert("unheardof")
        few, many = talk(MANY - 2), talk(MANY + 20)
        assert said_by(words_of([*few, TrainingLesson(once, True)]), once) > 0
        assert said_by(words_of([*many, TrainingLesson(once, True)]), once) == 0

    def test_do_without_a_fold_that_holds_all_of_one_label(self) -> None:
        lessons = [TrainingLesson(alert("cold food" if n % 5 == 0 else "thank you"), n % 5 == 0) for n in range(150)]
        words = words_of(lessons)
        assert np.isfinite(words.crossed).all() and said_by(words, alert("cold food")) > said_by(
            words, alert("thank you")
        )


class TestAGenerationsWords:
    def test_come_back_from_bytes(self) -> None:
        made = train(talk(120), CONFIG)
        loaded = Generation.load(made.dump())
        assert loaded.dump() == made.dump() and loaded.words.strength == made.words.strength
        assert len(made.words.slots) and (loaded.words.weights == made.words.weights).all()

    def test_hear_nothing_in_verdicts_that_do_not_speak_of_the_text(self) -> None:
        silent = [replace(one, text=False) for one in talk(120)]
        assert not len(train(silent, CONFIG).words.slots)

    def test_wait_for_twenty_of_each_label(self) -> None:
        lessons = [one for one in talk(200) if not one.label]
        assert not len(train([*lessons, *[one for one in talk(200) if one.label][:19]], CONFIG).words.slots)


class TestAdoption:
    @pytest.fixture
    def taught(self) -> tuple[OnlineModel, list[TrainingLesson]]:
        model, lessons = OnlineModel(CONFIG), talk(130)
        for one in lessons:
            model.learn(one.features, one.label)
        return model, lessons

    def test_puts_the_words_in_the_place_of_the_weights(self, taught: tuple[OnlineModel, list[TrainingLesson]]) -> None:
        model, lessons = taught
        made = train(lessons, CONFIG)
        model.adopt(made)
        texts = 1 << CONFIG.text_bits
        assert np.flatnonzero(model.weights.sparse[:texts]).tolist() == made.words.slots.tolist()
        assert (model.weights.sparse[made.words.slots] == made.words.weights).all()
        assert model.optimizer.boldness == made.words.boldness

    def test_learns_the_texts_that_came_after_the_training(
        self, taught: tuple[OnlineModel, list[TrainingLesson]]
    ) -> None:
        model, lessons = taught
        new = alert("unheardof")
        for _ in range(3):
            model.learn(new, True)
        without = model.predict(alert("hello"))
        model.adopt(train(lessons, CONFIG))
        assert model.weights.sparse[new.text_ids].min() > 0
        assert model.predict(new) > without
        assert OnlineModel.load(CONFIG, model.dump()).dump() == model.dump()
