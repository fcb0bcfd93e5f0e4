"""The same model "the usual way": a boosted ensemble of many small trees, for the benchmark.

Boosting adds up small trees; summed over bags and rounds they collapse to one step at each cut of
each shape function. We write that sum back as small trees, one for each step:

- a main term: one stump per cut, half the step's height down on one side and up on the other; the
  missing bin is the first, so its step is a stump too;
- a pairwise term: per cut of its first feature one small tree, whose leaves hold half the
  difference between the neighbouring rows of cells.

Halves, because sums then stay near the middle and lose less to float32 rounding.

A boosted model visits a cut many times, each time taking a small part of the step. So when there
are fewer steps than trees wanted (about 1,000, and never more than one bag of the fit really grew),
the largest steps are taken in several equal parts. The output is only the probability, as is usual.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import helper, numpy_helper

from cunxin_training.additive import AdditiveModel, Term
from cunxin_training.compact_onnx import ordered_with_missing_first
from cunxin_training.tree_ensemble import TreeEnsembleNodes, model_bytes

TREES_WANTED = 1_000
Grow = Callable[[TreeEnsembleNodes, float], None]


def ensemble_onnx(
    model: AdditiveModel, trees_wanted: int, metadata: dict[str, str]
) -> tuple[bytes, int]:
    """The model as a boosted ensemble: ONNX bytes, and how many trees it has.

    There is at least one tree per step, and more only up to ``trees_wanted``. Input ``features`` float32 [N, F]; output ``probability_of_default`` float32 [N, 1].
    """
    steps: list[tuple[float, Grow]] = []
    base = float(model.intercept)
    for term in model.terms:
        term_base, term_steps = _term_steps(term)
        base += term_base
        steps.extend(term_steps)
    parts = _parts([height for height, _ in steps], trees_wanted)
    trees = TreeEnsembleNodes()
    for (_, grow), count in zip(steps, parts, strict=True):
        for _ in range(count):
            trees.start_tree()
            grow(trees, 1 / count)
    if trees.tree_count == 0:
        trees.start_tree()
        trees.leaf({0: 0.0})
    nodes = [
        trees.to_node("features", "boosted", 1),
        helper.make_node("Add", ["boosted", "base"], ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], ["probability_of_default"]),
    ]
    initializers = [numpy_helper.from_array(np.array([base], np.float32), "base")]
    described = {**metadata, "trees": str(trees.tree_count)}
    content = model_bytes(
        nodes, initializers, model.feature_count, {"probability_of_default": 1}, described
    )
    return content, trees.tree_count


def _term_steps(term: Term) -> tuple[float, list[tuple[float, Grow]]]:
    """The score midway between the first and the last bin, and the steps (height, how to grow)."""
    scores, cuts = ordered_with_missing_first(term)
    scores = scores.astype(np.float64)
    features = [axis.feature for axis in term.axes]
    if scores.ndim == 1:
        return float(scores[0] + scores[-1]) / 2, _line_steps(features[0], scores, cuts[0])
    # The mean of the first and the last row is a line; each row differs from it by half steps.
    middle_row = (scores[0] + scores[-1]) / 2
    middle_steps = _line_steps(features[1], middle_row, cuts[1])
    differences = np.diff(scores, axis=0)
    rows = [
        (float(np.abs(difference).max()), _row_grower(features, float(cut), difference, cuts[1]))
        for cut, difference in zip(cuts[0], differences, strict=True)
        if np.any(difference)
    ]
    return float(middle_row[0] + middle_row[-1]) / 2, [*middle_steps, *rows]


def _line_steps(feature: int, scores: np.ndarray, cuts: np.ndarray) -> list[tuple[float, Grow]]:
    return [
        (abs(float(height)), _stump_grower(feature, float(cut), float(height)))
        for cut, height in zip(cuts, np.diff(scores), strict=True)
        if height != 0
    ]


def _stump_grower(feature: int, cut: float, height: float) -> Grow:
    def grow(trees: TreeEnsembleNodes, share: float) -> None:
        place = trees.branch(feature, cut, True)
        yes = trees.leaf({0: -height * share / 2})
        trees.connect(place, yes, trees.leaf({0: height * share / 2}))

    return grow


def _row_grower(features: list[int], cut: float, difference: np.ndarray, cuts: np.ndarray) -> Grow:
    def grow(trees: TreeEnsembleNodes, share: float) -> None:
        place = trees.branch(features[0], cut, True)
        half = difference * share / 2
        yes = _grow_line(trees, features[1], -half, cuts, 0, len(cuts))
        trees.connect(place, yes, _grow_line(trees, features[1], half, cuts, 0, len(cuts)))

    return grow


def _grow_line(
    trees: TreeEnsembleNodes, feature: int, scores: np.ndarray, cuts: np.ndarray, first: int, last: int
) -> int:
    if (scores[first : last + 1] == scores[first]).all():
        return trees.leaf({0: float(scores[first])})
    middle = (first + last + 1) // 2
    place = trees.branch(feature, float(cuts[middle - 1]), True)
    yes = _grow_line(trees, feature, scores, cuts, first, middle - 1)
    return trees.connect(place, yes, _grow_line(trees, feature, scores, cuts, middle, last))


def _parts(heights: list[float], wanted: int) -> list[int]:
    """In how many equal trees each step is taken: one each, then shares of what is left by height."""
    spare = wanted - len(heights)
    total = sum(heights)
    if spare <= 0 or total == 0:
        return [1] * len(heights)
    exact = [height / total * spare for height in heights]
    parts = [1 + int(share) for share in exact]
    by_remainder = sorted(range(len(heights)), key=lambda i: (int(exact[i]) - exact[i], i))
    for index in by_remainder[: wanted - sum(parts)]:
        parts[index] += 1
    return parts
