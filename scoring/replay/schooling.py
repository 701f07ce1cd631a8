"""A model that learns and, at the milestones, trains and adopts a generation by itself: what a worker does. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from scoring.features import Features
from scoring.learner.generation import TrainingLesson, is_due, train
from scoring.online_model import OnlineModel


@dataclass(slots=True)
class Schooling:
    """A model and everything that it has learnt."""

    model: OnlineModel
    lessons: list[TrainingLesson] = field(default_factory=list)

    def learn(self, features: Features, label: bool, key: int = 0) -> None:
        """Learn one label; at a milestone, train on all so far and adopt."""
        self.model.learn(features, label, key=key)
        self.lessons.append(TrainingLesson(features, label))
        if self.model.config.slow_trees and is_due(self.model.learnt):
            self.model.adopt(train(self.lessons, self.model.config))
