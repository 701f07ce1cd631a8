"""What makes two alerts alike, and the sketch that finds the alike among many."""

import subprocess
import sys
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.features import AlertFacts, FeatureConfig, Features, extract
from scoring.learner.state import Floats
from scoring.nearest import BITS, Profile, closest, likeness, profile_of, signature
from tests.scoring.alerts import facts

NOTHING_LEARNT = np.zeros(1 << 18)
LEARNT = np.random.default_rng(7).normal(0.0, 0.5, 1 << 18)


def features(text: str = "", upstream: float | None = None, **posted: Any) -> Features:
    return extract(AlertFacts(text, posted, upstream, "rules", "1"), FeatureConfig())


def profile(text: str = "", upstream: float | None = None, **posted: Any) -> Profile:
    return profile_of(features(text, upstream, **posted), NOTHING_LEARNT)


def alike(one: Features, other: Features, learnt: Floats = NOTHING_LEARNT) -> float:
    return float(likeness(one, [other], learnt)[0])


def cosine(one: Profile, other: Profile) -> float:
    """What likeness is by definition."""
    theirs = dict(zip(other.keys.tolist(), other.weights.tolist(), strict=True))
    mine = zip(one.keys.tolist(), one.weights.tolist(), strict=True)
    return sum(weight * theirs.get(key, 0.0) for key, weight in mine)


def apart(one: Profile, other: Profile) -> int:
    """Bits in which two signatures differ."""
    return (int.from_bytes(signature(one), "big") ^ int.from_bytes(signature(other), "big")).bit_count()


class TestLikeness:
    def test_an_alert_is_most_like_itself(self) -> None:
        one = features("配送太慢了，要退款", plan="gold", calls=3)
        assert abs(alike(one, one) - 1.0) < 1e-9

    def test_shared_words_make_alike(self) -> None:
        slow = features("配送太慢了，要退款")
        assert alike(slow, features("太慢了，配送两个小时")) > 2 * alike(slow, features("味道很好"))

    def test_numbers_are_alike_in_proportion(self) -> None:
        ten = features(calls=10)
        nearer, farther, far = (alike(ten, features(calls=calls)) for calls in (11, 14, 200))
        assert nearer > farther > far

    def test_numbers_of_other_signs_are_not_alike(self) -> None:
        owed = features(balance=500)
        assert alike(owed, features(balance=-500)) == alike(owed, features(balance=-9000))

    def test_words_that_the_model_weighs_count_more(self) -> None:
        learnt = NOTHING_LEARNT.copy()
        learnt[features("refund").text_ids] = 2.0
        same_word, other_word = features("refund tomorrow morning"), features("today")
        one = features("refund today")
        assert alike(one, same_word, learnt) > alike(one, other_word, learnt)

    def test_where_nothing_is_said_nothing_is_alike(self) -> None:
        empty = Features(np.zeros(0, np.int32), (), (), ())
        assert alike(empty, features("refund")) == alike(features("refund"), empty) == alike(empty, empty) == 0.0

    @given(facts, st.lists(facts, max_size=4))
    def test_it_is_the_cosine_of_the_profiles_and_lies_between_0_and_1(
        self, one: AlertFacts, others: list[AlertFacts]
    ) -> None:
        first, *rest = (extract(alert, FeatureConfig()) for alert in (one, *others))
        found = likeness(first, rest, LEARNT)
        expected = [cosine(profile_of(first, LEARNT), profile_of(other, LEARNT)) for other in rest]
        assert np.allclose(found, expected, rtol=0, atol=1e-9)
        assert ((found >= 0.0) & (found <= 1.0)).all()

    def test_long_texts_are_compared_by_the_same_n_grams(self) -> None:
        first, other = features("字音词句" * 900 + "完"), features("".join(map(chr, range(0x4E00, 0x5400))))
        assert abs(alike(first, other) - cosine(*(profile_of(one, NOTHING_LEARNT) for one in (first, other)))) < 1e-9

    def test_the_closest_come_first_and_equal_ones_by_key(self) -> None:
        many = {3: features("refund please"), 2: features("refund please"), 1: features("thanks")}
        assert [key for key, _ in closest(features("refund please"), many, NOTHING_LEARNT, 2)] == [2, 3]


class TestSignature:
    def test_the_share_of_differing_bits_estimates_the_angle(self) -> None:
        one, other = profile("the parcel is late again, I want my money back"), profile("the parcel is late again")
        expected = BITS * np.arccos(cosine(one, other)) / np.pi
        assert abs(apart(one, other) - expected) < 4 * np.sqrt(BITS / 4)

    def test_it_has_its_bits_whatever_the_alert_holds(self) -> None:
        for one in (profile(), profile("字" * 4_000), profile(value=1e12, small=1e-300, off=None)):
            assert len(signature(one)) == BITS // 8

    @given(facts)
    def test_it_does_not_depend_on_the_order_of_features(self, alert: AlertFacts) -> None:
        turned = AlertFacts(alert.text, dict(reversed(alert.features.items())), alert.upstream_score, alert.scorer, "1")
        first, second = (
            profile_of(extract(one, FeatureConfig()), NOTHING_LEARNT)
            for one in (turned, AlertFacts(alert.text, alert.features, alert.upstream_score, alert.scorer, "1"))
        )
        if len(first.keys) == len(second.keys) and (first.keys == second.keys).all():  # names that clash: either wins
            assert apart(first, second) <= 1

    def test_it_is_the_same_in_another_process(self) -> None:
        code = (
            "from tests.scoring.test_nearest import profile, signature;"
            "print(signature(profile('退款 refund', 0.3, plan='gold', calls=3)).hex())"
        )
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert said.strip() == signature(profile("退款 refund", 0.3, plan="gold", calls=3)).hex()
