"""The forms of the report: whole, escaped, self-contained, and as wide as they may be."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.capabilities.audit.inventories import act, inventory, problem, script, service, shop
from tests.capabilities.audit.test_service import crowd

from chittyops.app.report import knowledge, report_on
from chittyops.app.report.html import html
from chittyops.app.report.markdown import code, markdown, plain
from chittyops.app.report.sarif import sarif
from chittyops.app.report.terminal import terminal
from chittyops.capabilities.audit.model import Report
from chittyops.capabilities.audit.service import audit
from chittyops.interface.terminal.text import columns
from chittyops.kernel.inventory import CAPABILITIES, Evidence, Inventory

HOSTILE = "</style><script>alert(1)</script>|`x`\x1b[31m\n# [y](javascript:z) \"'"
VOID = frozenset({"meta", "input", "br"})


def hostile() -> Inventory:
    """Return an inventory in which every name is an attack."""
    seen = (Evidence(HOSTILE, 3),)
    return inventory(
        replace(service("a"), name=HOSTILE, platform=HOSTILE, health="/h", health_evidence=seen),
        service("b", needs=(HOSTILE, "ghost" + HOSTILE)),
        scripts=(
            replace(script("a/x.sh", act("deploy", HOSTILE, HOSTILE)), name=HOSTILE, path=HOSTILE, service=HOSTILE),
        ),
        problems=(problem("no-tests", "error", HOSTILE, message=HOSTILE, hint=HOSTILE),),
        workspace=HOSTILE,
    )


class Page(HTMLParser):
    """What a page is made of; every element that is opened must be closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


class TestHtml:
    def test_it_has_every_part(self) -> None:
        page = Page(html(audit(shop())))
        assert page.tags["h1"] == page.tags["main"] == page.tags["nav"] == 1
        parts = {"what", "first", "plan", "capabilities", "map", "radius", "leaks", "functions", "duplicates"}
        assert parts | {"integrations", "problems", "method"} <= set(page.ids)
        text = " ".join(page.text)
        for word in ("accounts", "github-token", "Stop the bleeding", *CAPABILITIES.values()):
            assert word in text

    def test_links_within_lead_somewhere_and_ids_are_unique(self) -> None:
        page = Page(html(audit(shop())))
        targets = {value[1:] for name, value in page.attributes if name == "href"}
        assert targets <= set(page.ids)
        assert len(page.ids) == len(set(page.ids))

    def test_it_needs_nothing_from_anywhere(self) -> None:
        text = html(audit(shop()))
        page = Page(text)
        assert not [
            value for name, value in page.attributes if name in {"src", "srcset", "style"} or name.startswith("on")
        ]
        assert all(value.startswith("#") for name, value in page.attributes if name in {"href", "action"})
        assert not re.search(r"(?:https?:)?//[a-z]|@import|url\((?!#)", text.replace("http-equiv", ""))

    def test_its_policy_allows_its_own_style_and_script_only(self) -> None:
        policy = next(value for name, value in Page(html(audit(shop()))).attributes if value.startswith("default-src"))
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy

    def test_names_are_shown_as_they_are_and_steer_nothing(self) -> None:
        text = html(audit(hostile()))
        page = Page(text)
        assert page.tags["script"] == page.tags["style"] == 1
        assert "alert(1)" in " ".join(page.text)
        assert "\x1b" not in text
        assert not [value for name, value in page.attributes if name == "href" and value.startswith("javascript")]

    def test_colour_is_never_the_only_meaning(self) -> None:
        text = html(audit(shop()))
        for word in ("present", "partial", "missing", "not applicable"):
            assert f'<span class="vh">{word}</span>' in text

    def test_every_data_table_has_a_head(self) -> None:
        page = Page(html(audit(shop())))
        assert page.tags["thead"] == page.tags["table"]

    def test_600_services_stay_below_5_mb(self) -> None:
        assert len(html(audit(crowd(600))).encode()) < 5_000_000

    def test_an_empty_workspace_has_a_page(self) -> None:
        assert Page(html(audit(inventory()))).tags["h1"] == 1


@settings(max_examples=25)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), st.text(max_size=30))
def test_whatever_things_are_called_every_form_holds(name: str, said: str) -> None:
    found = inventory(
        replace(service("a"), name=name),
        service("b", needs=(name,)),
        scripts=(replace(script("a/x.sh", act("deploy", said or "x")), name=name, service=name),),
        problems=(problem("no-tests", "error", f"a/{name}", message=said, service=name),),
        workspace=name,
    )
    report = audit(found)
    Page(html(report))
    markdown(report)
    log(report)
    assert max(columns(line) for line in terminal(report).split("\n")) <= 80


class TestMarkdown:
    def test_it_has_every_part(self) -> None:
        text = markdown(audit(shop()))
        for title in ("# Operations audit of shop", "## What to do first", "## Plan", "## Blast radius", "## Problems"):
            assert f"\n{title}\n" in f"\n{text}"

    def test_rows_are_as_wide_as_their_head(self) -> None:
        for report in (audit(shop()), audit(hostile())):
            width = 0
            for line in markdown(report).splitlines():
                cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
                assert not cells or not width or cells == width, line
                width = cells

    @pytest.mark.parametrize("text", ["a|b", "*a*", "<b>", "[a](b)", "# a", "`a`", "a_b_c", "1. a", "~a~"])
    def test_plain_text_is_no_markup(self, text: str) -> None:
        assert not re.search(r"(?<!\\)[|*<\[`_#~]", plain(text))
        assert not re.match(r"\d+\.", plain(text))

    @pytest.mark.parametrize(
        ("text", "shown"), [("a", "`a`"), ("a`b", "`` a`b ``"), ("a|b", "`a\\|b`"), ("", ""), ("a\nb", "`a b`")]
    )
    def test_code_holds_whatever_there_is(self, text: str, shown: str) -> None:
        assert code(text) == shown

    def test_hostile_names_make_no_headings_or_tags(self) -> None:
        text = markdown(audit(hostile()))
        assert "\n# [y]" not in text
        assert not [
            line for line in text.splitlines() if re.search(r"(?<!\\)<script", re.sub(r"(`+).*?\1(?!`)", "", line))
        ]


class TestTerminal:
    def test_it_fits_into_80_columns(self) -> None:
        for report in (audit(shop()), audit(crowd(50)), audit(hostile())):
            assert max(columns(line) for line in terminal(report).splitlines()) <= 80

    def test_it_says_the_verdict_and_what_to_do_first(self) -> None:
        text = terminal(audit(shop()))
        assert "1 credential is committed" in text
        assert " 1  Rotate committed credentials" in text
        assert "accounts" in text.partition("Blast radius")[2]

    def test_names_do_not_steer_the_terminal(self) -> None:
        assert "\x1b" not in terminal(audit(hostile()))

    def test_colour_is_only_where_it_is_wanted(self) -> None:
        assert "\x1b[31m" in terminal(audit(shop()), colour=True)
        assert "\x1b" not in terminal(audit(shop()))

    def test_many_services_are_cut_to_those_that_lack_the_most(self) -> None:
        assert "20 more services" in terminal(audit(crowd(50)))


def log(report: Report) -> dict[str, Any]:
    """Return the SARIF of ``report``, once through JSON, with the only run checked against the structure."""
    data: dict[str, Any] = json.loads(json.dumps(sarif(report, knowledge().meanings)))
    assert data["version"] == "2.1.0"
    (run,) = data["runs"]
    check(run)
    found: dict[str, Any] = run
    return found


def check(run: dict[str, Any]) -> None:
    """Check what SARIF 2.1.0 demands of a run (sections 3.14, 3.19, 3.27, 3.28, 3.49)."""
    rules = run["tool"]["driver"]["rules"]
    assert isinstance(run["tool"]["driver"]["name"], str)
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note", "none"}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact["uriBaseId"] in run["originalUriBaseIds"]
        assert re.fullmatch(r"(?!/)[A-Za-z0-9._~%/!$&'()*+,;=@-]+", artifact["uri"])
        region = location["physicalLocation"].get("region", {"startLine": 1})
        assert region["startLine"] >= 1
        assert region.get("startColumn", 1) >= 1
        assert all(isinstance(value, str) and value for value in result.get("partialFingerprints", {}).values())


class TestSarif:
    def test_every_problem_is_a_result(self) -> None:
        run = log(audit(shop()))
        assert Counter(each["level"] for each in run["results"]) == {"error": 3, "warning": 1, "note": 1}
        first = next(each for each in run["results"] if each["ruleId"] == "placeholder-id")
        assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 5}
        assert first["partialFingerprints"] == {"chittyops/v1": "placeholder-id:orders/wrangler.jsonc"}

    def test_a_problem_without_a_line_has_no_region(self) -> None:
        result = next(each for each in log(audit(shop()))["results"] if each["ruleId"] == "link-out-of-workspace")
        assert "region" not in result["locations"][0]["physicalLocation"]

    def test_every_code_that_discovery_knows_is_a_rule(self) -> None:
        assert {rule["id"] for rule in log(audit(shop()))["tool"]["driver"]["rules"]} >= set(knowledge().meanings)

    def test_a_committed_credential_is_told_once(self) -> None:
        told = problem("committed-credential", "error", "accounts/.env", line=2)
        found = replace(shop(), problems=(told,))
        places = [
            each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for each in log(audit(found))["results"]
            if each["ruleId"] == "committed-credential"
        ]
        assert sorted(places) == ["accounts/.env", "orders/.env"]

    @pytest.mark.parametrize("path", ["a b/ü~§=.toml", "c:/x", "a#b?c", "100%/x", HOSTILE])
    def test_odd_paths_are_relative_addresses(self, path: str) -> None:
        (found,) = log(audit(inventory(service("a"), problems=(problem("no-tests", "error", path),))))["results"]
        assert found["ruleId"] == "no-tests"


def test_commands_that_exist_are_not_called_planned() -> None:
    known = knowledge()
    assert known.can("deploy", "node")
    assert known.can("discover", "")
    assert not known.can("no-such-command", "")
    assert report_on(shop()).workspace == "shop"
