"""Every parameter of a frozen configuration can be read with what it means."""

from collections import Counter
from dataclasses import fields

from scoring.learner.model_config import ModelConfig
from scoring.lifecycle.manual import sections


class TestSections:
    def test_every_parameter_is_in_one_section(self) -> None:
        named = Counter(name for section in sections() for name in section.names)
        assert named == Counter(one.name for one in fields(ModelConfig))

    def test_each_has_a_title_and_words(self) -> None:
        assert all(section.title and section.text for section in sections())
        assert "memory" in next(section.names for section in sections() if section.title == "Sizes")
