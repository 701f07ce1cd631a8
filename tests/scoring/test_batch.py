"""Many alerts at a time are judged as each one alone."""

import random

import pytest

from scoring.batch import judge_many
from scoring.features import AlertFacts, extract
from scoring.learner.generation import TrainingLesson, train
from scoring.online_model import ModelConfig, OnlineModel

TEXTS = [
    "", "!!", "很差，退款！", "I want to cancel. Cancel now!", "it's 好吃 👍👍 great", "ﬁne\u200b prıce\tＡＢＣ",
    "満足 満足 満足", "x" * 5_000, "差评 " * 1_500,
]  # fmt: skip


def facts(rng: random.Random) -> AlertFacts:
    words = rng.sample([*TEXTS[1:7], "late", "refund", "谢谢", "good service"], 3)
    features = {"logins": rng.random(), "plan": rng.choice(["pro", "team"]), "vip": rng.random() < 0.5, "none": None}
    return AlertFacts(" ".join(words), features, rng.choice([None, rng.random()]), "voice", "1")


@pytest.fixture(scope="module")
def alerts() -> list[AlertFacts]:
    rng = random.Random(1)
    return [facts(rng) for _ in range(60)] + [AlertFacts(text, {}, 0.5, "voice", "1") for text in TEXTS]


@pytest.fixture(scope="module")
def model(alerts: list[AlertFacts]) -> OnlineModel:
    made = OnlineModel(ModelConfig())
    given = [TrainingLesson(extract(one, made.config), index % 3 == 0) for index, one in enumerate(alerts)]
    for one in given:
        made.learn(one.features, one.label)
    made.adopt(train(given[:50], made.config))
    return made


class TestABatch:
    def test_gives_each_alert_the_probability_it_has_alone_bit_by_bit(
        self, model: OnlineModel, alerts: list[AlertFacts]
    ) -> None:
        alone = [model.predict(extract(one, model.config)) for one in alerts]
        assert [one.probability for one in judge_many(model, alerts, 5)] == alone

    def test_gives_each_alert_the_reasons_it_has_alone(self, model: OnlineModel, alerts: list[AlertFacts]) -> None:
        for one, judged in zip(alerts, judge_many(model, alerts, 50), strict=True):
            alone = model.reasons(one, extract(one, model.config), top=50)
            weighed = {(r.kind, r.name, r.value, r.spans): r.contribution for r in judged.reasons}
            assert weighed == pytest.approx({(r.kind, r.name, r.value, r.spans): r.contribution for r in alone})

    def test_puts_the_heaviest_reasons_first(self, model: OnlineModel, alerts: list[AlertFacts]) -> None:
        for few, all_of_them in zip(judge_many(model, alerts, 3), judge_many(model, alerts, 50), strict=True):
            assert few.reasons == all_of_them.reasons[:3]

    def test_of_one_is_like_a_batch_of_many(self, model: OnlineModel, alerts: list[AlertFacts]) -> None:
        alone = [judge_many(model, [one], 5)[0].probability for one in alerts]
        assert alone == [one.probability for one in judge_many(model, alerts, 5)]

    def test_may_be_empty(self, model: OnlineModel) -> None:
        assert judge_many(model, [], 5) == []

    def test_is_judged_by_a_model_that_knows_nothing(self, alerts: list[AlertFacts]) -> None:
        judged = judge_many(OnlineModel(ModelConfig()), alerts[:3], 5)
        assert [[reason.kind for reason in one.reasons] for one in judged] == [
            [] if one.upstream_score is None else ["prior"] for one in alerts[:3]
        ]
