"""The standard error of each applicant's log-odds, from the fit's outer bags, as an ONNX model.

Where the bags disagree more, the model knows less; that gives the shape. Their disagreement is not
itself the standard error: bags share most rows, which makes them agree too much, and each stops by
its own luck, which averages out. So its size comes from a grouped jackknife over the calibration
folds (``TrainedModel.variance_scale``), whose models each lack one fifth of the rows:

    variance of the log-odds = variance_scale * mean over bags of (bag's log-odds - their mean)^2

It covers the luck of the draw of the training loans; it does not cover a changed world, nor the
calibration line's own error.
"""

from __future__ import annotations

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier
from onnx import helper, numpy_helper

from cunxin_training.additive import term_axes
from cunxin_training.calibration import Calibration
from cunxin_training.compact_onnx import grow_balanced
from cunxin_training.tree_ensemble import TreeEnsembleNodes, model_bytes

OUTPUT = "standard_error_log_odds"


def uncertainty_onnx(
    model: ExplainableBoostingClassifier,
    calibration: Calibration,
    variance_scale: float,
    metadata: dict[str, str],
) -> bytes:
    """ONNX bytes: input ``features`` float32 [N, F], output ``standard_error_log_odds`` float32 [N, 1].

    One balanced tree per term whose leaves hold, for every bag, how far its calibrated score lies
    from the bags' mean; sums of small numbers keep float32's precision.
    """
    bags = len(model.bagged_intercept_)
    trees = TreeEnsembleNodes()
    for members, bagged in zip(model.term_features_, model.bagged_scores_, strict=True):
        axes, index = term_axes(model, members)
        scores = np.moveaxis(np.asarray(bagged), 0, -1)[np.ix_(*index)]
        deviations = calibration.slope * (scores - scores.mean(axis=-1, keepdims=True))
        trees.start_tree()
        grow_balanced(trees, axes, deviations.astype(np.float32), list(range(bags)))
    intercepts = np.asarray(model.bagged_intercept_).reshape(bags)
    shifts = calibration.slope * (intercepts - intercepts.mean())
    weight = variance_scale / bags
    nodes = [
        trees.to_node("features", "by_term", bags),
        helper.make_node("Add", ["by_term", "shifts"], ["deviations"]),
        helper.make_node("Mul", ["deviations", "deviations"], ["squares"]),
        helper.make_node("MatMul", ["squares", "weights"], ["variance"]),
        helper.make_node("Sqrt", ["variance"], [OUTPUT]),
    ]
    initializers = [
        numpy_helper.from_array(shifts.astype(np.float32).reshape(1, bags), "shifts"),
        numpy_helper.from_array(np.full((bags, 1), weight, np.float32), "weights"),
    ]
    return model_bytes(nodes, initializers, int(model.n_features_in_), {OUTPUT: 1}, metadata)
