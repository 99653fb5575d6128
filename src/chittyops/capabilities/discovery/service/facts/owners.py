"""CODEOWNERS: who is asked about what (https://docs.github.com/articles/about-code-owners)."""

from __future__ import annotations

from chittyops.capabilities.discovery.model.facts import Facts


def read(path: str, text: str) -> Facts:
    """Return the rules in order; the last one that fits a path counts. A rule without owners takes them away."""
    rules = []
    for line in text.splitlines():
        words = line.partition(" #")[0].split()
        # GitLab's sections, in square brackets, give default owners; their rules stand below them.
        if words and not words[0].startswith(("#", "[", "^[")):
            rules.append((words[0], tuple(words[1:])))
    return Facts(path, kind="document", owners=tuple(rules))
