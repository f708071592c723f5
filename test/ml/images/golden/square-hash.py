"""Makes square-hash.json: signs of SciPy's DCT of small pictures and squares of them, for test/ml/images/square-hash.test.ts.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install scipy numpy
    /tmp/venv/bin/python test/ml/images/golden/square-hash.py
"""

import base64
import json
from pathlib import Path

import numpy
import scipy
from scipy.fft import dctn

# side of the picture; left, top and side of the square: whole pixels a cell, and parts of pixels
CASES = [(32, (0, 0, 32)), (48, (0, 0, 48)), (48, (10, 4, 32)), (40, (0, 0, 40)), (40, (3.5, 7.25, 28))]
CELLS = 16


def picture(side):
    rows, columns = numpy.mgrid[0:side, 0:side] / side
    waves = [numpy.sin(7 * rows + 3 * columns), numpy.cos(5 * columns - 2 * rows), numpy.sin(9 * rows * columns + 1)]
    noise = numpy.random.default_rng(side).uniform(-0.5, 0.5, (side, side, 3))
    return numpy.clip((numpy.stack(waves, 2) * 0.2 + 0.5 + noise) * 255, 0, 255).round().astype(numpy.uint8)


def shares(start, side, pixels):
    """How much of each cell's mean each pixel is, cells by pixels."""
    edges = start + side * numpy.arange(CELLS + 1) / CELLS
    left = numpy.maximum(edges[:-1, None], numpy.arange(pixels))
    right = numpy.minimum(edges[1:, None], numpy.arange(pixels) + 1)
    return numpy.maximum(0, right - left) * CELLS / side


def hash_of(pixels, left, top, side):
    grey = pixels @ numpy.array([0.299, 0.587, 0.114])
    cells = shares(top, side, len(grey)) @ grey @ shares(left, side, len(grey)).T
    spectrum = dctn(cells, type=2)[:8, :8]
    signs = spectrum > 0
    signs[0, 0] = False
    assert numpy.abs(spectrum).min() > 1e-6
    return numpy.packbits(signs).tobytes().hex()


cases = []
for side, square in CASES:
    pixels = picture(side)
    cases.append(
        {"side": side, "square": square, "hash": hash_of(pixels, *square), "pixels": base64.b64encode(pixels.tobytes()).decode()}
    )
made_by = f"SciPy {scipy.__version__}, NumPy {numpy.__version__}"
Path(__file__).with_name("square-hash.json").write_text(json.dumps({"madeBy": made_by, "cases": cases}, indent=1) + "\n")
