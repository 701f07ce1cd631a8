"""The companies that the generated alerts are about."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from scoring.demo.library import company_names
from scoring.demo.workdays import DAYS, start_of

_SEGMENTS = {"micro": (0.3, 9_800), "small": (0.35, 36_000), "mid": (0.25, 140_000), "enterprise": (0.1, 520_000)}
_PLANS = {
    "micro": ("basic", "basic", "standard"), "small": ("basic", "standard", "standard", "pro"),
    "mid": ("standard", "pro", "pro"), "enterprise": ("pro", "enterprise", "enterprise"),
}  # fmt: skip
_LEAVING_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Company:
    """A customer. `leaves` says whether it churns when its contract ends; nobody in the story knows it before."""

    external_id: str
    name: str
    lang: str
    segment: str
    plan: str
    contract_value: int
    joined_on: date
    contract_ends_on: date
    leaves: bool
    manager: str

    def days_left(self, day: date) -> int:
        """Days until the contract ends; a contract that was renewed runs for another year."""
        left = (self.contract_ends_on - day).days
        return left if left >= 0 else left + 365

    def is_customer_on(self, day: date) -> bool:
        """Whether the company is with us that day."""
        return self.joined_on <= day and not (self.leaves and day > self.contract_ends_on)

    def due(self, day: date) -> str:
        """How the customer speaks of the end of its contract."""
        left = self.days_left(day)
        if left > 100:
            return "合同还有大半年" if left > 180 else "合同下个季度到期"
        return "合同下个月到期" if 14 < left < 60 else "合同这两周到期" if left <= 14 else "合同还有三个月"


def companies(*, seed: int, now: datetime) -> tuple[Company, ...]:
    """Some 120 companies; a fifth of them join during the story, some leave."""
    rng = Random(f"{seed}/companies")
    names = [(name, lang) for lang, bank in company_names().items() for name in bank]
    return tuple(_company(number, name, lang, rng, start_of(now).date()) for number, (name, lang) in enumerate(names))


def _company(number: int, name: str, lang: str, rng: Random, start: date) -> Company:
    segment = rng.choices(list(_SEGMENTS), weights=[share for share, _value in _SEGMENTS.values()])[0]
    value = round(_SEGMENTS[segment][1] * rng.lognormvariate(0, 0.35), -2)
    joined = start + timedelta(days=rng.randrange(5, 140) if rng.random() < 0.18 else -rng.randrange(40, 1500))
    # New customers have a year before them; the contracts of the others end any day of the year to come.
    ends = joined + timedelta(days=365) if joined > start else start + timedelta(days=rng.randrange(20, 380))
    ended = (ends - start).days < DAYS
    return Company(
        external_id=f"D-{1001 + number}", name=name, lang=lang, segment=segment, plan=rng.choice(_PLANS[segment]),
        contract_value=int(value), joined_on=joined, contract_ends_on=ends,
        leaves=ended and rng.random() < _LEAVING_SHARE,
        manager=rng.choice(("小陈", "小周", "林经理") if lang == "zh" else ("Priya", "Jason", "Lily")),
    )  # fmt: skip
