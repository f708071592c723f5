"""Keras' MobileNetV3-Large as its own savers lay it out, the features it computes in float64, and small HDF5 files, sound and hostile.

    pip install tensorflow-cpu==2.21.0 h5py && pip install --no-deps tf-keras==2.21.0
    python keras_files.py        # writes keras.json and the .h5 files beside this script

Layouts, each written by the program that people have it from:
    keras3    `save_weights("x.weights.h5")` of Keras 3.6 and newer: layers by class and number, their names as attributes
    numbered  `save_weights("x.weights.h5")` of Keras 2.12 to 3.5 (here tf-keras 2.21): the same without the names
    keras2    `save_weights("x.h5")` of Keras 2 (here tf-keras 2.21), in which the published ImageNet weights are
    whole     `save("x.h5")` of Keras 3: the weights below `model_weights`
Values follow from the variable's own name by the formula of test/ml/onnx/seeded-network.ts, in Keras' order of axes.
"""

import json
import os
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
import tf_keras

HERE = Path(__file__).parent
SIDE, PHOTOS, KEPT = 72, 2, 96


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
    return transform(uniform(name, int(np.prod(shape)))).astype(np.float32).reshape(shape)


def value(layer, variable, shape):
    """What a test calls it: `conv_bn/gamma`. A depthwise kernel has one number a channel and tap."""
    signed = lambda u: 2 * u - 1
    transforms = {
        "kernel": lambda u: signed(u) * np.sqrt(6 / np.prod(shape[:2] if "depthwise" in layer else shape[:3])),
        "bias": lambda u: 0.2 * signed(u),
        "gamma": lambda u: 0.8 + 0.4 * u,
        "beta": lambda u: 0.2 * signed(u),
        "moving_mean": lambda u: 0.2 * signed(u),
        "moving_variance": lambda u: 0.5 + u,
    }
    return seeded(f"{layer}/{variable}", shape, transforms[variable])


def seed_weights(model):
    """Sets every float variable; returns [name, shape] of each in the order of the layers."""
    variables = []
    for layer in model.layers:
        values = []
        for weight in layer.weights:
            variable = weight.name.split("/")[-1].split(":")[0].replace("depthwise_", "")
            name = layer.name.lower().replace("/", "_").replace("batchnorm", "bn")
            shape = tuple(weight.shape)
            values.append(value(name, variable, shape))
            variables.append([f"{name}/{variable}", list(shape)])
        if values:
            layer.set_weights(values)
    return variables


def layout(path, variables):
    """[dataset, name attribute of its group or null, place in `variables`], told by the numbers alone."""
    by_value = {value(*name.split("/"), tuple(shape)).tobytes(): at for at, (name, shape) in enumerate(variables)}
    found = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype == np.float32:
            found.append([name, item.parent.attrs.get("name"), by_value[item[()].tobytes()]])

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def network(library, minimalistic):
    return library.applications.MobileNetV3Large(
        input_shape=(SIDE, SIDE, 3),
        minimalistic=minimalistic,
        include_top=False,
        weights=None,
        pooling="avg",
        include_preprocessing=False,
    )


def golden(minimalistic, folder):
    model, old = network(keras, minimalistic), network(tf_keras, minimalistic)
    variables = seed_weights(model)
    assert variables == seed_weights(old)
    model.save_weights(folder / "keras3.weights.h5")
    old.save_weights(folder / "numbered.weights.h5")
    old.save_weights(folder / "keras2.h5")
    keras.config.set_dtype_policy("float64")
    exact = network(keras, minimalistic)
    keras.config.set_dtype_policy("float32")
    seed_weights(exact)
    photos = seeded("photos", (PHOTOS, SIDE, SIDE, 3), lambda u: 2 * u - 1)
    features = exact.predict(photos.astype(np.float64), verbose=0)
    assert features.dtype == np.float64
    for other in (model, old):
        assert np.abs(features - other.predict(photos, verbose=0)).max() < 1e-4 * np.abs(features).max()
    return {
        "variables": variables,
        "layouts": {name.split(".")[0]: layout(folder / name, variables) for name in ("keras3.weights.h5", "numbered.weights.h5", "keras2.h5")},
        "features": [[float(f"{number:.8g}") for number in row[:KEPT]] for row in features],
    }


def small(library):
    """Three layers under names of the network, one that the network does not have, and a dropout, whose state is integers."""
    slash = library is tf_keras
    spelled = lambda name: {"conv_bn": "Conv/BatchNorm", "conv": "Conv", "expanded_conv_depthwise": "expanded_conv/depthwise"}[name]
    name = lambda ours: spelled(ours) if slash else ours
    layers = library.layers
    x = photos = layers.Input((4, 4, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name=name("conv"))(x)
    x = layers.BatchNormalization(name=name("conv_bn"))(x)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=name("expanded_conv_depthwise"))(x)
    x = layers.Dropout(0.5)(x)
    model = library.Model(photos, x)
    seed_weights(model)
    return model


def hostile():
    one = np.ones(2, np.float32)
    with h5py.File(HERE / "external_link.h5", "w") as file:
        file["conv/kernel"] = h5py.ExternalLink("/etc/other.h5", "/data")
    with h5py.File(HERE / "external_data.h5", "w") as file:
        file.create_dataset("conv/kernel", (8,), "f4", external=[("/etc/passwd", 0, 32)])
    with h5py.File(HERE / "virtual.h5", "w") as file:
        virtual = h5py.VirtualLayout((2,), "f4")
        virtual[:] = h5py.VirtualSource("/etc/other.h5", "data", (2,))
        file.create_virtual_dataset("conv/kernel", virtual)
    with h5py.File(HERE / "claim.h5", "w") as file:
        file.create_dataset("conv/kernel", (2**20, 2**12), "f4")
    with h5py.File(HERE / "compressed.h5", "w") as file:
        file.create_dataset("conv/kernel", data=np.zeros(4096, np.float32), compression="gzip")
    with h5py.File(HERE / "half.h5", "w") as file:
        file["conv/kernel"] = one.astype(np.float16)
    with h5py.File(HERE / "loop.h5", "w") as file:
        file["conv/kernel"] = one
        file["conv/again"] = file["/"]


with tempfile.TemporaryDirectory() as temporary:
    folder = Path(temporary)
    result = {
        "made_with": f"Keras {keras.__version__}, tf-keras {tf_keras.__version__}",
        "large": golden(False, folder),
        "minimalistic": golden(True, folder),
    }
(HERE / "keras.json").write_text(json.dumps(result, separators=(",", ":")))
small(keras).save_weights(HERE / "keras3.weights.h5")
small(keras).save(HERE / "whole.h5")
small(tf_keras).save_weights(HERE / "numbered.weights.h5")
small(tf_keras).save_weights(HERE / "keras2.h5")
hostile()
