"""Removes what the function's libraries bring along and the function never opens.

Lambda takes 250 MiB unzipped, and the libraries alone are more. The tests run the trimmed function,
so a removal that does harm is found, and so is a pattern that removes nothing any more.
"""

import shutil
from itertools import chain
from pathlib import Path

REMOVED = {
    "bin": "command-line programs of the libraries",
    ".lock": "left by uv",
    "*.dist-info/RECORD": "lists the files of the wheel, many of which go",
    "**/tests": "the libraries' own tests",
    "**/*.pyi": "types, for checkers only",
    "**/*.pyx": "Cython's sources: the compiled modules are beside them",
    "**/*.pxd": "Cython's headers",
    "**/*.pxi": "Cython's headers",
    "numpy/_core/include": "C headers",
    "numpy/**/*.a": "libraries to link C code with",
    "numpy/_core/_*_tests.*.so": "numpy's own tests",
    "numpy/_core/_simd.*.so": "for numpy's own tests: the compiled code is in another module",
    "numpy/f2py": "a compiler for Fortran",
    "numpy/random": "numpy imports it when asked, and nothing here is left to chance",
    "pyarrow/include": "C++ headers",
    "pyarrow/src": "C++ sources",
    "pyarrow/_pyarrow_cpp_tests.*": "pyarrow's own tests",
    "pyarrow/libarrow_python*.so": "a copy: what the modules link is named .so.2600, or the like",
    "pyarrow/libarrow_python*.so.*.*": "another copy of the same",
    "pyarrow/libarrow_flight.so.*": "a network protocol",
    "pyarrow/libarrow_python_flight.so.*": "the same protocol's Python side",
    "pyarrow/_flight.*": "the same protocol's module",
    "pyarrow/libarrow_s3.so.*": "a second client of S3: the function uses obstore",
    "pyarrow/_s3fs.*": "that client's module; pyarrow.fs goes on without it",
    "pyarrow/_azurefs.*": "another cloud's storage; pyarrow.fs goes on without it",
    "pyarrow/_gcsfs.*": "another cloud's storage; pyarrow.fs goes on without it",
    "pyarrow/_hdfs.*": "Hadoop's storage; pyarrow.fs goes on without it",
    "pyarrow/_orc.*": "another file format",
    "pyarrow/_dataset_orc.*": "the same",
    "pyarrow/_feather.*": "another file format",
    "pyarrow/*parquet_encryption*": "releases are not encrypted by Parquet",
    "onnxruntime/capi/libonnxruntime.so.*": "for other languages: Python's module has its own copy",
    "onnxruntime/datasets": "examples",
    "onnxruntime/quantization": "makes models smaller",
    "onnxruntime/tools": "converts models",
    "onnxruntime/transformers": "converts models",
    "flatbuffers": "only onnxruntime's converters import it",
    "flatbuffers-*.dist-info": "of the same",
    "google": "protobuf: only onnxruntime's converters import it",
    "protobuf-*.dist-info": "of the same",
    "aws_lambda_powertools/event_handler": "another web framework",
    "aws_lambda_powertools/middleware_factory": "decorators of handlers",
    "aws_lambda_powertools/utilities/[!_j]*": "all that is not needed to import metrics",
    "fastapi/.agents": "documentation",
}
"""Patterns of paths, each with the reason why nobody misses it."""


def trim(folder: Path) -> list[str]:
    """Remove everything superfluous from `folder`, where the libraries are installed.

    Returns:
        The patterns that matched nothing: they are out of date.
    """
    found = {pattern: list(folder.glob(pattern)) for pattern in REMOVED}
    for path in chain.from_iterable(found.values()):
        if path.is_dir():
            shutil.rmtree(path)
        else:  # it may have gone with its folder
            path.unlink(missing_ok=True)
    return [pattern for pattern, paths in found.items() if not paths]
