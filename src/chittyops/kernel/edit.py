"""A change that is proposed to the fleet file: plain data, so that who proposes it need not know how YAML is edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Yaml:
    """A value that is written already: YAML, several lines of it for what stands below its key, comments and all."""

    text: str


Scalar = str | int | float | bool
Value = Scalar | tuple[str, ...] | Mapping[str, Scalar] | Yaml


@dataclass(frozen=True, slots=True)
class Edit:
    """The value at ``keys`` is to be ``value``.

    ``remark`` is the comment beside it; a tuple has one for each item of a list, which is then written one item a
    line. ``above`` are comment lines before it.
    """

    keys: tuple[str, ...]
    value: Value
    remark: str | tuple[str, ...] = ""
    above: tuple[str, ...] = ()
