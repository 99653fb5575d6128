"""Marks of tests that need a program which not every machine has."""

from __future__ import annotations

import shutil

import pytest

BASH = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash, which is not installed")
AGE = pytest.mark.skipif(shutil.which("age") is None, reason="needs age, which is not installed")
