"""Lets PyTorch's wheel load on a machine without a GPU and without two gigabytes of NVIDIA's libraries.

PyPI has one wheel of torch for Linux, the one for CUDA. Its libraries name cuBLAS, cuDNN and others as needed, so the loader wants to find
them, but on a CPU not one of their functions is called. The CUDA runtime and CUPTI are small and are installed as they are. For the others
this makes empty libraries of the same names, in the folder where torch looks for NVIDIA's, and has this environment's Python load libraries
lazily (RTLD_LAZY), so that a function is looked up when it is called. One of NVSHMEM's names is data, which is looked up at once.
What computes on the CPU (ATen, oneDNN, MKL, OpenMP) is all in torch's own libraries and stays untouched.

Run by the environment's own Python; needs a C++ compiler, as torch.compile does.
"""

import pathlib
import shutil
import subprocess
import sys
import sysconfig

FUNCTIONS_ONLY = [
    "libcublas.so.13",
    "libcublasLt.so.13",
    "libcudnn.so.9",
    "libcufft.so.12",
    "libcufile.so.0",
    "libcusparse.so.12",
    "libcusparseLt.so.0",
    "libnccl.so.2",
    "libnvrtc.so.13",
]

packages = pathlib.Path(sysconfig.get_path("purelib"))
folder = packages / "nvidia" / "cu13" / "lib"
compiler = next((found for name in ("g++", "clang++", "c++") if (found := shutil.which(name))), None)
if compiler is None:
    sys.exit("no C++ compiler on PATH: torch.compile needs one, and so do the stand-ins for CUDA's libraries")


def make(name, source="", *options):
    subprocess.run(
        [compiler, "-x", "c++", "-shared", "-nostdlib", f"-Wl,-soname,{name}", *options, "-o", folder / name, "-"],
        input=source.encode(),
        check=True,
    )


for name in FUNCTIONS_ONLY:
    make(name)
versions = folder / "nvshmem.map"
versions.write_text("NVSHMEM { *; };\n")
make("libnvshmem_host.so.3", 'extern "C" int nvshmem_selected_device_transport = 0;', f"-Wl,--version-script={versions}")
(packages / "sitecustomize.py").write_text("import os\nimport sys\n\nsys.setdlopenflags(os.RTLD_LAZY)\n")
