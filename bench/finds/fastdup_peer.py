"""What fastdup says of the cases of the table of finds.

Arguments: a JSON file {"root": photo root, "cases": [{"path", "copy" or null}, ...]}, an empty folder to work in. Prints one JSON document: for each case whether fastdup
calls the photo invalid or, of a photo that is there twice, names the two as similar (0.9 and above, as it does unasked).
"""

import json
import os
import sys

os.environ["SENTRY_OPT_OUT"] = "1"  # it would report to its makers

import fastdup  # noqa: E402

with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)

said = os.dup(1)
os.dup2(2, 1)  # it prints progress, from C++ too
lab = fastdup.create(work_dir=sys.argv[2], input_dir=job["root"])
lab.run(print_summary=False, overwrite=True)
invalid = {os.path.realpath(path) for path in lab.invalid_instances()["filename"]}
similar = lab.similarity()
pairs = {(os.path.realpath(one), os.path.realpath(other)) for one, other in zip(similar["filename_from"], similar["filename_to"])}
os.dup2(said, 1)


def found(case):
    path, copy = (None if file is None else os.path.realpath(file) for file in (case["path"], case["copy"]))
    return path in invalid or (path, copy) in pairs or (copy, path) in pairs


print(json.dumps({"cases": [{"fastdup": found(case)} for case in job["cases"]], "versions": {"fastdup": fastdup.__version__}}))
