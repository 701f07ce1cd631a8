"""The detectors: where a series changed its level."""

import random

import pytest

from scoring.lifecycle.drift import Make, adwin, changes, kswin, noise, page_hinkley

DETECTORS = {"adwin": adwin(1e-3), "page_hinkley": page_hinkley(18), "kswin": kswin(1e-4)}


def steady(level: float, count: int, seed: int = 0, spread: float = 0.1) -> list[float]:
    rng = random.Random(seed)
    return [rng.gauss(level, spread) for _ in range(count)]


class TestChanges:
    @pytest.mark.parametrize("make", DETECTORS.values(), ids=DETECTORS)
    def test_a_jump_is_found_at_its_place_with_both_levels(self, make: Make) -> None:
        (found,) = changes(steady(0.3, 100) + steady(0.6, 40, seed=1), make)
        assert found.at in range(95, 106)
        assert found.before == pytest.approx(0.3, abs=0.04) and found.after == pytest.approx(0.6, abs=0.08)

    @pytest.mark.parametrize("make", DETECTORS.values(), ids=DETECTORS)
    def test_the_same_values_give_the_same_changes(self, make: Make) -> None:
        values = steady(0.3, 100) + steady(0.6, 40, seed=1)
        assert changes(values, make) == changes(values, make)

    def test_a_steady_series_has_none(self) -> None:
        assert [changes(steady(0.3, 300, seed), adwin(1e-4)) for seed in range(20)] == [[]] * 20

    def test_it_does_not_depend_on_the_scale(self) -> None:
        values = steady(0.3, 100) + steady(0.6, 40, seed=1)
        larger = [1000 * value for value in values]
        assert [one.at for one in changes(larger, adwin(1e-4))] == [one.at for one in changes(values, adwin(1e-4))]

    def test_what_came_after_a_change_is_read_again(self) -> None:
        values = steady(0.3, 60) + steady(0.6, 60, seed=1) + steady(0.2, 60, seed=2)
        first, second = changes(values, adwin(1e-4))
        assert abs(first.at - 60) <= 3 and abs(second.at - 120) <= 3
        assert second.before == pytest.approx(0.6, abs=0.05)

    def test_it_is_told_when_it_was_seen(self) -> None:
        (found,) = changes(steady(0.3, 100) + steady(0.9, 40, seed=1), adwin(1e-4))
        assert found.at < found.seen < 110

    def test_a_constant_series_has_none(self) -> None:
        assert changes([0.5] * 200, adwin(0.1)) == []

    def test_a_few_values_are_not_enough(self) -> None:
        assert changes([0.0, 1.0, 0.0], adwin(0.5)) == []


class TestNoise:
    def test_it_is_the_spread_around_the_level(self) -> None:
        assert noise(steady(0.3, 2000)) == pytest.approx(0.1, rel=0.05)

    def test_a_changed_level_does_not_add_to_it(self) -> None:
        values = steady(0.3, 200)
        assert noise(values + [value + 5 for value in values]) == pytest.approx(noise(values), rel=0.1)

    def test_one_value_has_none(self) -> None:
        assert noise([0.4]) == 0.0
