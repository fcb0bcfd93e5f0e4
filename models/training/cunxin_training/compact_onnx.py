"""The compact export: one tree per term, all in one TreeEnsembleRegressor.

Target k is term k, so the contributions come out of the same run as the score and cost nothing. A
tree over n bins is about log2 n deep, where a boosted ensemble of the same function walks hundreds
of trees. The tree of a single feature is the cheapest to walk for the rows it was trained on, which
lie unevenly over the bins; a pair's halves those rows at each branch.

The missing bin is the rightmost leaf: it lies beyond a cut of infinity, which every number is below.
NaN is below nothing, so it takes the no-branch all the way to it without being asked for. A tree of
which no node asks for missing values is walked by the runtime's plainest loop, and no bin of a known
value is one step deeper.
"""

from __future__ import annotations

import numpy as np
from onnx import helper, numpy_helper

from cunxin_training.additive import AdditiveModel, Axis, Term
from cunxin_training.tree_ensemble import TreeEnsembleNodes, model_bytes


def compact_onnx(model: AdditiveModel, metadata: dict[str, str]) -> bytes:
    """The model as ONNX bytes.

    Input ``features`` float32 [N, F]; outputs ``probability_of_default`` float32 [N, 1] and
    ``contributions`` float32 [N, T] (calibrated log-odds). Equal models give equal bytes.
    """
    trees = TreeEnsembleNodes()
    for target, term in enumerate(model.terms):
        trees.start_tree()
        if len(term.axes) == 1:
            grow_cheapest(trees, term, target)
        else:
            grow_balanced(trees, term.axes, term.scores[..., None], [target], term.density)
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


def cuts_to_missing(axis: Axis) -> np.ndarray:
    """The cuts between the bins of ``axis``, the missing bin last: only NaN lies beyond infinity."""
    return np.concatenate([axis.cuts, np.array([np.inf], np.float32)])


def grow_cheapest(trees: TreeEnsembleNodes, term: Term, target: int) -> None:
    """Grows the tree of a one-feature term, with the least expected cost of a walk, into the tree last started."""
    scores, cuts = term.scores, cuts_to_missing(term.axes[0])
    starts = np.concatenate([[0], np.flatnonzero(scores[1:] != scores[:-1]) + 1])
    # Half a row more each: a bin without training rows is rare, not impossible.
    weights = np.add.reduceat(term.density, starts) + 0.5
    splits = cheapest_splits(weights)

    def grow(first: int, end: int) -> int:
        """Grows the tree for the runs ``first`` to ``end`` (exclusive) of equal bins."""
        if end - first == 1:
            return trees.leaf({target: float(scores[starts[first]])})
        middle = int(splits[first, end])
        place = trees.branch(term.axes[0].feature, float(cuts[starts[middle] - 1]), False)
        yes = grow(first, middle)
        return trees.connect(place, yes, grow(middle, end))

    grow(0, len(starts))


# A branch that the processor guesses wrongly costs about four levels of a tree that it guesses right
# (measured over 0, 1, 2, 4 and 8).
WRONG_GUESS_LEVELS = 4


def cheapest_splits(weights: np.ndarray) -> np.ndarray:
    """Entry [i, j] is where to split the runs i to j (exclusive), int [n + 1, n + 1].

    The optimal alphabetic tree by dynamic programming (Knuth 1971), with the rarer side of a branch
    counted as guessed wrongly.
    """
    count = len(weights)
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    cost = np.zeros((count + 1, count + 1))
    splits = np.zeros((count + 1, count + 1), dtype=np.int64)
    for length in range(2, count + 1):
        for first in range(count - length + 1):
            end = first + length
            middles = np.arange(first + 1, end)
            rarer = np.minimum(sums[middles] - sums[first], sums[end] - sums[middles])
            costs = cost[first, middles] + cost[middles, end] + WRONG_GUESS_LEVELS * rarer
            best = int(np.argmin(costs))
            cost[first, end] = costs[best] + sums[end] - sums[first]
            splits[first, end] = middles[best]
    return splits


def grow_balanced(
    trees: TreeEnsembleNodes,
    axes: tuple[Axis, ...],
    scores: np.ndarray,
    targets: list[int],
    density: np.ndarray | None = None,
) -> None:
    """Grows the balanced tree of a term into the tree last started.

    ``scores`` float32 [bins + 1 of each axis ..., targets], missing last; equal neighbours share a leaf.
    ``density`` counts training rows by bin: each branch halves those, without it the bins.
    """
    cuts = [cuts_to_missing(axis) for axis in axes]
    dimensions = tuple(range(len(axes)))
    weights = np.ones(scores.shape[:-1]) if density is None else density + 0.5

    def grow(region: tuple[tuple[int, int], ...]) -> int:
        """Grows the tree for the box of bins ``region``, (first, last + 1) per axis."""
        inside = tuple(slice(first, end) for first, end in region)
        box = scores[inside]
        splits = [
            (abs(below - above), dimension, step)
            for dimension in dimensions
            for step, below, above in _splits(box, weights[inside], dimension)
        ]
        if not splits:
            leaf = box[(0,) * len(axes)]
            return trees.leaf({t: float(w) for t, w in zip(targets, leaf, strict=True)})
        _, dimension, step = min(splits)
        first, end = region[dimension]
        middle = first + step
        place = trees.branch(axes[dimension].feature, float(cuts[dimension][middle - 1]), False)
        below, above = list(region), list(region)
        below[dimension], above[dimension] = (first, middle), (middle, end)
        yes = grow(tuple(below))
        return trees.connect(place, yes, grow(tuple(above)))

    grow(tuple((0, size) for size in scores.shape[:-1]))


def _splits(box: np.ndarray, weights: np.ndarray, dimension: int) -> list[tuple[int, float, float]]:
    """Where neighbouring slices of ``box`` along ``dimension`` differ, with the weights below and above."""
    slices = np.moveaxis(box, dimension, 0).reshape(box.shape[dimension], -1)
    below = np.cumsum(np.moveaxis(weights, dimension, 0).reshape(len(slices), -1).sum(axis=1))
    steps = np.flatnonzero((slices[1:] != slices[:-1]).any(axis=1))
    return [(int(step) + 1, float(below[step]), float(below[-1] - below[step])) for step in steps]
