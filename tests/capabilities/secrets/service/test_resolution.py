"""References are resolved together: each store asked once, texts filled in, every problem told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chittyops.capabilities.secrets.model import Missing
from chittyops.capabilities.secrets.service.resolution import resolve
from chittyops.kernel.errors import Misconfigured, Unavailable
from chittyops.kernel.secret import Secret, SecretRef, SecretScope

SCOPE = SecretScope("/w", "shop", "staging", "cart")


class Shelf:
    """A store with some values, which counts how often it is asked."""

    def __init__(self, values: Mapping[str, str], *, permanent: bool = True) -> None:
        self.values, self.permanent, self.asked = values, permanent, 0

    def __call__(self, scope: SecretScope, references: Mapping[str, SecretRef]) -> dict[str, Secret | Missing]:
        self.asked += 1
        return {
            variable: Secret(self.values[reference.location])
            if reference.location in self.values
            else Missing(f"{reference} is not here", "put it there", permanent=self.permanent)
            for variable, reference in references.items()
        }


def refs(**texts: str) -> dict[str, SecretRef]:
    return {name: SecretRef(*text.split(":", 1)) for name, text in texts.items()}


def test_each_store_is_asked_once() -> None:
    shelf, other = Shelf({"A": "1", "B": "2"}), Shelf({"C": "3"})
    found = resolve(SCOPE, refs(X="sops:A", Y="sops:B", Z="env:C"), {"sops": shelf, "env": other})
    assert {name: value.reveal() for name, value in found.items()} == {"X": "1", "Y": "2", "Z": "3"}
    assert (shelf.asked, other.asked) == (1, 1)


def test_a_text_is_filled_with_other_secrets() -> None:
    references = refs(USER="sops:A", WORD="sops:B", URL="template:pg://${secret:USER}:${secret:WORD}@db/$${x}")
    found = resolve(SCOPE, references, {"sops": Shelf({"A": "me", "B": "${secret:USER}"})})
    assert found["URL"].reveal() == "pg://me:${secret:USER}@db/${x}"


def test_a_text_refers_to_declared_secrets_only() -> None:
    references = refs(USER="sops:A", URL="template:${secret:USR}")
    with pytest.raises(Misconfigured, match=r"URL refers to \$\{secret:USR\}, which is not declared") as caught:
        resolve(SCOPE, references, {"sops": Shelf({"A": "me"})})
    assert "USER" in caught.value.hint


def test_every_problem_is_told_once() -> None:
    references = refs(A="sops:A", B="sops:B", C="nope:C", T="template:${secret:A}")
    with pytest.raises(Misconfigured) as caught:
        resolve(SCOPE, references, {"sops": Shelf({})})
    told = [problem.message for problem in caught.value.problems]
    assert told == ["sops:A is not here", "sops:B is not here", "nope:C: no store is called nope"]


def test_what_may_pass_is_not_called_a_mistake() -> None:
    with pytest.raises(Unavailable) as caught:
        resolve(SCOPE, refs(A="vault:A", B="vault:B"), {"vault": Shelf({}, permanent=False)})
    assert not caught.value.permanent
    assert "vault:A" in caught.value.message
    assert "vault:B" in caught.value.message


def test_values_do_not_show_in_what_is_returned() -> None:
    found = resolve(SCOPE, refs(A="sops:A"), {"sops": Shelf({"A": "planted-value"})})
    assert "planted-value" not in repr(found)
