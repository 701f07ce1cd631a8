"""Blocks, frames and movements: what of the alerts is watched, and when it is worth a word."""

import json
import random
from collections.abc import Callable

import pytest

from scoring.features import AlertFacts, extract
from scoring.learner.model_config import ModelConfig
from scoring.lifecycle.arrivals import seen_of
from scoring.lifecycle.frame import Frame, Seen, chinese_share
from scoring.lifecycle.watch import BLOCK, KEEP, Movement, Row, Watch, block_means, error_values

CONFIG = ModelConfig()
WORDS = "price too high invoice late support call contract renew cancel slow app crash refund order".split()


def arrived(rng: random.Random, **changed: object) -> Seen:
    given = {"channel": rng.choice(["app", "shop", "phone"]), "tenure": rng.gauss(40, 10)} | changed
    text = str(given.pop("text", " ".join(rng.choices(WORDS, k=12))))
    return seen_of(AlertFacts(text, given, 0.5, "rules", "1"), 0.5, CONFIG)  # type: ignore[arg-type]


def watched(later: Callable[[random.Random], Seen], blocks: int = 60, seed: int = 0) -> list[Movement]:
    """What moved when, after 60 usual blocks, the alerts became these."""
    rng = random.Random(seed)
    frame, watch = Frame.fit([arrived(rng) for _ in range(500)], CONFIG.text_bits), Watch()
    alerts = [arrived(rng) for _ in range(60 * BLOCK)] + [later(rng) for _ in range(blocks * BLOCK)]
    moved = []
    for low in range(0, len(alerts), BLOCK):
        part = alerts[low : low + BLOCK]
        means, raw = block_means([frame.series(one) for one in part]), block_means([frame.raw(one) for one in part])
        moved += watch.add(Row("2026-03-02T12:00:00+00:00", low, means, raw))
    return [one for one in moved if one.is_worth_a_word]


class TestWatchedAlerts:
    def test_alerts_that_stay_alike_move_nothing(self) -> None:
        assert [watched(arrived, seed=seed) for seed in range(3)] == [[], [], []]

    def test_a_number_that_rises_is_told_in_its_own_unit(self) -> None:
        moved = watched(lambda rng: arrived(rng, tenure=rng.gauss(60, 10)))
        (level,) = [one for one in moved if one.series == ("level", "tenure", "")]
        assert level.raw_before == pytest.approx(40, abs=2) and level.raw_after == pytest.approx(60, abs=4)
        assert abs(level.position - 60 * BLOCK) <= 3 * BLOCK

    def test_a_share_that_grows_is_told(self) -> None:
        moved = watched(lambda rng: arrived(rng, channel=rng.choice(["app", "app", "app", "shop"])))
        assert ("share", "channel", "app") in {one.series for one in moved}

    def test_a_value_that_was_never_seen_is_told(self) -> None:
        moved = watched(lambda rng: arrived(rng, channel="kiosk"))
        assert ("new values", "channel", "") in {one.series for one in moved}

    def test_a_number_that_stops_coming_is_told(self) -> None:
        moved = watched(lambda rng: arrived(rng, tenure=None))
        assert ("missing", "tenure", "") in {one.series for one in moved}

    def test_another_language_is_told(self) -> None:
        moved = watched(lambda rng: arrived(rng, text="配送太慢了，要求退款，再也不来了"))
        assert {("chinese", "", ""), ("new words", "", "")} <= {one.series for one in moved}

    def test_a_wider_spread_around_the_same_middle_is_told(self) -> None:
        moved = watched(lambda rng: arrived(rng, tenure=rng.gauss(40, 30)))
        assert ("spread", "tenure", "") in {one.series for one in moved}


class TestErrorsWatched:
    def errors(self, *rates: float) -> list[Movement]:
        rng, watch, moved = random.Random(1), Watch(), []
        for rate in rates:
            for position in range(60):
                block = [error_values(0.2, rng.random() < rate) for _ in range(BLOCK)]
                moved += watch.add(Row("2026-03-02T12:00:00+00:00", position, block_means(block)))
        return moved

    def test_a_loss_that_grows_is_worth_a_word(self) -> None:
        told = {one.series[0] for one in self.errors(0.2, 0.6) if one.is_worth_a_word}
        assert told == {"loss", "bias", "accurate"}

    def test_a_loss_that_shrinks_is_not(self) -> None:
        shrunk = [one for one in self.errors(0.6, 0.2) if one.kind == "loss"]
        assert shrunk and not any(one.is_worth_a_word for one in shrunk)

    def test_the_loss_of_one_alert_is_bounded(self) -> None:
        assert error_values(0.0, True)["loss", "", ""] < 5.4


class TestState:
    def test_it_survives_as_json_wherever_it_is_interrupted(self) -> None:
        rng = random.Random(3)
        rows = [Row("t", n, {("loss", "", ""): rng.gauss(0.3 if n < 90 else 0.7, 0.1)}) for n in range(150)]
        whole, torn = Watch(), Watch()
        expected = [one for row in rows for one in whole.add(row)]
        found = []
        for row in rows:
            torn = Watch.from_dict(json.loads(json.dumps(torn.to_dict())))
            found += torn.add(row)
        assert found == expected != []
        assert torn == whole

    def test_it_is_bounded(self) -> None:
        watch = Watch()
        for n in range(5 * KEEP):
            watch.add(Row("t", n, {("loss", "", ""): 0.1}))
        assert len(watch.rows) < 2 * KEEP and watch.blocks == 5 * KEEP

    def test_what_was_forgotten_is_read_from_the_next_block_on(self) -> None:
        rng, watch, loss = random.Random(4), Watch(), ("loss", "", "")
        for n in range(100):
            watch.add(Row("t", n, {loss: rng.gauss(0.3, 0.1)}))
        watch.forget(loss)
        assert [one for n in range(100) for one in watch.add(Row("t", n, {loss: rng.gauss(0.9, 0.1)}))] == []


class TestFrame:
    def frame(self) -> Frame:
        rng = random.Random(5)
        return Frame.fit([arrived(rng) for _ in range(500)], CONFIG.text_bits)

    def test_it_survives_as_json_and_bits(self) -> None:
        frame, alert = self.frame(), arrived(random.Random(6), channel="kiosk")
        stored = json.loads(json.dumps(frame.to_dict()))
        assert "\x00" not in json.dumps(stored, ensure_ascii=False)
        assert Frame.from_dict(stored, frame.packed_words()).series(alert) == frame.series(alert)

    def test_every_series_lies_between_0_and_1(self) -> None:
        values = self.frame().series(arrived(random.Random(6), tenure=1e12))
        assert all(0 <= value <= 1 for value in values.values())

    def test_it_watches_a_bounded_number_of_series(self) -> None:
        many = {f"f{n}": str(n % 40) for n in range(40)} | {f"n{n}": n for n in range(40)}
        one = Seen(extract(AlertFacts("", many, None, "rules", "1"), CONFIG), 0, 0.0, 0.5)
        assert len(Frame.fit([one] * 500, CONFIG.text_bits).series(one)) < 250

    @pytest.mark.parametrize(("text", "share"), [("", 0), ("abc", 0), ("配送慢", 1), ("配送ab", 0.5), ("12 !", 0)])
    def test_the_share_of_chinese(self, text: str, share: float) -> None:
        assert chinese_share(text) == share
