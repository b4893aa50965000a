"""`python -m cli` is `mvpod`."""

import sys

from cli import main

sys.exit(main())
