"""What the learner must reach on real streams; they are not part of the project."""

import json

import pytest

from bench.ranking import FIGURES, SHARED, measure
from scoring.online_model import ModelConfig

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (SHARED / "data" / "yardstick.json").exists(),
        reason="no real streams: set ALERTLOOP_SHARED to their folder",
    ),
]


class TestTheLearner:
    @pytest.mark.parametrize("stream", ["waimai", "telco", "mlc"])
    def test_ranks_within_a_hundredth_of_the_batch_yardstick(self, stream: str) -> None:
        yardstick = json.loads((SHARED / "data" / "yardstick.json").read_text())[stream]["logistic"]
        ours = measure(stream, ModelConfig())
        assert {figure: ours[figure] - yardstick[figure] > -0.01 for figure in FIGURES} == dict.fromkeys(FIGURES, True)
