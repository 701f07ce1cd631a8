"""Noticing that somebody's verdicts have stopped meaning what they say."""

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from random import Random

import pytest

from scoring.trust.gate import Sighting, Suspicion, looks
from scoring.trust.judges import Opinion
from scoring.trust.vetting import vet

Manner = Callable[[bool, int, Random], bool]


def honest(truth: bool, _position: int, rng: Random) -> bool:
    return truth if rng.random() < 0.93 else not truth


def flooding(since: int, value: bool) -> Manner:
    return lambda truth, position, rng: value if position > since else honest(truth, position, rng)


def flipping(truth: bool, position: int, rng: Random) -> bool:
    return not honest(truth, position, rng)


def careless(share: float) -> Manner:
    """Waves accurate alerts away in a share of the cases, flips some more."""
    return lambda truth, position, rng: honest(truth, position, rng) and rng.random() >= share


def team_of(
    manners: dict[str, Manner],
    verdicts: int,
    seed: int = 3,
    known: float = 0.0,
    accurate: float = 0.5,
    sharp: float = 1.5,
    gap: Callable[[str, int], float | None] = lambda judge, position: None,
) -> Iterator[Sighting]:
    """Verdicts in turn; the model separates accurate from false alerts by `sharp` standard deviations."""
    rng = Random(seed)
    for position in range(1, verdicts + 1):
        judge = sorted(manners)[position % len(manners)]
        odds = rng.gauss(math.log(accurate / (1 - accurate)), sharp)
        probability = 1 / (1 + math.exp(-odds))
        truth = rng.random() < probability
        said = manners[judge](truth, position, rng)
        shown = truth if rng.random() < known else None
        yield Sighting(position, judge, said, probability, shown, gap(judge, position))


def suspicions(sightings: Sequence[Sighting]) -> dict[Hashable, Suspicion]:
    """Who would be held back by these verdicts."""
    return {judge: one.suspicion for judge, one in looks(sightings, {}).items() if one.suspicion is not None}


def found(manners: dict[str, Manner], verdicts: int, **how: object) -> dict[Hashable, Suspicion]:
    return suspicions(list(team_of(manners, verdicts, **how)))  # type: ignore[arg-type]


FIVE: dict[str, Manner] = dict.fromkeys(("ada", "bo", "rhea", "tom", "yun"), honest)


class TestAFlood:
    @pytest.mark.parametrize(("value", "way"), [(False, "false"), (True, "accurate")])
    def test_everything_marked_one_way_is_noticed_within_40_verdicts(self, value: bool, way: str) -> None:
        suspicion = found(FIVE | {"tom": flooding(1_000, value)}, 1_400)["tom"]
        assert suspicion.way == way
        assert suspicion.at - 1_000 <= 40 * 5

    def test_it_says_since_when(self) -> None:
        suspicion = found(FIVE | {"tom": flooding(1_000, False)}, 1_400)["tom"]
        assert 950 <= suspicion.since <= 1_060

    def test_it_says_what_was_to_be_expected(self) -> None:
        suspicion = found(FIVE | {"tom": flooding(1_000, False)}, 1_400)["tom"]
        assert suspicion.accurate < 0.1 < 0.35 < suspicion.expected

    def test_nobody_else_is_suspected(self) -> None:
        assert set(found(FIVE | {"tom": flooding(500, False)}, 2_000)) == {"tom"}

    def test_from_the_first_verdict_on_it_is_noticed_as_well(self) -> None:
        assert found(FIVE | {"tom": flooding(0, False)}, 400)["tom"].way == "false"

    def test_haste_is_noticed_sooner(self) -> None:
        manners = FIVE | {"tom": flooding(1_000, False)}

        def hurried(judge: str, position: int) -> float:
            return 2.0 if judge == "tom" and position > 1_000 else 30.0

        calm = found(manners, 1_400, sharp=0.8)["tom"].at
        assert found(manners, 1_400, sharp=0.8, gap=hurried)["tom"].at < calm

    def test_haste_alone_is_no_offence(self) -> None:
        assert found(FIVE, 2_000, gap=lambda judge, position: 2.0 if position > 1_000 else 30.0) == {}


class TestAFlip:
    def test_the_wrong_way_round_is_noticed(self) -> None:
        assert found(FIVE | {"tom": flipping}, 800)["tom"].way == "flipped"

    def test_known_answers_notice_it_where_the_model_knows_nothing(self) -> None:
        manners = FIVE | {"tom": flipping}
        assert found(manners, 1_000, sharp=0.05) == {}
        assert found(manners, 1_000, sharp=0.05, known=0.08)["tom"].known >= 4

    def test_of_three_labelers_known_answers_tell_who_flips_from_the_honest(self) -> None:
        """4 % of what they are asked is a check; without, the two honest ones are each other's only measure."""
        manners: dict[str, Manner] = {"ada": honest, "ben": flipping, "cora": honest}
        for seed in range(10):
            rows = list(team_of(manners, 900, seed=seed, known=0.04))
            known = {one.position: one.truth for one in rows if one.truth is not None}
            opinions = [Opinion(one.position, one.judge, one.accurate) for one in rows if one.truth is not None]
            assert set(vet(rows, opinions, known).suspicions) == {"ben"}

    def test_long_before_it_is_sure_they_are_in_doubt(self) -> None:
        """By known answers alone: the model knows nothing."""
        rows = list(team_of(FIVE | {"tom": flipping}, 2_000, sharp=0.05, known=0.04))
        known = [one for one in rows if one.judge == "tom" and one.truth is not None]
        vetted = vet([one for one in rows if one.position <= known[2].position], [], {})
        assert (vetted.suspicions, vetted.doubted) == ({}, {"tom"})

    def test_a_model_that_learnt_it_does_not_turn_the_honest_into_suspects(self) -> None:
        """The probabilities are upside down, as after a flood of flipped verdicts."""
        rows = team_of(FIVE | {"tom": flipping}, 1_500)
        upside_down = [Sighting(one.position, one.judge, one.accurate, 1 - one.probability, one.truth) for one in rows]
        assert set(suspicions(upside_down)) == {"tom"}


class TestTheHonest:
    def test_they_are_suspected_once_in_some_60_000_verdicts_at_most(self) -> None:
        suspected = [
            len(found(FIVE, 2_000, seed=seed, accurate=accurate)) for seed in range(10) for accurate in (0.1, 0.5, 0.85)
        ]
        assert sum(suspected) <= 1

    def test_a_careless_one_is_for_the_weights_not_for_the_gate(self) -> None:
        gated = [bool(found(FIVE | {"tom": careless(0.2)}, 2_000, seed=seed)) for seed in range(10)]
        assert sum(gated) <= 1

    def test_who_is_alone_is_measured_by_the_model(self) -> None:
        assert found({"tom": honest}, 500) == {}

    def test_a_strict_one_is_measured_by_their_own_past(self) -> None:
        """Fewer accurate ones than the others say, evenly: a habit, not a flood."""
        assert found(FIVE | {"tom": careless(0.35)}, 1_000, sharp=1.0) == {}


class TestAYoungModel:
    """It says .65 of everything, as the scorer does; one alert in twenty is accurate."""

    def sightings(self, judge: str, learnt: int, count: int = 60) -> list[Sighting]:
        return [Sighting(n, judge, n % 20 == 0, 0.65, learnt=learnt) for n in range(1, count + 1)]

    def test_is_no_measure_of_who_is_alone(self) -> None:
        assert suspicions(self.sightings("rhea", 0)) == {}

    def test_is_no_measure_by_what_others_say_of_an_older_one(self) -> None:
        later = [Sighting(n, "tom", n % 2 == 0, 0.65, learnt=200) for n in range(61, 121)]
        assert suspicions([*self.sightings("rhea", 0), *later]) == {}

    def test_is_one_where_others_have_judged_what_it_said(self) -> None:
        others = [Sighting(n, "tom", n % 3 > 0, 0.65, learnt=0) for n in range(61, 121)]
        assert suspicions([*self.sightings("rhea", 0), *others])["rhea"].way == "false"

    def test_is_one_once_it_knows_enough(self) -> None:
        assert suspicions(self.sightings("rhea", 300))["rhea"].way == "false"

    def test_leaves_known_answers_to_tell(self) -> None:
        told = [Sighting(n, "rhea", False, 0.65, truth=True, learnt=0) for n in range(1, 21)]
        assert suspicions(told)["rhea"].known == 6
