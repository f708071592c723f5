"""Makes resize.json: what Pillow's antialiased bilinear resize and torchvision's centre crop make of a small picture, for test/ml/images/decode.test.ts.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install torch torchvision pillow numpy
    /tmp/venv/bin/python test/ml/images/golden/resize.py
"""

import base64
import json
from pathlib import Path

import numpy
import PIL
import torchvision
from PIL import Image
from torchvision.transforms import functional as F

# width, height, size: whole factors, others, portrait, odd offsets, by more than nine, enlarged
CASES = [(96, 64, 32), (90, 70, 32), (61, 83, 32), (75, 49, 32), (200, 151, 16), (27, 25, 32)]


def picture(width, height):
    rows, columns = numpy.mgrid[0:height, 0:width] / 40
    waves = [numpy.sin(7 * rows + 3 * columns), numpy.cos(5 * columns - 2 * rows), numpy.sin(9 * rows * columns + 1)]
    noise = numpy.random.default_rng(5).uniform(-0.25, 0.25, (height, width, 3))
    return numpy.clip((numpy.stack(waves, 2) * 0.35 + 0.5 + noise) * 255, 0, 255).round().astype(numpy.uint8)


def encoded(array):
    return base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()


cases = []
for width, height, size in CASES:
    pixels = picture(width, height)
    image = F.center_crop(F.resize(Image.fromarray(pixels), [size]), [size, size])
    cases.append({"width": width, "height": height, "size": size, "pixels": encoded(pixels), "expected": encoded(numpy.asarray(image))})
made_by = f"torchvision {torchvision.__version__.split('+')[0]}, Pillow {PIL.__version__}"
Path(__file__).with_name("resize.json").write_text(json.dumps({"madeBy": made_by, "cases": cases}, indent=1) + "\n")
