"""How a line sounds in a channel: openers and closers, fillers of speech, hasty typing."""

import re
from random import Random

from scoring.demo.grammar import Slots, expand
from scoring.demo.library import Banks, QueueStory, Scene, common_words

LONGEST = 200
SHORTEST = 8
_FILLERS = {
    "zh": ("嗯，", "那个，", "就是说，", "呃，", "对吧，", "然后，"),
    "en": ("um, ", "you know, ", "I mean, ", "well, "),
}
_ENDS = {
    "phone": ("。", "。", ""),
    "wechat": ("", "", "！", "…", "~", "。", "！！"),
    "chat": ("", "", "。", "！"),
    "email": ("。",),
}
_ASKS = re.compile(r"[吗呢么]$|怎么|哪|多少|什么|谁|几|能不能|可不可以|有没有")
_SLIPS = (("the ", "teh "), ("'", ""), ("you ", "u "), ("please", "pls"), ("because", "bc"), ("receive", "recieve"))


def speak(*, queue: QueueStory, scene: Scene | None, lang: str, channel: str, due: str, rng: Random) -> str:
    """What was said: a line of the scene (small talk where there is none), as the channel makes it sound.

    `lang` is zh, en or mixed (Chinese with English terms); `due` how the customer speaks of the end of its contract.
    """
    words = common_words()
    slots = dict(words.slots[lang]) | {"due": (due,)}
    bank = _bank(scene.lines if scene else words.smalltalk, lang)
    lines = [expand(line, slots=slots, rng=rng) for line in rng.sample(bank, k=_how_many(queue, bank, rng))]
    if lang == "en":
        lines = [line[0].upper() + line[1:] for line in lines]
    if queue.dialogue:
        return _as_dialogue(lines[0], queue.dialogue, lang, channel, rng)
    if queue.customer_speaks:
        lines = _framed(lines, "en" if lang == "en" else "zh", channel, slots, rng)
    return _fit(lines, lang, channel, rng)


def _bank(lines: Banks, lang: str) -> tuple[str, ...]:
    return lines.get(lang) or lines["zh"]


def _how_many(queue: QueueStory, bank: tuple[str, ...], rng: Random) -> int:
    return 1 if queue.dialogue or len(bank) < 3 or rng.random() < 0.72 else 2


def _as_dialogue(line: str, speakers: Banks, lang: str, channel: str, rng: Random) -> str:
    asked, answered = line.split("=>")
    who = speakers["en" if lang == "en" else "zh"]
    colon = ": " if lang == "en" else "："
    return f"{who[0]}{colon}{_hasty(asked.strip(), lang, channel, rng)}\n{who[1]}{colon}{answered.strip()}"


def _framed(lines: list[str], lang: str, channel: str, slots: Slots, rng: Random) -> list[str]:
    """Perhaps a greeting before, perhaps a word after."""
    words = common_words()
    opener = [rng.choice(words.openers[lang])] if rng.random() < 0.38 else []
    closers = words.signatures if channel == "email" else words.closers
    closer = [rng.choice(closers[lang])] if rng.random() < 0.3 else []
    return [
        *(expand(line, slots=slots, rng=rng) for line in opener),
        *lines,
        *(expand(line, slots=slots, rng=rng) for line in closer),
    ]


def _fit(lines: list[str], lang: str, channel: str, rng: Random) -> str:
    """Join, drop from the end what makes it too long, and let the channel colour it."""
    while len(lines) > 1 and sum(map(len, lines)) > LONGEST - 20:
        lines.pop()
    text = _english(lines, channel, rng) if lang == "en" else _chinese(lines, channel, rng)
    if len(text) < SHORTEST:
        text += " thanks a lot" if lang == "en" else "，麻烦尽快回复一下"
    return text[:LONGEST]


def _chinese(lines: list[str], channel: str, rng: Random) -> str:
    joints = {"wechat": ("，", " ", "。"), "email": ("。", "，")}.get(channel, ("，", "。", "，"))
    text = rng.choice(joints).join(lines)
    if channel == "phone":
        text = _with_fillers(text, "，", _FILLERS["zh"], rng)
    text = _hasty(text, "zh", channel, rng)
    if text[-1] in "？！。~":
        return text
    asks = _ASKS.search(re.split(r"[，。 ]", text)[-1]) is not None
    return text + (rng.choice(("？", "？", "", "?")) if asks else rng.choice(_ENDS[channel]))


def _english(lines: list[str], channel: str, rng: Random) -> str:
    first, *rest = lines
    if rest and len(first) < 14 and first[-1] not in "?!.)":
        rest[0] = _uncapital(rest[0])
        text = f"{first}, {'. '.join(rest)}"
    else:
        text = ". ".join(lines)
    if channel == "phone":
        text = _with_fillers(text, ", ", _FILLERS["en"], rng)
    return _hasty(re.sub(r"([?!:)])\. ", r"\1 ", text), "en", channel, rng)


def _uncapital(line: str) -> str:
    """Lower the first letter, unless it is an "I" or a name's."""
    return (
        line if re.match(r"I\b|[A-Z]{2}|[A-Z][a-z]+(desk|lane|well)|Corvus|Karen", line) else line[0].lower() + line[1:]
    )


def _with_fillers(text: str, comma: str, fillers: tuple[str, ...], rng: Random) -> str:
    """Speech as a transcript has it."""
    parts = text.split(comma)
    filled = [
        rng.choice(fillers) + (_uncapital(part) if part else part) if rng.random() < 0.16 else part for part in parts
    ]
    return comma.join(filled)


def _hasty(text: str, lang: str, channel: str, rng: Random) -> str:
    """Typed in a hurry: no capitals, a slip, spaces for commas. Only where people type."""
    if channel not in ("chat", "wechat"):
        return text
    if lang == "en":
        if rng.random() < 0.45:
            text = text.lower()
        return text.replace(*rng.choice(_SLIPS)) if rng.random() < 0.25 else text
    return text.replace("，", " ") if rng.random() < 0.18 else text
