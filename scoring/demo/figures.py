"""The figures beside a text: structured features, the upstream score, the evidence a rep wants to see."""

from datetime import date
from random import Random

from scoring.demo.customers import Company
from scoring.demo.events import Evidence, Feature
from scoring.demo.library import FeatureStory, QueueStory, ScorerStory

_CHANNELS = {
    "phone": ("电话", "phone"),
    "chat": ("在线客服", "chat"),
    "email": ("邮件", "e-mail"),
    "wechat": ("微信", "WeChat"),
}


def features_of(queue: QueueStory, company: Company, day: date, *, truth: bool, rng: Random) -> dict[str, Feature]:
    """The structured features of one alert; a missing one is absent."""
    found: dict[str, Feature] = {}
    for feature in queue.features:
        if rng.random() < feature.missing:
            continue
        of_company = feature.kind == "customer"
        found[feature.key] = _of_company(feature.key, company, day) if of_company else _draw(feature, truth, rng)
    return found


def _of_company(key: str, company: Company, day: date) -> Feature:
    if key == "contract_days_left":
        return company.days_left(day)
    if key == "months_with_us":
        return max(0, (day - company.joined_on).days // 30)
    value: Feature = getattr(company, key)
    return value


def _draw(feature: FeatureStory, truth: bool, rng: Random) -> Feature:
    shape = feature.accurate if truth else feature.false
    if feature.kind == "category":
        return str(rng.choices(list(shape), weights=list(shape.values()))[0])
    centre, spread = map(float, shape)
    if feature.kind == "count":
        # Log-normal, so that zero happens and a few are far out, as counts do.
        return max(0, round((centre + 0.5) * rng.lognormvariate(0, spread) - 0.5))
    drawn = rng.gauss(centre, spread)
    if feature.kind == "grade":
        return max(0, min(10 if centre > 5 else 5, round(drawn)))
    return round(max(-1.0, min(drawn, 1.5 if centre < 0 else 1.0)), 2)


def upstream_score(scorer: ScorerStory, version: int, *, truth: bool, rng: Random) -> float:
    """What the scorer claims, 0 to 1. It knows little: an accurate alert scores a few hundredths higher."""
    if scorer.kind == "rule":
        return rng.choices((0.6, 0.7, 0.8, 0.9), weights=(2, 3, 3, 2 + truth))[0]
    centre, spread = (0.72 + 0.08 * version, 0.1) if scorer.kind == "llm" else (0.62, 0.12)
    return round(min(0.99, max(0.3, rng.gauss(centre + 0.06 * truth, spread))), 2)


def evidence_for(
    scorer: ScorerStory,
    company: Company,
    day: date,
    *,
    channel: str,
    text: str,
    found: dict[str, Feature],
    rng: Random,
) -> tuple[Evidence, ...]:
    """What a rep would look up before judging, in the customer's language.

    No scorer's score is among it: whoever judges an alert blind sees its evidence.
    """
    en = company.lang == "en"
    lines = [*_grounds(scorer, text, en), _last_contact(company, channel, found, en, rng)]
    if company.is_customer_on(day):
        lines.append(_contract(company, day, en))
    tickets = found.get("tickets_open")
    if isinstance(tickets, int) and tickets > 0:
        numbers = ", ".join(f"T-{rng.randrange(20_000, 29_999)}" for _ in range(min(3, tickets)))
        lines.append(Evidence("Open tickets" if en else "未结工单", numbers))
    if channel == "phone":
        lines.append(Evidence("Recording" if en else "录音", f"{rng.randrange(1, 15):02d}:{rng.randrange(60):02d}"))
    return tuple(lines)


def _grounds(scorer: ScorerStory, text: str, en: bool) -> list[Evidence]:
    """What the scorer fired on, where it can say so."""
    bank = scorer.grounds.get("en" if en else "zh", ())
    if scorer.kind == "llm":
        return []
    if scorer.kind == "sql":
        return [Evidence("Threshold" if en else "触发阈值", bank[0])]
    hits = [word for word in bank if word in text.lower()] or list(bank[:1])
    return [Evidence("Words matched" if en else "命中词", ", ".join(hits[:3]) if en else "、".join(hits[:3]))]


def _last_contact(company: Company, channel: str, found: dict[str, Feature], en: bool, rng: Random) -> Evidence:
    days = rng.choice((0, 0, 1, 2, 3, 5, 8, 13))
    match found.get("contacts_7d"):
        case 0:
            days = max(days, 8)
        case int():
            days = min(days, 6)
    ago = ("today" if days == 0 else f"{days} d ago") if en else ("今天" if days == 0 else f"{days} 天前")
    return Evidence("Last contact" if en else "最近联系", f"{ago} · {_CHANNELS[channel][en]} · {company.manager}")


def _contract(company: Company, day: date, en: bool) -> Evidence:
    value = f"{company.contract_value:,}"
    left = company.days_left(day)
    if en:
        return Evidence("Contract", f"¥{value} a year, {left} days left")
    return Evidence("合同", f"年费 ¥{value}，剩 {left} 天")
