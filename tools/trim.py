"""What the function's libraries bring along and the function never opens.

Lambda takes 250 MiB unzipped; untrimmed, the libraries alone are 335 MB. The tests run the trimmed
function, so a removal that does harm is found.
"""

import shutil
from pathlib import Path

_REMOVED = {
    "bin": "command-line programs of the libraries",
    "*/tests": "the libraries' own tests",
    "**/*.pyi": "types, for checkers only",
    "**/*.pyx": "Cython's sources: the compiled modules are beside them",
    "**/*.pxd": "Cython's headers",
    "**/*.pxi": "Cython's headers",
    "numpy/*/tests": "numpy's own tests",
    "numpy/f2py": "a compiler for Fortran",
    "pyarrow/include": "C++ headers",
    "pyarrow/src": "C++ sources",
    "pyarrow/libarrow_flight.so.*": "a network protocol",
    "pyarrow/libarrow_python_flight.so*": "the same protocol's Python side",
    "pyarrow/_flight*.so": "the same protocol's module",
    "onnxruntime/tools": "conversion of models",
    "onnxruntime/transformers": "conversion of models",
    "onnxruntime/quantization": "conversion of models",
    "onnxruntime/datasets": "examples",
    "onnxruntime/capi/libonnxruntime.so*": "a second copy, for other languages: Python's is inside its module",
    "onnxruntime/capi/training": "training",
}

_KEPT_SERVICES = {"s3", "sts", "sso", "sso-oidc", "signin"}
"""botocore's descriptions of services: S3, and those that boto3 may get credentials from."""
