"""Makes pixels.json: what Pillow makes of the photos of made-photo.ts, resized and cut as torchvision does (Resize, CenterCrop).

Run: python make_pixels_golden.py > pixels.json   (pillow, numpy)
"""

import json

import numpy as np
import PIL
from PIL import Image

SIZE, CROP = 256, 224
SIZES = [(256, 256), (257, 256), (301, 1025), (640, 427), (1023, 767), (3000, 4000), (4000, 2251), (224, 300), (5, 3)]
# rows and columns of the cut photo whose bytes are kept: corners, edges, middle
KEPT = [0, 1, 50, 111, 112, 170, 222, 223]


def made(width, height):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((3 * x + 5 * y + 40 * c + 91 * (x >> 3) * (1 + (y >> 3))) & 255).astype(np.uint8)


def resized_sides(width, height):
    return (SIZE, SIZE * height // width) if width <= height else (SIZE * width // height, SIZE)


def centred(photo, side):
    """torchvision.transforms.functional.center_crop of what is at least as large."""
    left, top = (round((outer - side) / 2) for outer in photo.size)
    return photo.crop((left, top, left + side, top + side))


photos = []
for width, height in SIZES:
    photo = Image.fromarray(made(width, height)).resize(resized_sides(width, height), Image.Resampling.BILINEAR)
    cut = np.asarray(centred(centred(photo, SIZE), CROP))
    photos.append({"width": width, "height": height, "bytes": cut[np.ix_(KEPT, KEPT)].flatten().tolist()})
print(json.dumps({"made_with": f"Pillow {PIL.__version__}", "kept": KEPT, "photos": photos}))
