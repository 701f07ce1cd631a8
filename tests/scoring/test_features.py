"""What of an alert the learner may see."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.features import SCORER, UPSTREAM, AlertFacts, FeatureConfig, Features, extract, extract_many
from tests.scoring.alerts import TINY, facts

CONFIG = FeatureConfig()


def about(**features: object) -> Features:
    return extract(AlertFacts("", features, None, "rules", "1"), CONFIG)  # type: ignore[arg-type]


class TestAnyAlert:
    @given(facts)
    def test_has_features_of_bounded_size(self, alert: AlertFacts) -> None:
        found = extract(alert, TINY)
        assert len(found.text_ids) <= TINY.max_text_ids
        assert len(found.numbers) + len(found.categories) + len(found.missing) <= TINY.max_features + 3

    @given(facts)
    def test_has_distinct_ascending_text_ids_within_the_hash_space(self, alert: AlertFacts) -> None:
        ids = extract(alert, TINY).text_ids
        assert (np.diff(ids) > 0).all()
        assert not len(ids) or (ids[0] >= 0 and ids[-1] < 2**TINY.text_bits)

    @given(facts)
    def test_has_a_text_of_length_one_or_none(self, alert: AlertFacts) -> None:
        found = extract(alert, TINY)
        length = math.sqrt(len(found.text_ids)) * found.text_value
        assert length == pytest.approx(1.0 if len(found.text_ids) else 0.0)

    @given(facts)
    def test_has_finite_numbers_and_each_name_once(self, alert: AlertFacts) -> None:
        found = extract(alert, TINY)
        names = [name for name, _ in found.numbers + found.categories] + list(found.missing)
        assert len(names) == len(set(names))
        assert all(math.isfinite(number) for _, number in found.numbers)

    @given(facts)
    def test_does_not_depend_on_the_order_of_its_features(self, alert: AlertFacts) -> None:
        reverse = AlertFacts(
            alert.text,
            dict(reversed(list(alert.features.items()))),
            alert.upstream_score,
            alert.scorer,
            alert.scorer_version,
            alert.customer,
        )
        assert repr(extract(alert, TINY)) == repr(extract(reverse, TINY))

    @given(st.lists(facts, max_size=8))
    def test_has_the_same_features_among_many(self, alerts: list[AlertFacts]) -> None:
        assert repr(extract_many(alerts, TINY)) == repr([extract(alert, TINY) for alert in alerts])

    def test_has_the_same_features_in_another_process(self) -> None:
        code = (
            "from scoring.features import *; a = AlertFacts('太慢了 refund 😡', {'b': 'x', 'a': 2}, .5, 's', '1');"
            "f = extract(a, FeatureConfig()); print(f.text_ids.tolist(), f.numbers, f.categories)"
        )
        run = [
            subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
                           capture_output=True, text=True, check=True).stdout
            for seed in ("1", "2")
        ]  # fmt: skip
        assert run[0] == run[1] != ""


class TestHostileAlerts:
    def test_with_a_megabyte_of_text_stay_small(self) -> None:
        alert = AlertFacts("".join(chr(0x4E00 + i % 20_000) for i in range(1_000_000)), {}, None, "rules", "1")
        assert 0 < len(extract(alert, CONFIG).text_ids) <= CONFIG.max_text_ids

    def test_with_ten_thousand_features_keep_the_first_by_name(self) -> None:
        found = about(**{f"f{number:05}": number for number in range(10_000)})
        assert [name for name, _ in found.numbers] == [f"f{number:05}" for number in range(CONFIG.max_features)]

    def test_cannot_pass_a_feature_off_as_the_upstream_score(self) -> None:
        assert dict(about(**{UPSTREAM: 0.9}).numbers) == {"upstream": 0.9}

    @pytest.mark.parametrize("huge", [10**400, float("inf"), 1e300])
    def test_with_huge_numbers_are_cut(self, huge: float) -> None:
        assert dict(about(n=huge, m=-huge).numbers) == {"n": 1e12, "m": -1e12}


class TestAFeature:
    def test_that_is_a_number_or_text_goes_by_its_value(self) -> None:
        assert dict(about(age=3).numbers) == {"age": 3.0}
        assert ("age", "3") in about(age="3").categories

    @pytest.mark.parametrize("nothing", [None, "", float("nan")])
    def test_without_a_value_is_missing(self, nothing: object) -> None:
        assert "age" in about(age=nothing).missing

    def test_that_is_true_or_false_is_a_category(self) -> None:
        assert ("vip", "true") in about(vip=True).categories

    def test_that_was_not_sent_is_not_missing(self) -> None:
        assert about().missing == (UPSTREAM,)

    def test_of_many_characters_is_shortened(self) -> None:
        assert ("note", "x" * CONFIG.max_category_chars) in about(note="x" * 5_000).categories


class TestTheScorer:
    def test_and_its_version_are_categories(self) -> None:
        found = dict(extract(AlertFacts("", {}, 0.5, "rules", "7"), CONFIG).categories)
        assert found[SCORER] == "rules"
        assert len(found) == 2
