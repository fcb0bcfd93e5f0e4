"""Runs the command line: ``python -m cunxin_training <command>``."""

import sys

from cunxin_training.cli import main

sys.exit(main())
