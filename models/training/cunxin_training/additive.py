"""The calibrated model as plain step functions: what the ONNX leaves and shapes.json hold.

An axis cuts a float32 input into bins; a term holds a score per bin (or per cell of two axes), the
missing bin last. Everything is turned into float32 here, once, so the ONNX file, the shapes and the
checks on them all speak of the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier

from cunxin_training.calibration import Calibration


@dataclass(frozen=True)
class Axis:
    """One input's bins: bin of x = number of ``cuts`` (float32, ascending) that are <= x."""

    feature: int
    cuts: np.ndarray

    @property
    def bins(self) -> int:
        return len(self.cuts) + 1

    def bin_of(self, column: np.ndarray) -> np.ndarray:
        """Bin of each float32-representable value, int [N]; NaN gets the missing bin, ``bins``."""
        placed = np.searchsorted(self.cuts.astype(np.float64), column, side="right")
        return np.where(np.isnan(column), self.bins, placed)


@dataclass(frozen=True)
class Term:
    """One shape function: calibrated log-odds, float32, shape (bins + 1,) or (bins + 1, bins + 1).

    The last index of each dimension is the missing bin. ``density`` counts training rows, same shape.
    """

    name: str
    axes: tuple[Axis, ...]
    scores: np.ndarray
    density: np.ndarray

    def contributions(self, values: np.ndarray) -> np.ndarray:
        return self.scores[tuple(axis.bin_of(values[:, axis.feature]) for axis in self.axes)]


@dataclass(frozen=True)
class AdditiveModel:
    """log-odds of PD = ``intercept`` + sum of the terms' scores."""

    terms: tuple[Term, ...]
    intercept: np.float32
    feature_count: int

    def contributions(self, values: np.ndarray) -> np.ndarray:
        """Log-odds by term, float32 [N, T], for ``values`` float [N, F]."""
        return np.column_stack([term.contributions(values) for term in self.terms])

    def log_odds(self, values: np.ndarray) -> np.ndarray:
        """Log-odds of PD, float64 [N]."""
        return self.contributions(values).sum(axis=1, dtype=np.float64) + float(self.intercept)


def additive_model(model: ExplainableBoostingClassifier, calibration: Calibration) -> AdditiveModel:
    """Turns a fitted binary EBM and its calibration into step functions over float32 inputs.

    Continuous, nominal and ordinal features, main and pairwise terms. Nominal and ordinal inputs
    are whole-number codes whose decimal text is the EBM's category. Neighbouring bins with equal
    scores are merged. Raises ValueError for a term over three or more features, or a category that
    is not a whole number.
    """
    terms = []
    for name, members, scores, weights in zip(
        model.term_names_, model.term_features_, model.term_scores_, model.bin_weights_, strict=True
    ):
        if len(members) > 2:
            raise ValueError(f"term {name}: only main and pairwise terms can be exported")
        axes, index = term_axes(model, members)
        grid = np.ix_(*index)
        calibrated = (np.asarray(scores) * calibration.slope).astype(np.float32)
        density = np.asarray(weights)[grid]
        if any(model.feature_types_in_[feature] != "continuous" for feature in members):
            density = _category_density(density, index)
        terms.append(_merge_equal_bins(Term(name, axes, calibrated[grid], density)))
    intercept = np.float32(calibration.apply(np.float64(np.atleast_1d(model.intercept_)[0])))
    return AdditiveModel(tuple(terms), intercept, int(model.n_features_in_))


def term_axes(
    model: ExplainableBoostingClassifier, members: tuple[int, ...]
) -> tuple[tuple[Axis, ...], list[np.ndarray]]:
    """The axes of a term, and for each axis its bins' indices in the EBM's tensor, missing last."""
    axes, index = [], []
    for feature in members:
        levels = model.bins_[feature]
        bins = levels[min(len(levels), len(members)) - 1]
        cuts, sources = _category_axis(bins) if isinstance(bins, dict) else _cut_axis(bins)
        axes.append(Axis(int(feature), cuts))
        index.append(np.array([*sources, 0]))
    return tuple(axes), index


def smallest_float32_from(cut: float) -> np.float32:
    """The smallest float32 >= ``cut``: for every float32 x, x < it exactly when x < ``cut``."""
    rounded = np.float32(cut)
    return rounded if float(rounded) >= cut else np.nextafter(rounded, np.float32(np.inf))


def _cut_axis(cuts: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """float32 cuts and, for each bin, its index in the EBM's tensor (0 there is the missing bin)."""
    kept: list[np.float32] = []
    sources = [1]
    for position, cut in enumerate(cuts):
        rounded = smallest_float32_from(float(cut))
        if kept and rounded == kept[-1]:
            sources[-1] = position + 2  # no float32 lies between the two cuts
        elif np.isfinite(rounded):
            kept.append(rounded)
            sources.append(position + 2)
    return np.array(kept, dtype=np.float32), sources


def _category_axis(categories: dict[str, int]) -> tuple[np.ndarray, list[int]]:
    """Codes as steps: code c is [c, c + 1); codes between and beyond go to the unknown bin."""
    try:
        codes = sorted((int(text), position) for text, position in categories.items())
    except ValueError as error:
        raise ValueError(f"a category is not a whole-number code: {error}") from error
    unknown = max(categories.values()) + 1
    cuts: list[float] = []
    sources = [unknown]
    for code, position in codes:
        if cuts and cuts[-1] == code:
            sources[-1] = position
        else:
            cuts.append(code)
            sources.append(position)
        cuts.append(code + 1)
        sources.append(unknown)
    return np.array(cuts, dtype=np.float32), sources


def _category_density(density: np.ndarray, index: list[np.ndarray]) -> np.ndarray:
    """Density on a grid where one EBM bin may appear several times: counted at its first place."""
    for axis, sources in enumerate(index):
        first = np.zeros(len(sources), dtype=bool)
        first[np.unique(sources, return_index=True)[1]] = True
        shape = [1] * density.ndim
        shape[axis] = len(sources)
        density = density * first.reshape(shape)
    return density


def _merge_equal_bins(term: Term) -> Term:
    scores, density, axes = term.scores, term.density, list(term.axes)
    for dimension, axis in enumerate(axes):
        known = np.moveaxis(scores, dimension, 0)[: axis.bins].reshape(axis.bins, -1)
        differs = (known[1:] != known[:-1]).any(axis=1)
        starts = np.concatenate([[0], np.flatnonzero(differs) + 1, [axis.bins]])
        scores = np.take(scores, starts, axis=dimension)
        density = np.add.reduceat(density, starts, axis=dimension)
        axes[dimension] = Axis(axis.feature, axis.cuts[differs])
    return Term(term.name, tuple(axes), scores, density)
