"""What makes two alerts alike, and the sketch that finds the alike among many."""

import subprocess
import sys
from typing import Any

import numpy as np
from hypothesis import given

from scoring.features import AlertFacts, FeatureConfig, extract
from scoring.nearest import BITS, Profile, closest, profile_of, signature, similarity
from tests.scoring.alerts import facts

NOTHING_LEARNT = np.zeros(1 << 18)


def profile(text: str = "", upstream: float | None = None, **features: Any) -> Profile:
    alert = AlertFacts(text, features, upstream, "rules", "1")
    return profile_of(extract(alert, FeatureConfig()), NOTHING_LEARNT)


def apart(one: Profile, other: Profile) -> int:
    """Bits in which two signatures differ."""
    return (int.from_bytes(signature(one), "big") ^ int.from_bytes(signature(other), "big")).bit_count()


class TestLikeness:
    def test_an_alert_is_most_like_itself(self) -> None:
        one = profile("配送太慢了，要退款", plan="gold", calls=3)
        assert abs(similarity(one, one) - 1.0) < 1e-9

    def test_shared_words_make_alike(self) -> None:
        slow = profile("配送太慢了，要退款")
        assert similarity(slow, profile("太慢了，配送两个小时")) > 2 * similarity(slow, profile("味道很好"))

    def test_numbers_are_alike_in_proportion(self) -> None:
        ten = profile(calls=10)
        nearer, farther, far = (similarity(ten, profile(calls=calls)) for calls in (11, 14, 200))
        assert nearer > farther > far

    def test_numbers_of_other_signs_are_not_alike(self) -> None:
        assert similarity(profile(balance=500), profile(balance=-500)) == similarity(
            profile(balance=500), profile(balance=-9000)
        )

    def test_words_that_the_model_weighs_count_more(self) -> None:
        learnt = NOTHING_LEARNT.copy()
        learnt[profile("refund").keys[:1]] = 2.0
        texts = ("refund today", "refund tomorrow morning", "today")
        one, same_word, other_word = (
            profile_of(extract(AlertFacts(text, {}, None, "rules", "1"), FeatureConfig()), learnt) for text in texts
        )
        assert similarity(one, same_word) > similarity(one, other_word)

    def test_where_nothing_is_said_nothing_is_alike(self) -> None:
        empty = Profile(np.zeros(0, np.int64), np.zeros(0))
        assert similarity(empty, profile("refund")) == similarity(profile("refund"), empty) == 0.0

    @given(facts, facts)
    def test_it_is_mutual_and_lies_between_0_and_1(self, one: AlertFacts, other: AlertFacts) -> None:
        first, second = (profile_of(extract(alert, FeatureConfig()), NOTHING_LEARNT) for alert in (one, other))
        assert 0.0 <= similarity(first, second) <= 1.0
        assert abs(similarity(first, second) - similarity(second, first)) < 1e-12

    def test_the_closest_come_first_and_equal_ones_by_key(self) -> None:
        many = {3: profile("refund please"), 2: profile("refund please"), 1: profile("thanks")}
        assert [key for key, _ in closest(profile("refund please"), many, 2)] == [2, 3]


class TestSignature:
    def test_the_share_of_differing_bits_estimates_the_angle(self) -> None:
        one, other = profile("the parcel is late again, I want my money back"), profile("the parcel is late again")
        expected = BITS * np.arccos(similarity(one, other)) / np.pi
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
