"""What the learner must reach on real streams; they are not part of the project."""

import json
import subprocess
import sys

import pytest

from bench.ranking import FIGURES, SHARED

# In a process of its own: measuring coverage would make it several times as slow.
MEASURE = """
import json, sys
from bench.ranking import measure
from scoring.online_model import ModelConfig
print(json.dumps(measure(sys.argv[1], ModelConfig())))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (SHARED / "data" / "yardstick.json").exists(),
        reason="no real streams: set ALERTLOOP_SHARED to their folder",
    ),
]


class TestTheLearner:
    @pytest.mark.parametrize("stream", ["waimai", "iranian"])
    def test_ranks_within_a_hundredth_of_the_batch_yardstick(self, stream: str) -> None:
        yardstick = json.loads((SHARED / "data" / "yardstick.json").read_text())[stream]["logistic"]
        done = subprocess.run([sys.executable, "-c", MEASURE, stream], capture_output=True, text=True, check=True)
        ours = json.loads(done.stdout)
        assert {figure: ours[figure] - yardstick[figure] > -0.01 for figure in FIGURES} == dict.fromkeys(FIGURES, True)
