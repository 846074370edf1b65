"""``python -m fakeface``, which is also what ``torchrun -m fakeface`` starts."""

import sys

from fakeface.cli import main

if __name__ == "__main__":
    sys.exit(main())
