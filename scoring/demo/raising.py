"""Which alerts a queue gets: when, about whom, by which scorer, what was said, and whether it is accurate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from scoring.demo import figures, workdays
from scoring.demo.customers import Company
from scoring.demo.events import AlertRaised
from scoring.demo.library import QueueStory, Scene, ScorerStory
from scoring.demo.voice import speak

_VERSION_MONTH = 3
_FRESH = timedelta(hours=6)
_FRESH_ALERTS = 8
_BUSY_DAYS = 7
# What a scorer's kind and state add to the chance that its alert is accurate.
_SKILL = {"llm": 0.04, "rule": -0.06, "sql": -0.01}
_NEW_VERSION_GAIN = 0.07
_HOLIDAY_SQL_LOSS = 0.28
_HOLIDAY_SQL_CROWD = 2.6
# The share of alerts whose words point the wrong way: nobody can learn these from the text.
_MISLEADING = 0.05
_CHANNELS = {
    "zh": (("wechat", 0.42), ("phone", 0.33), ("chat", 0.25)),
    "en": (("email", 0.4), ("chat", 0.38), ("phone", 0.22)),
    "dialogue": (("chat", 0.6), ("wechat", 0.4)),
}
_RETRIES = 8
_AT_RISK_DAYS = 100


@dataclass(frozen=True, slots=True)
class Told:
    """An alert with what only the story knows: its scene (None: small talk) and its company."""

    alert: AlertRaised
    scene: Scene | None
    company: Company


def raise_alerts(*, queue: QueueStory, companies: Sequence[Company], now: datetime, seed: int) -> list[Told]:
    """The queue's alerts of six months, in time order. Texts repeat only where a few redraws found nothing new."""
    rng = Random(f"{seed}/{queue.slug}/alerts")
    start = workdays.start_of(now)
    said: set[str] = set()
    told = []
    for number, at in enumerate(_moments(queue, now, start, rng), start=1):
        teller = _Teller(queue, companies, start, at, rng)
        draft = teller.tell(f"{queue.slug}-{number:05d}")
        for _retry in range(_RETRIES):
            if draft.alert.text not in said:
                break
            draft = teller.tell(f"{queue.slug}-{number:05d}")
        said.add(draft.alert.text)
        told.append(draft)
    return told


def _moments(queue: QueueStory, now: datetime, start: datetime, rng: Random) -> list[datetime]:
    days = [(start + timedelta(days=n)).date() for n in range(workdays.DAYS + 1)]
    # Volume grows as customers and sources are connected; the last week is busier than the team can handle.
    weights = [
        workdays.traffic(day) * (1 + 0.6 * n / len(days)) * (1.8 if n > len(days) - _BUSY_DAYS else 1.0)
        for n, day in enumerate(days)
    ]
    drawn = [workdays.moment(day, rng) for day in rng.choices(days, weights=weights, k=queue.alerts - _FRESH_ALERTS)]
    fresh = [now - _FRESH * rng.random() for _ in range(_FRESH_ALERTS)]
    past = [at if at < now else at - timedelta(days=1) for at in [*drawn, *fresh]]
    return sorted(at.astimezone(workdays.SHANGHAI).replace(microsecond=0) for at in past)


class _Teller:
    """Tells one alert at one moment; each `tell` is a new draw."""

    def __init__(
        self, queue: QueueStory, companies: Sequence[Company], start: datetime, at: datetime, rng: Random
    ) -> None:
        self.queue, self.companies, self.at, self.rng = queue, companies, at, rng
        self.day: date = at.date()
        self.month = workdays.month_of(at, start)

    def tell(self, external_id: str) -> Told:
        """1. Whose alert, by whom. 2. Is it accurate. 3. The scene, then the words. 4. The figures."""
        rng = self.rng
        company = rng.choice([one for one in self.companies if one.is_customer_on(self.day)])
        scorer = self._scorer()
        version = 1 if self.month >= _VERSION_MONTH and len(scorer.versions) > 1 else 0
        truth = rng.random() < self._chance(company, scorer, version)
        scene = self._scene(scorer, truth != (rng.random() < _MISLEADING))
        lang = self._lang(company, scene)
        channel = self._channel(lang)
        text = speak(queue=self.queue, scene=scene, lang=lang, channel=channel, due=company.due(self.day), rng=rng)
        found = figures.features_of(self.queue, company, self.day, truth=truth, rng=rng)
        score = figures.upstream_score(scorer, version, truth=truth, rng=rng)
        evidence = figures.evidence_for(scorer, company, self.day, channel=channel, text=text, found=found, rng=rng)
        alert = AlertRaised(
            at=self.at, queue=self.queue.slug, external_id=external_id, scorer=scorer.name,
            scorer_version=scorer.versions[version], customer_id=company.external_id, customer_name=company.name,
            channel=channel, lang=lang, text=text, features=found, evidence=evidence, upstream_score=score, truth=truth,
        )  # fmt: skip
        return Told(alert, scene, company)

    def _scorer(self) -> ScorerStory:
        crowd = _HOLIDAY_SQL_CROWD if workdays.is_rest(self.day) else 1.0
        weights = [one.share * (crowd if one.kind == "sql" else 1.0) for one in self.queue.scorers]
        return self.rng.choices(self.queue.scorers, weights=weights)[0]

    def _chance(self, company: Company, scorer: ScorerStory, version: int) -> float:
        """The chance that this alert is accurate."""
        if self.queue.slug == "churn" and (company.contract_ends_on - self.day).days in range(_AT_RISK_DAYS):
            return 0.88 if company.leaves else 0.2
        chance = self.queue.base_rate + _SKILL[scorer.kind] + _NEW_VERSION_GAIN * version
        if scorer.kind == "sql" and workdays.is_rest(self.day):
            chance -= _HOLIDAY_SQL_LOSS
        return chance

    def _scene(self, scorer: ScorerStory, accurate: bool) -> Scene | None:
        """A scene that the scorer fires on, this month. A threshold on usage mostly knows only the last small talk."""
        if scorer.kind == "sql" and self.queue.customer_speaks and self.rng.random() < 0.5:
            return None
        wanted = ("accurate" if accurate else "false", "either")
        fitting = [
            scene
            for scene in self.queue.scenes
            if scene.truth in wanted
            and scorer.kind in scene.scorers
            and scene.from_month <= self.month <= scene.until_month
        ]
        return self.rng.choices(fitting, weights=[scene.weight for scene in fitting])[0]

    def _lang(self, company: Company, scene: Scene | None) -> str:
        if company.lang == "zh" and scene is not None and "mixed" in scene.lines and self.rng.random() < 0.3:
            return "mixed"
        return company.lang

    def _channel(self, lang: str) -> str:
        table = _CHANNELS["dialogue" if self.queue.dialogue else "en" if lang == "en" else "zh"]
        return self.rng.choices([name for name, _ in table], weights=[share for _, share in table])[0]
