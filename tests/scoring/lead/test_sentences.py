"""What the pages claim, and what they do not."""

from datetime import date, timedelta

import pytest

from scoring.evaluation import Bin, Block, Calibration, LearningPoint, Ordering
from scoring.lead import headlines, sentences
from scoring.lead.selectors import Day, PersonFigures, QueueFigures, ScorerFigures, Week
from scoring.models import PolicyVersion, Stage
from scoring.sample import Cell, Counts, Sample

JANUARY = date(2026, 1, 5)


def sample(accurate: int, judged: int, raised: int | None = None) -> Sample:
    raised = judged if raised is None else raised
    return Sample({Cell(1.0): Counts(raised, raised, judged, accurate)})


def weekly(*accurate_of_50: int) -> QueueFigures:
    weeks = [Week(JANUARY + timedelta(weeks=i), sample(each, 50)) for i, each in enumerate(accurate_of_50)]
    return QueueFigures([Week(JANUARY - timedelta(weeks=1), Sample()), *weeks])


def ordered(auc: float, error: float = 0.02) -> Ordering:
    return Ordering(1000.0, 1000 * auc, (1000 * error) ** 2)


class TestHeadline:
    @pytest.mark.parametrize(
        ("figures", "claim"),
        [
            (weekly(*[25] * 4, *[42] * 4), "84 of 100 shown alerts are real, up from 50 in January"),
            (weekly(*[42] * 4, *[25] * 4), "50 of 100 shown alerts are real, down from 84 in January"),
            (weekly(*[25] * 4, *[26] * 4), "52 of 100 shown alerts are real, no clear change since January"),
            (weekly(*[42] * 4), "84 of 100 shown alerts are real"),
        ],
    )
    def test_it_claims_a_change_only_where_the_intervals_allow_it(self, figures: QueueFigures, claim: str) -> None:
        assert headlines.headline("Churn", figures) == f"Churn: {claim}"

    def test_a_few_verdicts_are_counted_and_nothing_is_claimed(self) -> None:
        figures = QueueFigures([Week(JANUARY, sample(5, 7))])
        assert headlines.headline("Churn", figures) == "Churn: 5 of 7 judged alerts are real, too few to say more"

    def test_an_unjudged_queue_says_so(self) -> None:
        assert "has been judged yet" in headlines.headline("Churn", weekly())

    def test_weeks_that_overlap_are_not_compared_with_themselves(self) -> None:
        assert weekly(*[25] * 3, *[42] * 4).earliest == Sample()
        assert weekly(*[25] * 4, *[42] * 4).earliest.total.judged == 200


class TestOverview:
    def test_it_counts_the_queues_that_changed_for_sure(self) -> None:
        rose, fell, unclear = weekly(*[25] * 4, *[42] * 4), weekly(*[42] * 4, *[25] * 4), weekly(*[25] * 8)
        assert headlines.headline_of_all([rose, unclear]) == "Precision rose in 1 of your 2 queues"
        assert headlines.headline_of_all([rose, fell]) == "Precision rose in 1 of your 2 queues and fell in 1"
        assert headlines.headline_of_all([unclear]) == "No clear change of precision in your queue"


class TestUnknown:
    @pytest.mark.parametrize(
        ("certain", "drawn", "why"),
        [
            (Counts(), Counts(), "no alert arrived"),
            (Counts(5, 5), Counts(), "no shown alert has been judged"),
            (Counts(5, 5, 5, 2), Counts(7), "of 7 alerts to hide, the draw has shown none"),
            (Counts(5, 5, 5, 2), Counts(70, 7), "none of the 7 audited alerts"),
            (Counts(5, 5), Counts(70, 7, 7, 1), "only audited alerts"),
        ],
    )
    def test_a_figure_without_a_value_explains_itself(self, certain: Counts, drawn: Counts, why: str) -> None:
        assert why in sentences.weighted(Sample({Cell(1.0): certain, Cell(0.1): drawn}))

    def test_where_nothing_was_hidden_it_says_that_the_figures_agree(self) -> None:
        assert sentences.weighted(sample(5, 7)) == "the same figure: nothing was hidden"


class TestLearning:
    def curve(self, *aucs: float) -> list[LearningPoint]:
        blocks = [Block(100, 50, 60.0, ordered(auc), ordered(0.7)) for auc in aucs]
        return [LearningPoint((i + 1) * 100, block) for i, block in enumerate(blocks)]

    @pytest.mark.parametrize(
        ("aucs", "claim"),
        [
            ((0.6, 0.9), "learnt to order"),
            ((0.9, 0.6), "worse than at first"),
            ((0.8, 0.82), "no clear change"),
            ((0.8,), "too few"),
        ],
    )
    def test_it_claims_learning_only_where_the_intervals_allow_it(self, aucs: tuple[float, ...], claim: str) -> None:
        assert claim in sentences.learning(self.curve(*aucs))

    @pytest.mark.parametrize(
        ("auc", "claim"), [(0.9, "Better than"), (0.5, "Worse than"), (0.72, "No clear difference")]
    )
    def test_the_upstream_score_is_the_baseline(self, auc: float, claim: str) -> None:
        assert sentences.against_upstream(self.curve(auc)).startswith(claim)

    def test_scorers_may_send_no_score(self) -> None:
        point = LearningPoint(100, Block(100, 50, 60.0, ordered(0.8)))
        assert "no upstream score" in sentences.against_upstream([point])


class TestCalibration:
    def test_its_first_sentence_is_of_all_bins(self) -> None:
        found = Calibration((Bin(0.2, 40, 100), Bin(0.7, 70, 100)), 0.1, 0.036, 200)
        said = (
            "The model's probabilities are 10.0 points off on average (chance alone: about 3.6), over 200 judged alerts"
        )
        assert sentences.calibration(found) == said

    @pytest.mark.parametrize(
        ("accurate", "claim"),
        [
            (69, "No single group is off by more than chance explains."),
            (41, "where it says 70%, only 41% (32–51) of 100 are real."),
            (90, "where it says 70%, 90% (83–94) of 100 are real."),
        ],
    )
    def test_a_bin_is_named_with_its_interval_where_that_excludes_what_was_said(
        self, accurate: int, claim: str
    ) -> None:
        assert claim in sentences.calibration_note(Calibration((Bin(0.7, accurate, 100),), 0.01, 0.02, 100))

    def test_a_few_alerts_do_not_check_a_model(self) -> None:
        assert "too early" in sentences.calibration(Calibration((Bin(0.7, 5, 7),), 0.01, 0.02, 7))


class TestVerdicts:
    def test_one_is_one(self) -> None:
        assert sentences.verdicts([Day(JANUARY, accurate=1)]) == "One verdict in four weeks"

    @pytest.mark.parametrize(
        ("before", "last", "claim"), [(10, 20, "up from 70"), (20, 10, "down from 140"), (10, 11, "about as many")]
    )
    def test_weeks_are_compared_as_counts(self, before: int, last: int, claim: str) -> None:
        days = [Day(JANUARY + timedelta(days=i), accurate=before if i < 7 else last) for i in range(14)]
        assert claim in sentences.verdicts(days)


class TestScorers:
    def test_the_best_and_the_worst_are_named_where_they_differ_for_sure(self) -> None:
        rows = [ScorerFigures("voice-llm", "2.3", sample(90, 100)), ScorerFigures("usage-sql", "0.9", sample(40, 100))]
        assert sentences.scorers(rows) == "voice-llm 2.3 is the most precise (90%), usage-sql 0.9 the least (40%)"

    def test_nobody_is_named_where_they_do_not(self) -> None:
        rows = [ScorerFigures("voice-llm", "2.3", sample(55, 100)), ScorerFigures("usage-sql", "0.9", sample(50, 100))]
        assert sentences.scorers(rows) == "No scorer is clearly more precise than another"


class TestPeopleAndPolicy:
    def test_a_person_who_only_took_back_is_not_counted_as_judging(self) -> None:
        rows = [PersonFigures("Rhea", 12, 6, 10, 0, None), PersonFigures("Tom", 0, 0, 0, 3, None)]
        assert sentences.people(rows) == "1 person gave 12 verdicts in four weeks"

    def test_each_stage_says_what_it_does(self) -> None:
        words = [sentences.policy(PolicyVersion(stage=stage, hide_below=0.1, audit_share=0.05)) for stage in Stage]
        assert ["only predicts" in words[0], "hides none" in words[1], "below 10% and shows 5.0%" in words[2]] == [
            True
        ] * 3
