"""Golden figures for ml/ranking/metrics.ts, from SciPy and NumPy.

    pip install scipy numpy
    python metrics.py > metrics.json
"""

import json

import numpy as np
from scipy.stats import binomtest, kendalltau, norm

generator = np.random.default_rng(20261123)


def tau(x, y):
    value = kendalltau(x, y, variant="b").statistic
    return {"x": list(map(float, x)), "y": list(map(float, y)), "tau": None if np.isnan(value) else float(value)}


def pairs(good, bad):
    return {"good": good.tolist(), "bad": bad.tolist(), "right": int((good > bad).sum())}


def share(successes, count, confidence):
    interval = binomtest(successes, count).proportion_ci(confidence, method="wilson")
    return {"successes": successes, "count": count, "confidence": confidence, "low": float(interval.low), "high": float(interval.high)}


labels = generator.integers(0, 2, 61)
scores = np.round(generator.uniform(-1, 1, 61), 6)
print(
    json.dumps(
        {
            "tau": [
                tau([1, 2, 3, 4], [1, 2, 3, 4]),
                tau([1, 2, 3, 4], [4, 3, 2, 1]),
                tau([1, 1, 2, 2, 3], [1, 2, 2, 2, 1]),
                tau(labels, scores),
                tau(labels, np.round(scores, 1)),
                tau(generator.integers(0, 5, 200), generator.integers(0, 7, 200)),
                tau(np.round(generator.normal(size=129), 5), np.round(generator.normal(size=129), 5)),
                tau([1, 1, 1], [1, 2, 3]),
                tau([1, 2, 3], [5, 5, 5]),
                tau([1], [2]),
                tau([], []),
            ],
            "pairs": [
                pairs(np.round(generator.uniform(-1, 1, 33), 6), np.round(generator.uniform(-1, 1, 33), 6)),
                pairs(np.array([0.5, 0.3, 0.1, -0.2]), np.array([0.1, 0.3, 0.4, -0.9])),
            ],
            "shares": [
                share(successes, count, confidence)
                for successes, count, confidence in [(0, 8, 0.95), (8, 8, 0.95), (7, 8, 0.95), (91, 104, 0.95), (91, 104, 0.99), (1, 1, 0.5), (500, 1000, 0.9)]
            ],
            "quantiles": [[p, float(norm.ppf(p))] for p in (1e-12, 1e-6, 0.01, 0.05, 0.3, 0.5, 0.7, 0.9, 0.975, 0.995, 1 - 1e-9)],
        }
    )
)
