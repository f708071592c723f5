"""Makes timm.json: names and shapes of timm's MobileNetV3 in five variants, and the features that timm computes in float64.
Numbers follow from the tensor's own name by the formula of test/ml/onnx/seeded-network.ts.

Run: python timm_features.py > timm.json   (timm 1.x, torch 2.x, numpy)
"""

import json
import re

import numpy as np
import timm
import torch

SIDE, PHOTOS, KEPT = 72, 2, 48
VARIANTS = (
    "mobilenetv3_large_100",
    "tf_mobilenetv3_large_100",
    "tf_mobilenetv3_large_minimal_100",
    "mobilenetv3_small_100",
    "tf_mobilenetv3_small_100",
)


def uniform(name, count):
    """Numbers in [0, 1): lowbias32 of FNV-1a(name) + index * 0x9e3779b9."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    h = (seed + np.arange(count, dtype=np.uint64) * 0x9E3779B9) & 0xFFFFFFFF
    h ^= h >> 16
    h = (h * 0x7FEB352D) & 0xFFFFFFFF
    h ^= h >> 15
    h = (h * 0x846CA68B) & 0xFFFFFFFF
    h ^= h >> 16
    return h / 2**32


def seeded(name, shape, transform):
    return torch.from_numpy(transform(uniform(name, int(np.prod(shape)))).astype(np.float32).reshape(shape)).double()


signed = lambda u: 2 * u - 1


def transform_for(name, shape):
    if name.endswith("running_mean") or name.endswith(".bias"):
        return lambda u: 0.2 * signed(u)
    if name.endswith("running_var"):
        return lambda u: 0.5 + u
    if len(shape) == 1:
        return lambda u: 0.8 + 0.4 * u
    fan_in = int(np.prod(shape[1:]))
    return lambda u: signed(u) * np.sqrt(6 / fan_in)


def golden(variant):
    model = timm.create_model(variant, pretrained=False).double().eval()
    state = model.state_dict()
    model.load_state_dict(
        {name: seeded(name, value.shape, transform_for(name, value.shape)) if value.is_floating_point() else value for name, value in state.items()}
    )
    photos = seeded("photos", (PHOTOS, 3, SIDE, SIDE), signed)
    with torch.no_grad():
        features = model.forward_features(photos).mean((2, 3))
    return {
        "names": [[name, list(value.shape)] for name, value in state.items() if value.is_floating_point()],
        "features": [[float(f"{number:.8g}") for number in row[:KEPT]] for row in features.tolist()],
    }


version = re.sub(r"[+].*", "", torch.__version__)
print(json.dumps({"made_with": f"timm {timm.__version__}, torch {version}, float64", **{name: golden(name) for name in VARIANTS}}, separators=(",", ":")))
