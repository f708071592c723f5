"""Makes trivial-rules.json: how often rules of size, shape, quality and encoder are right on made-up sets, for test/ml/images/trivial-rules.test.ts.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install numpy scipy
    /tmp/venv/bin/python test/ml/images/golden/trivial-rules.py

Counts pairs one by one, and learns a name's share anew for each pair that it is left out of.
"""

import json
from pathlib import Path

import numpy
import scipy
from scipy.stats import binomtest, norm

CASES = [  # name, pairing, photos of each label by folder, what the encoder gives away
    ("by name", "by-name", [(6, 6), (9, 9), (4, 4)], 0.8),
    ("by name, one folder", "by-name", [(23, 23)], 0.9),
    ("crossed", "cross", [(5, 3), (2, 7), (4, 4)], 0.7),
    ("noise", "by-name", [(12, 12), (12, 12), (12, 12), (12, 12)], 0.5),
]
PARTS = 5


def wilson(right, count):
    if float(right).is_integer():
        interval = binomtest(int(right), int(count)).proportion_ci(0.95, "wilson")
        return [interval.low, interval.high]
    z, p = norm.ppf(0.975), right / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * numpy.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return [centre - half, centre + half]


def half_credit(good, bad):
    return 0.5 if good is None or bad is None or good == bad else float(good > bad)


def photos_of(random, folders, telling):
    photos = []
    for number, counts in enumerate(folders):
        for label, count in zip(("good", "bad"), counts):
            for stem in range(count):
                told = random.random() < telling
                photos.append(
                    {
                        "folder": f"folder {number}",
                        "label": label,
                        "stem": f"{stem:03}",
                        "bytes": int(random.integers(50, 60) + 4 * (label == "good")),
                        "width": int(random.choice([300, 400, 500])),
                        "height": int(random.choice([300, 400])),
                        "quality": None if random.random() < 0.2 else int(random.integers(80, 90)),
                        "encoder": str(random.choice(["A", "B"])) if not told else ("A" if label == "good" else "B"),
                        "format": str(random.choice(["jpeg", "png"])),
                    }
                )
    return photos


def pairs_of(pairing, photos):
    good = [place for place, photo in enumerate(photos) if photo["label"] == "good"]
    bad = [place for place, photo in enumerate(photos) if photo["label"] == "bad"]
    same = lambda a, b: photos[a]["folder"] == photos[b]["folder"] and (pairing == "cross" or photos[a]["stem"] == photos[b]["stem"])
    return [(a, b) for a in good for b in bad if same(a, b)]


def share_without(photos, value, name, held):
    labels = [photo["label"] for place, photo in enumerate(photos) if value(photo) == name and place not in held]
    return None if not labels else labels.count("good") / len(labels)


NUMBERS = {
    "bytes": lambda p: p["bytes"],
    "pixels": lambda p: p["width"] * p["height"],
    "bytes-per-pixel": lambda p: p["bytes"] / (p["width"] * p["height"]),
    "aspect": lambda p: p["width"] / p["height"],
    "quality": lambda p: p["quality"],
}
NAMES = {"encoder": lambda p: p["encoder"], "format": lambda p: p["format"], "size": lambda p: (p["width"], p["height"])}

random = numpy.random.default_rng(11)
cases = []
for name, pairing, folders, telling in CASES:
    photos = photos_of(random, folders, telling)
    pairs = pairs_of(pairing, photos)
    independent = sum(min(counts) for counts in folders)
    part = {}
    for place, pair in enumerate(pairs):
        for photo in pair:
            part[photo] = photos[photo]["folder"] if len(folders) > 1 else place % PARTS
    rules = {}
    for by, value in NUMBERS.items():
        right = sum(half_credit(value(photos[a]), value(photos[b])) for a, b in pairs)
        rules[by] = max(right, len(pairs) - right)
    for by, value in NAMES.items():
        rules[by] = 0
        for a, b in pairs:
            held = {photo for photo in part if part[photo] in (part[a], part[b])}
            one, other = value(photos[a]), value(photos[b])
            rules[by] += 0.5 if one == other else half_credit(*(share_without(photos, value, kind, held) for kind in (one, other)))
    rows = {
        by: {"accuracy": right / len(pairs), "interval": wilson(right / len(pairs) * independent, independent)} for by, right in rules.items()
    }
    cases.append({"name": name, "pairing": pairing, "pairs": len(pairs), "photos": photos, "rules": rows})

made_by = f"numpy {numpy.__version__}, scipy {scipy.__version__}"
Path(__file__).with_name("trivial-rules.json").write_text(json.dumps({"madeBy": made_by, "cases": cases}, indent=1) + "\n")
