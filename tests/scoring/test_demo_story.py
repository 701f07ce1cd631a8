"""The generated history: the same in every telling, believable in its proportions, learnable and yet not trivial."""

import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

import numpy as np
import pytest
from scipy.sparse import hstack
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from scoring.demo.customers import companies
from scoring.demo.events import AlertRaised, OutcomeArrived, VerdictGiven, VerdictRetracted
from scoring.demo.grammar import expand
from scoring.demo.library import Scene, common_words, queue_stories
from scoring.demo.people import EVERY_QUEUE, PEOPLE, members
from scoring.demo.story import Story, tell
from scoring.demo.workdays import SHANGHAI, is_friday_afternoon, is_rest, month_of, start_of

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2027, 2, 7, 19, 5, tzinfo=UTC)

PRICE_LIST = re.compile("价格表|新价|新版价格|price list|new pricing", re.IGNORECASE)

each_queue = pytest.mark.parametrize("slug", EVERY_QUEUE)


@cache
def story(now: datetime = NOW, seed: int = 7) -> Story:
    return tell(seed=seed, now=now)


def alerts(slug: str | None = None, now: datetime = NOW) -> list[AlertRaised]:
    return [event for event in story(now).events if isinstance(event, AlertRaised) and slug in (None, event.queue)]


def verdicts(slug: str | None = None, now: datetime = NOW) -> list[VerdictGiven]:
    return [event for event in story(now).events if isinstance(event, VerdictGiven) and slug in (None, event.queue)]


class TestTelling:
    def test_the_same_seed_and_moment_tell_the_same_story(self) -> None:
        assert tell(seed=7, now=NOW) == story()

    def test_another_process_tells_the_same_story(self) -> None:
        code = (
            "from datetime import datetime; from scoring.demo.story import tell; import hashlib;"
            f"events = tell(seed=7, now=datetime.fromisoformat({NOW.isoformat()!r})).events;"
            "print(hashlib.sha256(repr(events).encode()).hexdigest())"
        )
        told = [subprocess.check_output([sys.executable, "-c", code]) for _process in range(2)]
        assert told[0] == told[1]

    def test_another_seed_tells_another_story(self) -> None:
        assert {alert.text for alert in alerts()} != {
            event.text for event in story(NOW, 8).events if isinstance(event, AlertRaised)
        }

    def test_events_come_in_time_order_and_none_after_now(self) -> None:
        moments = [event.at for event in story().events]
        assert moments == sorted(moments)
        assert moments[-1] <= NOW

    def test_everything_said_of_an_alert_follows_the_alert(self) -> None:
        raised: set[str] = set()
        for event in story().events:
            if isinstance(event, AlertRaised):
                raised.add(event.external_id)
            assert event.external_id in raised

    def test_a_verdict_is_taken_back_once_and_after_it_was_given(self) -> None:
        given = {event.decision_id: event.at for event in verdicts()}
        taken = [event for event in story().events if isinstance(event, VerdictRetracted)]
        assert all(given[event.retracts] < event.at for event in taken)
        assert len({event.retracts for event in taken}) == len(taken) > 50

    def test_every_decision_has_an_id_of_its_own(self) -> None:
        ids = [event.decision_id for event in story().events if not isinstance(event, AlertRaised)]
        assert len(ids) == len(set(ids))


class TestProportions:
    @each_queue
    def test_a_queue_gets_some_hundred_alerts(self, slug: str) -> None:
        assert 450 <= len(alerts(slug)) <= 700

    @each_queue
    @pytest.mark.parametrize("now", [NOW, SUNDAY_NIGHT])
    def test_a_rep_has_work_whenever_the_story_is_told(self, slug: str, now: datetime) -> None:
        settled = {event.external_id for event in story(now).events if not isinstance(event, AlertRaised)}
        waiting = [alert for alert in alerts(slug, now) if alert.external_id not in settled]
        assert 25 <= len(waiting) <= 65
        assert sum(now - alert.at < timedelta(hours=6) for alert in waiting) >= 5

    @each_queue
    def test_a_third_to_a_half_of_the_alerts_are_accurate_at_the_start(self, slug: str) -> None:
        first = alerts(slug)[:200]
        assert 0.33 <= sum(alert.truth for alert in first) / len(first) <= 0.57

    @each_queue
    def test_both_languages_are_spoken_and_mixed(self, slug: str) -> None:
        spoken = Counter(alert.lang for alert in alerts(slug))
        assert 0.2 <= spoken["en"] / len(alerts(slug)) <= 0.4
        assert spoken["mixed"] >= 5
        assert all(any("一" <= letter <= "鿿" for letter in alert.text) for alert in alerts(slug) if alert.lang == "zh")

    def test_no_evidence_gives_a_score_away_to_who_judges_blind(self) -> None:
        shown = [(line, alert.upstream_score) for alert in alerts() for line in alert.evidence]
        assert not any("onfidence" in line.label or "置信" in line.label for line, _score in shown)
        assert not any(score is not None and f"{score:.2f}" == line.value for line, score in shown)

    def test_weekends_are_quiet(self) -> None:
        by_weekday = Counter(alert.at.astimezone(SHANGHAI).weekday() for alert in alerts())
        assert by_weekday[6] < by_weekday[2] / 2

    def test_reps_judge_in_working_hours(self) -> None:
        assert all(9 <= event.at.astimezone(SHANGHAI).hour <= 19 for event in verdicts())

    def test_outcomes_come_for_churn_weeks_later(self) -> None:
        raised = {alert.external_id: alert.at for alert in alerts()}
        came = [event for event in story().events if isinstance(event, OutcomeArrived)]
        delays = sorted((event.at - raised[event.external_id]).days for event in came)
        assert {event.queue for event in came} == {"churn"}
        assert delays[len(delays) // 2] >= 14
        assert {event.outcome for event in came} == {"churned", "renewed"}


class TestTexts:
    @each_queue
    def test_hardly_any_text_is_said_twice(self, slug: str) -> None:
        texts = [alert.text for alert in alerts(slug)]
        assert len(set(texts)) >= 0.97 * len(texts)

    @each_queue
    def test_texts_are_of_many_lengths(self, slug: str) -> None:
        lengths = np.array([len(alert.text) for alert in alerts(slug)])
        assert 8 <= lengths.min() <= 25
        assert 100 <= lengths.max() <= 200
        assert lengths.std() > 15

    def test_no_template_shows_through(self) -> None:
        assert not [alert.text for alert in alerts() if set(alert.text) & set("[]{}|") or "=>" in alert.text]

    @pytest.mark.parametrize(
        "scene", [scene for queue in queue_stories() for scene in queue.scenes], ids=lambda scene: scene.key
    )
    def test_every_line_speaks_only_with_known_words(self, scene: Scene) -> None:
        for lang, lines in scene.lines.items():
            slots = dict(common_words().slots[lang]) | {"due": ("soon",)}
            assert all(expand(line, slots=slots, rng=Random(0)).strip() for line in lines)

    def test_nothing_passes_for_real(self) -> None:
        assert all(alert.scorer.endswith("-demo") for alert in alerts())
        assert all(firm.external_id.startswith("D-") for firm in companies(seed=7, now=NOW))


class TestDrift:
    def test_the_new_price_list_changes_what_complaints_look_like(self) -> None:
        start = start_of(NOW)
        angry = [alert for alert in alerts("complaint") if alert.truth and PRICE_LIST.search(alert.text)]
        by_month = Counter(month_of(alert.at, start) for alert in angry)
        assert by_month[1] + by_month[2] + by_month[3] == 0
        assert by_month[4] + by_month[5] + by_month[6] >= 20

    @each_queue
    def test_a_new_version_of_the_model_arrives_in_month_three(self, slug: str) -> None:
        start = start_of(NOW)
        months: dict[str, set[int]] = {}
        for alert in alerts(slug):
            if "llm" in alert.scorer:
                months.setdefault(alert.scorer_version, set()).add(month_of(alert.at, start))
        assert sorted(map(sorted, months.values())) == [[1, 2], [3, 4, 5, 6]]

    def test_usage_thresholds_misfire_in_holidays(self) -> None:
        sql = [alert for alert in alerts() if "sql" in alert.scorer]
        holiday = [alert.truth for alert in sql if is_rest(alert.at.astimezone(SHANGHAI).date())]
        ordinary = [alert.truth for alert in sql if not is_rest(alert.at.astimezone(SHANGHAI).date())]
        assert len(holiday) >= 20
        assert np.mean(holiday) < np.mean(ordinary) - 0.1


class TestPeople:
    def test_every_queue_has_reps_and_a_labeler_and_nobody_but_the_lead_has_all(self) -> None:
        assert all(len(members(slug, "rep")) >= 2 and members(slug, "labeler") for slug in EVERY_QUEUE)
        assert [person.username for person in PEOPLE if set(person.queues) == set(EVERY_QUEUE)] == ["lena"]

    def test_only_members_judge(self) -> None:
        reps = {(slug, person.username) for slug in EVERY_QUEUE for person in members(slug, "rep")}
        assert {(event.queue, event.person) for event in verdicts()} == reps

    def test_wei_flips_an_eighth_of_the_verdicts(self) -> None:
        assert 0.07 <= wrong_share("wei") <= 0.18
        assert wrong_share("rhea") < 0.05

    def test_tom_waves_accurate_alerts_away_on_friday_afternoons(self) -> None:
        truth = {alert.external_id: alert.truth for alert in alerts()}
        toms = [event for event in verdicts() if event.person == "tom" and truth[event.external_id]]
        hasty = [event.value == "false_positive" for event in toms if is_friday_afternoon(event.at)]
        calm = [event.value == "false_positive" for event in toms if not is_friday_afternoon(event.at)]
        assert np.mean(hasty) > 0.35 > 0.12 > np.mean(calm)

    def test_reasons_and_notes_stand_on_some_verdicts_only(self) -> None:
        noted = sum(bool(event.note) for event in verdicts()) / len(verdicts())
        wrong = [event for event in verdicts() if event.value == "false_positive"]
        assert 0.08 < noted < 0.3
        assert 0.4 < sum(bool(event.reason) for event in wrong) / len(wrong) < 0.6


class TestLearnability:
    @each_queue
    def test_a_simple_model_learns_it_and_does_not_learn_all_of_it(self, slug: str) -> None:
        auc, early = progressive_auc(alerts(slug))
        assert 0.8 < auc < 0.97
        assert early < auc + 0.02

    @each_queue
    def test_the_upstream_score_knows_little(self, slug: str) -> None:
        told = alerts(slug)
        assert 0.5 < roc_auc_score([one.truth for one in told], [one.upstream_score for one in told]) < 0.72


def wrong_share(person: str) -> float:
    truth = {alert.external_id: alert.truth for alert in alerts()}
    given = [event for event in verdicts() if event.person == person and event.value != "unsure"]
    return float(np.mean([(event.value == "accurate") != truth[event.external_id] for event in given]))


def progressive_auc(told: list[AlertRaised], step: int = 90) -> tuple[float, float]:
    """AUC of a model that is refitted every `step` alerts on those before: over all, and over the first 180 of them."""
    text = HashingVectorizer(analyzer="char_wb", ngram_range=(1, 3), n_features=2**13)
    figures = DictVectorizer()
    columns = figures.fit_transform([{key: flat(value) for key, value in one.features.items()} for one in told])
    x = hstack([text.transform([one.text for one in told]), 0.4 * columns]).tocsr()
    y = np.array([one.truth for one in told])
    chunks = [
        LogisticRegression(C=3, solver="liblinear").fit(x[:low], y[:low]).predict_proba(x[low : low + step])[:, 1]
        for low in range(step, len(told), step)
    ]
    scores = np.concatenate(chunks)
    return float(roc_auc_score(y[step:], scores)), float(roc_auc_score(y[step : step + 180], scores[:180]))


def flat(value: float | str) -> float | str:
    return value if isinstance(value, str) else float(np.log1p(abs(value)) * np.sign(value))


class TestTheLeads:
    @each_queue
    def test_leave_no_desk_half_blind(self, slug: str) -> None:
        steps = next(one.policy for one in queue_stories() if one.slug == slug)
        assert [asked["blind_share"] for _day, asked in steps if "blind_share" in asked][-1] <= 0.15
