"""Checks that the total effect of each constrained feature is monotone, over all its terms."""

from __future__ import annotations

import numpy as np

from cunxin_training.additive import AdditiveModel, Term

# Rounding each leaf to float32 can turn a step of exactly zero in main + pair into a step of a few
# units in the last place; this is far below what moves a score by a hundredth of a point.
TOLERANCE_LOG_ODDS = 1e-6


def worst_step(model: AdditiveModel, feature: int, direction: int) -> float:
    """The most wrong-way step of PD's log-odds as ``feature`` rises; 0 or more means monotone.

    ``direction`` 1: must not fall, -1: must not rise. At each cut, the steps of all terms holding
    the feature are added, each pair at its partner's worst bin (missing included); partners differ
    between pairs, so the sum is attained by some applicant and the bound is exact.
    """
    own = [(term, _dimension(term, feature)) for term in model.terms if _dimension(term, feature) is not None]
    cuts = np.unique(np.concatenate([term.axes[dimension].cuts for term, dimension in own] or [[]]))
    worst = 0.0
    for cut in cuts:
        total = 0.0
        for term, dimension in own:
            axis = term.axes[dimension]
            place = np.flatnonzero(axis.cuts == cut)
            if place.size:
                by_bin = np.moveaxis(term.scores.astype(np.float64), dimension, 0)
                total += float((direction * (by_bin[place[0] + 1] - by_bin[place[0]])).min())
        worst = min(worst, total)
    return worst


def violations(model: AdditiveModel, directions: list[int]) -> dict[int, float]:
    """Feature index to its wrong-way step, for each constrained feature that is not monotone."""
    found = {}
    for feature, direction in enumerate(directions):
        if direction != 0:
            step = worst_step(model, feature, direction)
            if step < -TOLERANCE_LOG_ODDS:
                found[feature] = step
    return found


def _dimension(term: Term, feature: int) -> int | None:
    members = [axis.feature for axis in term.axes]
    return members.index(feature) if feature in members else None
