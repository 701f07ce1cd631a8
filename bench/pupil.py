"""The learner with its slow generations, as a worker teaches it. Shared by the benches."""

from __future__ import annotations

from scoring.features import Features
from scoring.learner.generation import TrainingLesson, is_due, train
from scoring.online_model import ModelConfig, OnlineModel


class Pupil:
    """A model, and all that it has learnt: generations are trained and adopted at the milestones."""

    def __init__(self) -> None:
        self.model = OnlineModel(ModelConfig())
        self.lessons: list[TrainingLesson] = []

    def learn(self, features: Features, label: bool, weight: float = 1.0, key: int = 0, text: bool = True) -> None:
        """Learn one label; at a milestone train and adopt a generation."""
        self.model.learn(features, label, weight, key, text)
        self.lessons.append(TrainingLesson(features, label, weight, text))
        if self.model.config.slow_trees and is_due(self.model.learnt):
            self.model.adopt(train(self.lessons, self.model.config))
