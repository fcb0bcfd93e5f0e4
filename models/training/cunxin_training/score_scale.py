"""Credit score points: a straight line of the log-odds, so that every term's points add up."""

from __future__ import annotations

import math

import numpy as np

SCORE_SCALE = {
    "minimum": 350,
    "maximum": 950,
    "pointsToDoubleOdds": 40,
    "anchorScore": 650,
    "anchorOdds": 20,
}


def credit_scores(log_odds: np.ndarray) -> np.ndarray:
    """Points, unrounded, float [N], for log-odds of default [N]: more points, less risk."""
    points = SCORE_SCALE["anchorScore"] + SCORE_SCALE["pointsToDoubleOdds"] / math.log(2) * (
        -log_odds - math.log(SCORE_SCALE["anchorOdds"])
    )
    return np.clip(points, SCORE_SCALE["minimum"], SCORE_SCALE["maximum"])
