"""How many bytes a model holds."""

from collections import deque

import numpy as np

from scoring.learner.model_config import ModelConfig
from scoring.lifecycle.footprint import footprint
from scoring.online_model import OnlineModel
from tests.scoring.alerts import taught, world


class TestFootprint:
    def test_an_array_counts_with_its_numbers(self) -> None:
        assert 800 <= footprint(np.zeros(100)) <= 1000

    def test_what_is_held_twice_counts_once(self) -> None:
        array = np.zeros(1000)
        assert footprint([array, array, array[10:]]) < 9000

    def test_what_collections_and_objects_hold_counts(self) -> None:
        assert footprint({"kept": deque([np.zeros(1000)])}) > 8000

    def test_a_model_that_has_learnt_more_than_it_remembers_grows_no_further(self) -> None:
        config = ModelConfig(memory=200, dense_slots=100)
        some, more = (footprint(taught(config, world(count))) for count in (600, 1200))
        assert footprint(OnlineModel(config)) < some
        assert more < 1.02 * some
