"""The same model "the usual way": a boosted ensemble of many small trees, for the benchmark.

A boosted model is usually exported tree by tree: one for each boosting step. An EBM averages several
bags of such ensembles; we write one bag's worth, the cheapest that could be called usual:

- as many trees as one outer bag of the fit grew (the mean over bags), and no larger than the fit's
  own: ``leaves`` leaves for main terms;
- a main term's cuts are taken ``leaves - 1`` neighbours at a time, each tree holding those steps of
  the shape function; the missing bin is the first bin, so its step is one of them;
- a pairwise term has, per cut of its first feature, one tree that holds the difference between the
  neighbouring rows of cells;
- boosting visits a cut many times and takes a part of the step each time, so trees are repeated in
  equal parts, the higher steps more often, until the number of boosting steps is reached.

The sum is the compact model's, to float32 rounding; leaves are centred about zero to keep that
small. The only output is the probability, as is usual: reasons would cost more on top.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import helper, numpy_helper

from cunxin_training.additive import AdditiveModel, Axis, Term
from cunxin_training.tree_ensemble import TreeEnsembleNodes, model_bytes

Grow = Callable[[TreeEnsembleNodes, float], None]
LOWEST_FLOAT32 = float(np.finfo(np.float32).min)


def ensemble_onnx(
    model: AdditiveModel, boosting_steps: int, leaves: int, metadata: dict[str, str]
) -> tuple[bytes, int]:
    """The model as a boosted ensemble: ONNX bytes, and how many trees it has.

    ``boosting_steps`` is the number of trees to write (more if the function needs more), ``leaves``
    the leaves of a main term's tree. Input ``features`` float32 [N, F]; output
    ``probability_of_default`` float32 [N, 1].
    """
    steps: list[tuple[float, Grow]] = []
    base = float(model.intercept)
    for term in model.terms:
        term_base, term_steps = _term_steps(term, leaves)
        base += term_base
        steps.extend(term_steps)
    parts = _parts([height for height, _ in steps], boosting_steps)
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


def _ordered_with_missing_first(
    axes: tuple[Axis, ...], scores: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """``scores`` with the missing bin first in each axis' dimension, and the cuts between the bins.

    Missing lies under a cut that no finite number is below; NaN takes the yes-branch down to it.
    """
    for dimension in range(len(axes)):
        scores = np.roll(scores, 1, axis=dimension)
    lowest = np.array([LOWEST_FLOAT32], np.float32)
    return scores, [np.concatenate([lowest, axis.cuts]) for axis in axes]


def _term_steps(term: Term, leaves: int) -> tuple[float, list[tuple[float, Grow]]]:
    """What the term adds midway, and its trees: (height, how to grow), each centred about zero."""
    scores, cuts = _ordered_with_missing_first(term.axes, term.scores)
    scores = scores.astype(np.float64)
    features = [axis.feature for axis in term.axes]
    if scores.ndim == 1:
        return float(scores[0] + scores[-1]) / 2, _line_steps(features[0], scores, cuts[0], leaves)
    # The mean of the first and the last row is a line; each row differs from it by half steps.
    middle_row = (scores[0] + scores[-1]) / 2
    middle_steps = _line_steps(features[1], middle_row, cuts[1], leaves)
    differences = np.diff(scores, axis=0)
    rows = [
        (float(np.abs(difference).max()), _row_grower(features, float(cut), difference, cuts[1]))
        for cut, difference in zip(cuts[0], differences, strict=True)
        if np.any(difference)
    ]
    return float(middle_row[0] + middle_row[-1]) / 2, [*middle_steps, *rows]


def _line_steps(
    feature: int, scores: np.ndarray, cuts: np.ndarray, leaves: int
) -> list[tuple[float, Grow]]:
    heights = np.diff(scores)
    places = np.flatnonzero(heights)
    chunks = [places[start : start + leaves - 1] for start in range(0, len(places), leaves - 1)]
    return [
        (float(np.abs(heights[chunk]).sum()), _line_grower(feature, cuts[chunk], heights[chunk]))
        for chunk in chunks
    ]


def _line_grower(feature: int, cuts: np.ndarray, heights: np.ndarray) -> Grow:
    levels = np.concatenate([[0.0], np.cumsum(heights)])
    levels -= levels[-1] / 2

    def grow(trees: TreeEnsembleNodes, share: float) -> None:
        _grow_line(trees, feature, levels * share, cuts, 0, len(cuts))

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
