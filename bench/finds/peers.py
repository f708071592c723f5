"""What Pillow, imagehash and cleanvision say of the cases of the table of finds.

Argument: a JSON file {"root": photo root, "near": bits, "cases": [{"path", "copy" or null, "issues": [cleanvision's names]}, ...]}. Prints one JSON document: for each
case whether Pillow's verify() and load() raise; whether imagehash's perceptual hashes of the photo and its copy are at most so many bits apart (null where
there is no copy); whether cleanvision names one of the issues of the photo or, of a photo that is there twice, puts it into one set with its copy. cleanvision
breaks off with an exception at the first file that Pillow cannot load: that counts as telling of it, and it is shown the others only.
"""

import json
import os
import sys
import warnings
from importlib.metadata import version

import imagehash
import PIL
from cleanvision import Imagelab
from PIL import Image

warnings.simplefilter("ignore")
with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)


def raises(act, path):
    try:
        with Image.open(path) as image:
            act(image)
        return False
    except Exception:  # noqa: BLE001 - whatever a decoder raises is its verdict
        return True


def photos_below(root):
    for folder, _, names in os.walk(root):
        yield from (os.path.join(folder, name) for name in names if name.lower().endswith((".jpg", ".png", ".webp", ".tiff", ".avif")))


verify, load = (lambda image: image.verify()), (lambda image: image.load())
loadable = [path for path in photos_below(job["root"]) if not raises(load, path)]
said = sys.stdout
sys.stdout = sys.stderr  # cleanvision prints progress
lab = Imagelab(filepaths=loadable)
lab.find_issues(n_jobs=1, verbose=False)
sys.stdout = said
sets = [set(paths) for kind in ("exact_duplicates", "near_duplicates") for paths in lab.info[kind]["sets"]]


def named(path, copy, wanted):
    if copy is not None:
        return any(path in same and copy in same for same in sets)
    return path in lab.issues.index and any(bool(lab.issues.loc[path, f"is_{name}_issue"]) for name in wanted)




def distance(path, copy):
    try:
        with Image.open(path) as one, Image.open(copy) as other:
            return imagehash.phash(one) - imagehash.phash(other)
    except Exception:  # noqa: BLE001
        return 64


def answer(path, copy, wanted):
    broken = raises(load, path)
    return {
        "Pillow `verify`": raises(verify, path),
        "Pillow `load`": broken,
        "imagehash": None if copy is None else bool(distance(path, copy) <= job["near"]),
        "cleanvision": broken or named(path, copy, wanted),
    }


cases = [answer(case["path"], case["copy"], case["issues"]) for case in job["cases"]]
versions = {"pillow": PIL.__version__, "imagehash": imagehash.__version__, "cleanvision": version("cleanvision")}
print(json.dumps({"cases": cases, "versions": versions}))
