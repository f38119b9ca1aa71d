"""`python -m train`."""

import sys

from train.cli import main

_INTERRUPTED = 130

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        # The channel is moved last: whatever was interrupted, the store serves what it did.
        sys.exit(_INTERRUPTED)
