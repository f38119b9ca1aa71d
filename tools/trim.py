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
    "numpy/_core/include": "C headers",
    "numpy/**/*.a": "libraries to link C code with",
    "numpy/_core/_*_tests.*.so": "numpy's own tests",
    "numpy/_core/_simd.*.so": "for numpy's own tests: the compiled code is in another module",
    "numpy/f2py": "a compiler for Fortran",
    "numpy/random": "numpy imports it when asked, and nothing here is left to chance",
    "onnxruntime/capi/libonnxruntime.so.*": "for other languages: Python's module has its own copy",
    "onnxruntime/datasets": "examples",
    "onnxruntime/quantization": "makes models smaller",
    "onnxruntime/tools": "converts models",
    "onnxruntime/transformers": "converts models",
    "cffi": "for compilers: cryptography wants the module beside it alone",
    "pycparser": "cffi's, to read C",
    "pycparser-*.dist-info": "of the same",
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
