"""Getting from one ledger position to another without learning anything that was withdrawn."""

from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import Fact
from scoring.plan import Lesson, lessons_between, rewind_below, superfluous


def accurate(position: int, judge: str = "rhea") -> Fact:
    return Fact(position, "accurate", "rep", judge)


class TestLessons:
    def test_labels_are_learnt_in_the_order_of_the_ledger(self) -> None:
        lessons = lessons_between(0, 9, {7: [accurate(5)], 8: [accurate(2)]})
        assert [one.alert_id for one in lessons] == [8, 7]

    def test_a_label_outside_the_stretch_is_left_to_its_own(self) -> None:
        assert lessons_between(5, 9, {7: [accurate(5)], 8: [accurate(6)]}) == [Lesson(6, 8, True, 1.0)]

    def test_a_withdrawn_verdict_is_no_lesson(self) -> None:
        assert lessons_between(0, 9, {7: [accurate(5), Fact(6, "", "rep", "rhea", retracts=5)]}) == []


class TestRewind:
    def test_new_labels_need_no_rewind(self) -> None:
        assert rewind_below(4, {7: [accurate(5)]}) is None

    def test_a_retraction_rewinds_to_before_the_label(self) -> None:
        assert rewind_below(4, {7: [accurate(3), Fact(5, "", "rep", "rhea", retracts=3)]}) == 3

    def test_a_second_opinion_that_agrees_changes_nothing(self) -> None:
        assert rewind_below(4, {7: [accurate(3), accurate(5, "tom")]}) is None

    def test_a_label_that_a_tie_took_away_comes_back_to_its_old_place(self) -> None:
        tie = [accurate(1), Fact(2, "false_positive", "rep", "tom")]
        assert rewind_below(2, {7: [*tie, Fact(3, "", "rep", "tom", retracts=2)]}) == 1


class TestSuperfluous:
    @given(st.sets(st.integers(1, 100_000), max_size=60))
    def test_the_newest_and_the_oldest_checkpoint_stay(self, positions: set[int]) -> None:
        dropped = set(superfluous(positions))
        assert not dropped & {max(positions, default=0), min(positions, default=0)}

    @given(st.sets(st.integers(1, 100_000), min_size=1))
    def test_the_number_kept_grows_with_the_logarithm_of_the_ledger(self, positions: set[int]) -> None:
        assert len(positions) - len(superfluous(positions)) <= 4 + 17

    def test_dropping_is_stable(self) -> None:
        kept = set(range(0, 50_000, 250)) - set(superfluous(range(0, 50_000, 250)))
        assert superfluous(kept) == []
