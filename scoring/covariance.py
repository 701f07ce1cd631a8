"""What is believed of the dense weights: how uncertain they are, and how they hang together. Pure.

An extended Kalman filter for logistic regression (online Newton with the exact curvature): one pass over the labels
lands close to the batch fit, without a learning rate. West, Harrison, Migon (1985), JASA 80; the same recursion as
``river.optim.Newton``, with the logistic loss's curvature in place of the squared gradient.

No sum is left to a BLAS, whose order depends on threads and processor. The outer product is: it has nothing to sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring.model_config import ModelConfig
from scoring.state import Encoder, Floats, Vector


class Covariance:
    """Covariance of the dense weights, shape (size, size), symmetric to the bit."""

    def __init__(self) -> None:
        self.matrix: Floats = np.zeros((0, 0))
        self._change: Floats = np.zeros((0, 0))

    def set(self, matrix: Floats) -> None:
        """Put a covariance in force."""
        self.matrix = matrix
        self._change = np.empty_like(matrix)

    def grow(self, variances: Floats) -> None:
        """Room for the weights that are new; ``variances`` has a prior variance for every weight, old ones too."""
        known = len(self.matrix)
        larger = np.diag(variances)
        larger[:known, :known] = self.matrix
        self.set(larger)

    def step(self, vector: Vector, slope: float, curvature: float, drift: float) -> Floats:
        """Learn one label; returns what to add to the weights.

        ``slope`` and ``curvature``: first and second derivative of the weighted loss by the log-odds. ``drift`` is
        added to every variance that has one: weights may move on.
        """
        values = vector.dense_values
        reach = np.einsum("i,ij->j", values, self.matrix.take(vector.dense, axis=0))
        doubt = max(0.0, float(np.add.reduce(reach[vector.dense] * values)))  # rounding may take it below 0
        shrink = 1.0 / (1.0 + curvature * doubt)
        part = reach * (curvature * shrink) ** 0.5
        np.dot(part[:, None], part[None, :], out=self._change)
        np.subtract(self.matrix, self._change, out=self.matrix)
        diagonal = self.matrix.reshape(-1)[:: len(self.matrix) + 1]
        np.add(diagonal, drift, out=diagonal, where=diagonal > 0)
        change: Floats = reach * (-slope * shrink)
        return change


def prior_variances(encoder: Encoder) -> Floats:
    """The variance of each dense weight before anything is learnt; 0 for bins, which await their edges."""
    config, registry = encoder.config, encoder.registry
    variances = np.zeros(registry.size)
    variances[0] = config.intercept_variance
    variances[list(registry.categories.values())] = config.category_variance
    variances[registry.first_slots] = config.slope_variance
    return variances


def prior_covariance(encoder: Encoder) -> Floats:
    """The covariance before anything is learnt: independent, but for the bins of a column.

    Bins are steps of a staircase: from one bin to the next the weight changes by a random amount, so neighbouring bins
    resemble each other, and ten bins do not cost more labels than five.
    """
    matrix = np.diag(prior_variances(encoder))
    for column, first in enumerate(encoder.registry.first_slots):
        steps = int(np.isfinite(encoder.statistics.edges[column]).sum())
        matrix[first + 1 : first + 2 + steps, first + 1 : first + 2 + steps] = _staircase(steps, encoder.config)
    return matrix


def _staircase(steps: int, config: ModelConfig) -> NDArray[np.float64]:
    """Covariance of the ``steps + 1`` bins: a step is +1/2 above its edge and -1/2 below, times its weight."""
    above = np.where(np.arange(steps + 1)[:, None] > np.arange(steps), 0.5, -0.5)
    product: Floats = np.add.reduce(above[:, None, :] * above[None, :, :], axis=2) * config.step_variance
    return product


def symmetric(lower: Floats, size: int) -> Floats:
    """The symmetric matrix with this lower triangle, given row by row."""
    matrix = np.zeros((size, size))
    rows, columns = np.tril_indices(size)
    matrix[rows, columns] = lower
    matrix[columns, rows] = lower
    return matrix
