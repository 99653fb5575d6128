"""Shim until the callers use interface.codec: dump(value), load(Type, data)."""

from __future__ import annotations

from chittyops.capabilities.deploy.model import Desired, Release
from chittyops.interface.codec import dump, load
from chittyops.kernel.plan import Plan


def desired_to_json(value: Desired) -> dict:
    return dump(value)


def desired_from_json(data: dict) -> Desired:
    return load(Desired, data)


def plan_to_json(value: Plan) -> dict:
    return dump(value)


def plan_from_json(data: dict) -> Plan:
    return load(Plan, data)


def release_to_json(value: Release) -> dict:
    return dump(value)


def release_from_json(data: dict) -> Release:
    return load(Release, data)
