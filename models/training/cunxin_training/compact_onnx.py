"""The compact export: one balanced tree per term, all in one TreeEnsembleRegressor.

Target k is term k, so the contributions come out of the same run as the score and cost nothing. A
tree over n bins is about log2 n deep, where a boosted ensemble of the same function walks hundreds
of trees.

The missing bin is the leftmost leaf: it lies under a cut that no finite number is below, and NaN
takes the yes-branch (``missing_value_tracks_true``) all the way down to it. So a missing value
needs no extra node at the root of every tree, and no bin of a known value is one step deeper.
"""

from __future__ import annotations

import numpy as np
from onnx import helper, numpy_helper

from cunxin_training.additive import AdditiveModel, Axis
from cunxin_training.tree_ensemble import TreeEnsembleNodes, model_bytes

LOWEST_FLOAT32 = float(np.finfo(np.float32).min)


def compact_onnx(model: AdditiveModel, metadata: dict[str, str]) -> bytes:
    """The model as ONNX bytes.

    Input ``features`` float32 [N, F]; outputs ``probability_of_default`` float32 [N, 1] and
    ``contributions`` float32 [N, T] (calibrated log-odds). Equal models give equal bytes.
    """
    trees = TreeEnsembleNodes()
    for target, term in enumerate(model.terms):
        trees.start_tree()
        grow_balanced(trees, term.axes, term.scores[..., None], [target])
    count = len(model.terms)
    nodes = [
        trees.to_node("features", "contributions", count),
        # A product with ones is the row sum, and adds the intercept in the same step.
        helper.make_node("Gemm", ["contributions", "ones", "intercept"], ["log_odds"]),
        helper.make_node("Sigmoid", ["log_odds"], ["probability_of_default"]),
    ]
    initializers = [
        numpy_helper.from_array(np.ones((count, 1), np.float32), "ones"),
        numpy_helper.from_array(np.array([model.intercept], np.float32), "intercept"),
    ]
    outputs = {"probability_of_default": 1, "contributions": count}
    return model_bytes(nodes, initializers, model.feature_count, outputs, metadata)


def ordered_with_missing_first(
    axes: tuple[Axis, ...], scores: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """``scores`` with the missing bin first in each axis' dimension, and the cuts between the bins."""
    for dimension in range(len(axes)):
        scores = np.roll(scores, 1, axis=dimension)
    lowest = np.array([LOWEST_FLOAT32], np.float32)
    return scores, [np.concatenate([lowest, axis.cuts]) for axis in axes]


def grow_balanced(
    trees: TreeEnsembleNodes, axes: tuple[Axis, ...], scores: np.ndarray, targets: list[int]
) -> None:
    """Grows the balanced tree of a term into the tree last started.

    ``scores`` float32 [bins + 1 of each axis ..., targets], missing last; equal neighbours share a leaf.
    """
    scores, cuts = ordered_with_missing_first(axes, scores)

    def grow(region: tuple[tuple[int, int], ...]) -> int:
        """Grows the tree for the box of bins ``region``, (first, last + 1) per axis."""
        box = scores[tuple(slice(first, end) for first, end in region)]
        steps = [_steps(box, dimension) for dimension in range(len(axes))]
        dimension = max(range(len(axes)), key=lambda d: len(steps[d]))
        if len(steps[dimension]) == 0:
            weights = box[(0,) * len(axes)]
            return trees.leaf({t: float(w) for t, w in zip(targets, weights, strict=True)})
        first, end = region[dimension]
        middle = first + int(steps[dimension][(len(steps[dimension]) - 1) // 2]) + 1
        place = trees.branch(axes[dimension].feature, float(cuts[dimension][middle - 1]), True)
        below, above = list(region), list(region)
        below[dimension], above[dimension] = (first, middle), (middle, end)
        yes = grow(tuple(below))
        return trees.connect(place, yes, grow(tuple(above)))

    grow(tuple((0, size) for size in scores.shape[:-1]))


def _steps(box: np.ndarray, dimension: int) -> np.ndarray:
    """Where neighbouring slices of ``box`` along ``dimension`` differ: only there a cut is needed."""
    slices = np.moveaxis(box, dimension, 0).reshape(box.shape[dimension], -1)
    return np.flatnonzero((slices[1:] != slices[:-1]).any(axis=1))
