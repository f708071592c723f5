"""What scripts over photo sets do with each file, on two processes: Pillow's full load, or imagehash's perceptual hash.

Arguments: load|phash, a JSON file with a list of photos' paths. Prints one JSON document: seconds over all photos; the processes are there and have their libraries.
"""

import json
import multiprocessing
import sys
import time

import imagehash
import PIL
from PIL import Image

PROCESSES = 2


def load(path):
    with Image.open(path) as photo:
        photo.load()
        return photo.size[0] > 0


def phash(path):
    with Image.open(path) as photo:
        return imagehash.phash(photo) is not None


if __name__ == "__main__":
    mode, photos = sys.argv[1:3]
    with open(photos, encoding="utf-8") as file:
        paths = json.load(file)
    for path in paths:
        with open(path, "rb") as file:
            file.read()  # into the system's cache
    act = {"load": load, "phash": phash}[mode]
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        pool.map(act, paths[:PROCESSES])
        begun = time.perf_counter()
        assert all(pool.imap_unordered(act, paths))
        seconds = time.perf_counter() - begun
    print(json.dumps({"seconds": seconds, "versions": {"pillow": PIL.__version__, "imagehash": imagehash.__version__}}))
