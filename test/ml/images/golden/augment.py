"""Makes augment.json: what torchvision's functions make of one small picture, for test/ml/images/augment.test.ts.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install torch torchvision numpy
    /tmp/venv/bin/python test/ml/images/golden/augment.py
"""

import base64
import json
from pathlib import Path

import numpy
import torch
import torchvision
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]

# size, crop, rotation (degrees), flip, brightness, contrast
CASES = [
    (24, 20, 0.0, False, 1.0, 1.0),
    (24, 20, 5.0, False, 1.0, 1.0),
    (24, 20, -3.7, True, 0.9, 1.1),
    (24, 20, 4.2, True, 1.1, 0.9),
    (24, 19, 2.5, False, 1.6, 1.9),  # odd offset; values that must be clamped
    (25, 20, 0.0, True, 1.0, 0.0),
    (24, 24, 30.0, False, 1.0, 1.2),  # corners outside the picture
]


def picture(size):
    rows, columns = numpy.mgrid[0:size, 0:size] / (size - 1)
    waves = [numpy.sin(7 * rows + 3 * columns), numpy.cos(5 * columns - 2 * rows), numpy.sin(9 * rows * columns + 1)]
    noise = numpy.random.default_rng(5).uniform(-0.25, 0.25, (size, size, 3))
    return numpy.clip((numpy.stack(waves, 2) * 0.35 + 0.5 + noise) * 255, 0, 255).round().astype(numpy.uint8)


def expected(pixels, crop, rotation, flip, brightness, contrast):
    image = torch.from_numpy(pixels).permute(2, 0, 1).float().div(255)
    image = F.rotate(image, rotation, interpolation=InterpolationMode.BILINEAR)
    image = F.center_crop(image, [crop, crop])
    if flip:
        image = F.hflip(image)
    image = F.adjust_brightness(image, brightness)
    image = F.adjust_contrast(image, contrast)
    return F.normalize(image, MEAN, STD).permute(1, 2, 0).contiguous().numpy().astype("<f4")


def encoded(array):
    return base64.b64encode(array.tobytes()).decode()


cases = []
for size, crop, rotation, flip, brightness, contrast in CASES:
    pixels = picture(size)
    floats = expected(pixels, crop, rotation, flip, brightness, contrast)
    cases.append(
        {
            "size": size,
            "crop": crop,
            "rotation": rotation,
            "flip": flip,
            "brightness": brightness,
            "contrast": contrast,
            "pixels": encoded(pixels),
            "expected": encoded(floats),
        }
    )
made_by = f"torchvision {torchvision.__version__.split('+')[0]}, torch {torch.__version__.split('+')[0]}"
Path(__file__).with_name("augment.json").write_text(json.dumps({"madeBy": made_by, "cases": cases}, indent=1) + "\n")
