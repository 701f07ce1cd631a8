"""What is believed of the dense weights: how uncertain they are, and how they hang together. Pure.

An extended Kalman filter for logistic regression (online Newton with the exact curvature): one pass over the labels
lands close to the batch fit, without a learning rate. West, Harrison, Migon (1985), JASA 80; the same recursion as
``river.optim.Newton``, with the logistic loss's curvature in place of the squared gradient.

No sum is left to a BLAS, whose order depends on threads and processor. The update by an outer product is: each element
is its own, and has nothing to sum (decision 0060).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dger
from threadpoolctl import threadpool_limits

from scoring.learner.model_config import ModelConfig
from scoring.learner.registry import BELIEFS, SLOW
from scoring.learner.state import Encoder, Floats, Vector

_WIDTH: Final = 32  # numbers that the widest kernels take at a time

# For this process, once and for all: the matrices here are small, and a BLAS that shares them out among threads made a
# busy machine learn fifty times slower. The bits are the same.
threadpool_limits(1, "blas")


class Covariance:
    """Covariance of the dense weights, symmetric to the bit.

    It lies in the corner of a larger square of zeros, so that every row has a whole number of a processor's vectors:
    no element is updated by other instructions than the one across the diagonal.
    """

    def __init__(self) -> None:
        self.set(np.zeros((0, 0)))

    @property
    def matrix(self) -> Floats:
        """The covariance itself, shape (size, size)."""
        return self._square[: self.size, : self.size]

    def set(self, matrix: Floats) -> None:
        """Put a covariance in force."""
        self.size = len(matrix)
        self._square: Floats = np.zeros((-(-self.size // _WIDTH) * _WIDTH,) * 2)
        self._square[: self.size, : self.size] = matrix
        self._diagonal = self._square.reshape(-1)[:: len(self._square) + 1]
        self._moves = self._diagonal > 0

    def grow(self, variances: Floats) -> None:
        """Room for the weights that are new; ``variances`` has a prior variance for every weight, old ones too."""
        larger = np.diag(variances)
        larger[: self.size, : self.size] = self.matrix
        self.set(larger)

    def step(self, vector: Vector, slope: float, curvature: float, drift: float) -> Floats:
        """Learn one label; returns what to add to the weights.

        ``slope`` and ``curvature``: first and second derivative of the weighted loss by the log-odds. ``drift`` is
        added to every variance that has one: weights may move on.
        """
        values = vector.dense_values
        reach = np.einsum("i,ij->j", values, self._square.take(vector.dense, axis=0))
        doubt = max(0.0, float(np.add.reduce(reach[vector.dense] * values)))  # rounding may take it below 0
        shrink = 1.0 / (1.0 + curvature * doubt)
        part = reach * (curvature * shrink) ** 0.5
        dger(-1.0, part, part, a=self._square.T, overwrite_x=0, overwrite_y=0, overwrite_a=1)
        np.add(self._diagonal, self._moves * drift, out=self._diagonal)
        change: Floats = reach[: self.size] * (-slope * shrink)
        return change


def prior_variances(encoder: Encoder) -> Floats:
    """The variance of each dense weight before anything is learnt; 0 for bins, which await their edges."""
    config, registry = encoder.config, encoder.registry
    variances = np.zeros(registry.size)
    variances[0] = config.intercept_variance
    variances[SLOW] = config.slow_variance if encoder.generation is not None else 0.0
    variances[SLOW + 1 : BELIEFS] = config.counts_variance
    variances[list(registry.categories.values())] = config.category_variance * encoder.stance.rest
    variances[registry.first_slots] = config.slope_variance * encoder.stance.rest
    return variances


def prior_covariance(encoder: Encoder) -> Floats:
    """The covariance before anything is learnt: independent, but for the bins of a column.

    Bins are steps of a staircase: from one bin to the next the weight changes by a random amount, so neighbouring bins
    resemble each other, and ten bins do not cost more labels than five.
    """
    matrix = np.diag(prior_variances(encoder))
    for column, first in enumerate(encoder.registry.first_slots):
        steps = int(np.isfinite(encoder.statistics.edges[column]).sum())
        matrix[first + 1 : first + 2 + steps, first + 1 : first + 2 + steps] = (
            _staircase(steps, encoder.config) * encoder.stance.rest
        )
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
