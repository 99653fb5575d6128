"""A service in one environment, written for programs that are no platform: dotenv, JSON, Kubernetes."""

from __future__ import annotations

from typing import Any

import yaml

from chittyops.capabilities.config.service.render import variables
from chittyops.kernel import dotenv, tree
from chittyops.kernel.configuration import PLATFORM_SECTIONS, View, way
from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.service import label

_PLAIN_SECTIONS = ("config", *PLATFORM_SECTIONS)


def plain_variables(view: View) -> dict[str, str]:
    """Return the plain variables. Raises Misconfigured for one that has a secret in it."""
    if problems := tuple(variables.leaks(view, "config")):
        raise Misconfigured.of(problems)
    return variables.texts(view)


def dotenv_text(view: View, before: str = "") -> str:
    """Return ``before`` with the plain variables set in it; what it has besides stays.

    Raises Misconfigured for one that has a secret in it, Refused for one that no form of quoting can hold.
    """
    have = dotenv.parse(before)
    wanted = plain_variables(view)
    return dotenv.edited(before, {key: value for key, value in wanted.items() if have.get(key) != value})


def document(view: View, *, origins: bool = False) -> dict[str, Any]:
    """Return all that is configured: variables, platforms, references to secrets; with ``origins``, where from."""
    problems = [problem for section in _PLAIN_SECTIONS for problem in variables.leaks(view, section)]
    if problems:
        raise Misconfigured.of(tuple(problems))
    found: dict[str, Any] = {"service": view.service, "environment": view.environment, "config": variables.config(view)}
    found["secrets"] = variables.secrets(view)
    for section in PLATFORM_SECTIONS:
        if (node := tree.at(view.resolved, (section,))) is not None:
            found[section] = tree.value(node)
    if origins:
        nodes = {name: node for name in (*_PLAIN_SECTIONS, "secrets") if (node := view.merged.entries.get(name))}
        leaves = ((name, each) for name, node in nodes.items() for each in tree.leaves(node))
        found["origins"] = {way((name, *keys)): str(leaf.place) for name, (keys, leaf) in leaves}
    return found


def kubernetes(view: View) -> str:
    """Return a ConfigMap with the plain variables, and the ``env`` list of a container that takes them from it.

    Secrets, and variables that have one in their text, are taken from a Secret called ``SERVICE-secrets``.
    """
    name = label(view.service)
    secret = {*variables.secrets(view), *variables.composed(view)}
    plain = {key: text for key, text in variables.texts(view).items() if key not in secret}
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "chittyops"}
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{name}-config", "labels": labels},
        "data": plain,
    }
    env = [_taken(key, "configMapKeyRef", f"{name}-config") for key in plain]
    env += [_taken(key, "secretKeyRef", f"{name}-secrets") for key in sorted(secret)]
    return f"{_yaml(config_map)}---\n# for the container of {name}\n{_yaml({'env': env})}"


def _taken(key: str, kind: str, source: str) -> dict[str, Any]:
    return {"name": key, "valueFrom": {kind: {"name": source, "key": key}}}


def _yaml(value: object) -> str:
    text: str = yaml.dump(value, Dumper=yaml.SafeDumper, sort_keys=False, allow_unicode=True, width=1 << 16)
    return text
