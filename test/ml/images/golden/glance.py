"""Makes glance.json: small JPEGs of every coding that Pillow writes, and what Pillow's own shrink-on-load (`draft`) and antialiased bilinear resize make of each, for
test/ml/images/decoder.test.ts.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install pillow==13.0.0 numpy
    /tmp/venv/bin/python test/ml/images/golden/glance.py
"""

import base64
import io
import json
from pathlib import Path

import numpy
import PIL
from PIL import Image

SIZE = 9
# Not whole blocks, and not whole units.
WIDTH, HEIGHT = 107, 77
CASES = {
    "4:4:4": {"subsampling": "4:4:4"},
    "4:2:2": {"subsampling": "4:2:2"},
    "4:2:0": {"subsampling": "4:2:0"},
    "4:2:0 with tables of its own": {"subsampling": "4:2:0", "optimize": True},
    "4:2:0 with restart markers": {"subsampling": "4:2:0", "restart_marker_blocks": 5},
    "4:4:4 with restart markers": {"subsampling": "4:4:4", "restart_marker_rows": 1},
    "4:2:0, coarse": {"subsampling": "4:2:0", "quality": 5},
    "4:4:4, fine": {"subsampling": "4:4:4", "quality": 100},
    "grey": {"grey": True},
    "grey with restart markers": {"grey": True, "restart_marker_blocks": 7},
    "progressive": {"subsampling": "4:2:0", "progressive": True},
}


def picture():
    rows, columns = numpy.mgrid[0:HEIGHT, 0:WIDTH] / 40
    waves = [numpy.sin(7 * rows + 3 * columns), numpy.cos(5 * columns - 2 * rows), numpy.sin(9 * rows * columns + 1)]
    noise = numpy.random.default_rng(5).uniform(-0.2, 0.2, (HEIGHT, WIDTH, 1))
    return numpy.clip((numpy.stack(waves, 2) * 0.25 + 0.5 + noise) * 255, 0, 255).round().astype(numpy.uint8)


def encoded(data):
    return base64.b64encode(data).decode()


cases = []
for name, options in CASES.items():
    options = {"quality": 85, **options}
    image = Image.fromarray(picture()).convert("L" if options.pop("grey", False) else "RGB")
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    shrunk = Image.open(file)
    shrunk.draft(shrunk.mode, (WIDTH // 8, HEIGHT // 8))
    assert shrunk.size == ((WIDTH + 7) // 8, (HEIGHT + 7) // 8)
    width = SIZE * WIDTH // HEIGHT
    resized = shrunk.convert("RGB").resize((width, SIZE), Image.Resampling.BILINEAR)
    left = round((width - SIZE) / 2)
    square = resized.crop((left, 0, left + SIZE, SIZE))
    cases.append({"name": name, "jpeg": encoded(file.getvalue()), "width": WIDTH, "height": HEIGHT, "expected": encoded(square.tobytes())})
Path(__file__).with_name("glance.json").write_text(
    json.dumps({"madeBy": f"Pillow {PIL.__version__}", "size": SIZE, "cases": cases}, indent=1) + "\n"
)
