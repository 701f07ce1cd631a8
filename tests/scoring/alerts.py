"""Made-up alerts for tests of the pure core: hostile ones for Hypothesis, and a small world with a rule in it."""

import random
from typing import Any

from hypothesis import strategies as st

from scoring.features import AlertFacts, extract
from scoring.online_model import ModelConfig, OnlineModel

# Small, so that every limit is met: few dense slots, a short memory, colliding hashes.
TINY = ModelConfig(
    text_bits=8, category_bits=4, dense_slots=40, values_per_category=3, bins=4, memory=16, early_replay=3,
    early_verdicts=20, counts_memory=12, slow_trees=3, slow_folds=2,
    max_text_chars=40, max_features=6, max_name_chars=4, max_category_chars=5,
)  # fmt: skip

texts = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.lists(st.sampled_from(["太慢了", "退款!", "great", "don't", "😡", "2个", "ＷｉＦｉ", " "]), max_size=12).map(
        "".join
    ),
)
values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(min_value=10**400, max_value=10**401), st.floats(),
    st.text(max_size=8), st.sampled_from(["gold", "silver", 1, 2.5, 1e308, float("nan"), float("-inf")]),
)  # fmt: skip
names = st.one_of(st.sampled_from(["plan", "calls", "age", "\x00upstream"]), st.text(max_size=6))
facts = st.builds(
    AlertFacts,
    text=texts,
    features=st.dictionaries(names, values, max_size=9),
    upstream_score=st.one_of(st.none(), st.floats(0, 1)),
    scorer=st.sampled_from(["rules", "llm", ""]),
    scorer_version=st.sampled_from(["1", "2"]),
    customer=st.sampled_from(["", "", "c1", "c2", "c\x003"]),
)
lessons = st.tuples(facts, st.booleans(), st.sampled_from([1.0, 1.0, 0.25, 0.0, 3.0]))


def taught(config: ModelConfig, given: list[tuple[AlertFacts, bool, float]]) -> OnlineModel:
    """A model that has learnt these lessons in this order."""
    model = OnlineModel(config)
    teach(model, given)
    return model


def teach(model: OnlineModel, given: list[tuple[AlertFacts, bool, float]]) -> None:
    """Go on learning."""
    for alert, label, weight in given:
        model.learn(extract(alert, model.config), label, weight)


def world(count: int, seed: int = 0) -> list[tuple[AlertFacts, bool, float]]:
    """Alerts whose verdict follows from the text, a number, a category and the upstream score, with some noise."""
    draw = random.Random(seed)
    return [_one(draw) for _ in range(count)]


def _one(draw: random.Random) -> tuple[AlertFacts, bool, float]:
    angry, calls, plan = draw.random() < 0.5, draw.gauss(5, 2), draw.choice(["gold", "silver", "iron"])
    words = draw.sample(["配送", "员工", "today", "order", "the app"], 3) + (["太慢了要退款"] if angry else ["还不错"])
    log_odds = 2.5 * angry - 1.5 + 0.6 * (calls - 5) + {"gold": -1, "silver": 0, "iron": 1}[plan]
    label = draw.random() < 1 / (1 + 2.718281828**-log_odds)
    features: dict[str, Any] = {"calls": calls, "plan": plan, "noise": draw.random()}
    upstream = min(1.0, max(0.0, 0.4 + 0.2 * label + draw.gauss(0, 0.2)))
    return AlertFacts(" ".join(words), features, upstream, "rules", "1"), label, 1.0
