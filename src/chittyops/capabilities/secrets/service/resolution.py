"""From references to values: each store is asked once, texts are put together, and trouble is told whole.

A text is a reference of the scheme ``template``: ``${secret:NAME}`` in it stands for another secret that the service
declares, ``$${`` for a plain ``${``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from chittyops.capabilities.secrets.model import Missing
from chittyops.capabilities.secrets.ports import Store
from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.kernel.nearest import nearest
from chittyops.kernel.secret import Secret, SecretRef, SecretScope

TEMPLATE = "template"
_REFERENCE = re.compile(r"\$\$\{|\$\{secret:([^}]*)\}")

Answers = dict[str, Secret | Missing]


def resolve(scope: SecretScope, references: Mapping[str, SecretRef], stores: Mapping[str, Store]) -> dict[str, Secret]:
    """Return the values of ``references`` by variable.

    Raises Misconfigured that carries every problem; Unavailable where all of them may pass.
    """
    answers = _answers(scope, references, stores)
    missing = [answer for answer in answers.values() if isinstance(answer, Missing)]
    if missing:
        _refuse(tuple(dict.fromkeys(missing)))
    return {variable: found for variable in references if isinstance(found := answers[variable], Secret)}


def at_hand(scope: SecretScope, references: Mapping[str, SecretRef], stores: Mapping[str, Store]) -> dict[str, Secret]:
    """Return the values of those ``references`` that can be had from ``stores``, by variable."""
    answers = _answers(scope, references, stores)
    return {variable: answer for variable, answer in answers.items() if isinstance(answer, Secret)}


def _answers(scope: SecretScope, references: Mapping[str, SecretRef], stores: Mapping[str, Store]) -> Answers:
    answers = _asked(scope, references, stores)
    for variable, reference in references.items():
        if reference.scheme == TEMPLATE:
            answers[variable] = _filled(variable, reference.location, answers, references)
    return answers


def _asked(scope: SecretScope, references: Mapping[str, SecretRef], stores: Mapping[str, Store]) -> Answers:
    by_scheme: dict[str, dict[str, SecretRef]] = {}
    for variable, reference in references.items():
        by_scheme.setdefault(reference.scheme, {})[variable] = reference
    answers: Answers = {}
    for scheme, asked in by_scheme.items():
        if scheme in stores:
            answers |= stores[scheme](scope, asked)
        elif scheme != TEMPLATE:
            hint = f"the stores there are: {', '.join(stores)}"
            answers |= {
                variable: Missing(f"{each}: no store is called {scheme}", hint) for variable, each in asked.items()
            }
    return answers


def _filled(variable: str, text: str, answers: Answers, references: Mapping[str, SecretRef]) -> Secret | Missing:
    missing: list[Missing] = []

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "${"
        answer = answers.get(name) if name in references and references[name].scheme != TEMPLATE else None
        if isinstance(answer, Secret):
            return answer.reveal()
        plain = [each for each, reference in references.items() if reference.scheme != TEMPLATE]
        unknown = Missing(f"{variable} refers to ${{secret:{name}}}, which is not declared", nearest(name, plain))
        missing.append(answer or unknown)
        return ""

    filled = _REFERENCE.sub(value, text)
    return missing[0] if missing else Secret(filled)


def _refuse(missing: tuple[Missing, ...]) -> None:
    if all(not each.permanent for each in missing):
        raise Unavailable("; ".join(each.message for each in missing), hint=missing[0].hint)
    raise Misconfigured.of(tuple(each.problem for each in missing))
