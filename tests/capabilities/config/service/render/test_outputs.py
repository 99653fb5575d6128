"""The outputs for programs: dotenv that every reader reads alike, JSON with origins, Kubernetes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.capabilities.config.service.conftest import SubjectOf

from chittyops.capabilities.config.service.render import File, Target, render
from chittyops.kernel import dotenv
from chittyops.kernel.errors import Misconfigured

TEXT = """\
fleet: shop
environments: {staging: {}, production: {}}
services:
  cart:
    path: cart
    config:
      PLAIN: info
      NUMBER: 3
      SPACES: "two words # and no comment"
      QUOTE: "it's"
      DOUBLE: 'say "so"'
      DOLLAR: "a $HOME and `ls` and \\\\ too"
      LINES: "one\\ntwo"
      EMPTY: ""
    secrets: {TOKEN: sops:TOKEN}
    environments:
      production: {config: {PLAIN: warning}}
"""
HARMLESS = ("PLAIN", "NUMBER", "SPACES", "QUOTE", "DOUBLE", "DOLLAR", "LINES", "EMPTY")


def test_dotenv_is_read_back_by_chittyops(cart: SubjectOf) -> None:
    text = render(cart(TEXT), Target.DOTENV, ("production",)).text
    assert dotenv.parse(text) == {
        "PLAIN": "warning",
        "NUMBER": "3",
        "SPACES": "two words # and no comment",
        "QUOTE": "it's",
        "DOUBLE": 'say "so"',
        "DOLLAR": "a $HOME and `ls` and \\ too",
        "LINES": "one\ntwo",
        "EMPTY": "",
    }


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash, which is not installed")
def test_dotenv_is_read_back_by_bash(cart: SubjectOf, tmp_path: Path) -> None:
    text = render(cart(TEXT), Target.DOTENV).text
    (tmp_path / "env").write_text(text)
    script = "set -a; . ./env; printf '%s\\0' " + " ".join(f'"${each}"' for each in HARMLESS)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    found = dict(zip(HARMLESS, done.stdout.split("\0")[:-1], strict=True))
    assert found == dotenv.parse(text)


def test_a_dotenv_file_keeps_what_else_it_has(cart: SubjectOf) -> None:
    before = "# mine\nTOKEN=secret\nPLAIN=debug # loud\n"
    text = render(cart(TEXT), Target.DOTENV, before=File(".env", before)).text
    assert text.startswith("# mine\nTOKEN=secret\nPLAIN=info # loud\n")
    assert render(cart(TEXT), Target.DOTENV, before=File(".env", text)).text == text


def test_json_has_all_of_it_with_origins_and_no_secret(cart: SubjectOf) -> None:
    found = json.loads(render(cart(TEXT), Target.JSON, ("production",), origins=True).text)
    assert found["config"]["NUMBER"] == 3
    assert found["config"]["PLAIN"] == "warning"
    assert found["secrets"] == {"TOKEN": "sops:TOKEN"}
    assert found["origins"]["config.PLAIN"].endswith("chittyops.yaml:17:36")
    assert found["origins"]["config.NUMBER"].endswith("chittyops.yaml:8:15")
    assert "origins" not in json.loads(render(cart(TEXT), Target.JSON).text)


def test_kubernetes_gets_a_config_map_and_references_to_a_secret(cart: SubjectOf) -> None:
    text = TEXT.replace("      PLAIN: info\n", '      PLAIN: info\n      DSN: "pg://u:${secret:TOKEN}@h"\n')
    config_map, container = yaml.safe_load_all(render(cart(text), Target.K8S_ENV).text)
    assert config_map["kind"] == "ConfigMap"
    assert config_map["data"]["NUMBER"] == "3"
    assert {"DSN", "TOKEN"}.isdisjoint(config_map["data"])
    env = {each["name"]: each["valueFrom"] for each in container["env"]}
    assert env["PLAIN"] == {"configMapKeyRef": {"name": "cart-config", "key": "PLAIN"}}
    assert env["DSN"] == env["TOKEN"] | {"secretKeyRef": {"name": "cart-secrets", "key": "DSN"}}
    assert env.keys() == {*config_map["data"], "DSN", "TOKEN"}


@pytest.mark.parametrize("target", [Target.DOTENV, Target.JSON], ids=["dotenv", "json"])
def test_a_variable_with_a_secret_in_it_is_no_plain_one(cart: SubjectOf, target: Target) -> None:
    text = TEXT.replace("PLAIN: info", 'PLAIN: "pg://u:${secret:TOKEN}@h"')
    with pytest.raises(Misconfigured, match="refers to the secret TOKEN"):
        render(cart(text), target)


def test_a_target_with_a_file_for_each_environment_takes_one(cart: SubjectOf) -> None:
    with pytest.raises(Misconfigured, match="one environment at a time"):
        render(cart(TEXT), Target.DOTENV, ("staging", "production"))


def test_vercel_has_one_file_for_all(cart: SubjectOf) -> None:
    text = TEXT + "    vercel: {framework: nextjs, crons: [{path: /tick, schedule: '0 * * * *'}]}\n"
    before = '{\n  // kept\n  "framework": "vite"\n}\n'
    found = render(cart(text), Target.VERCEL, before=File("vercel.json", before)).text
    assert found.startswith('{\n  // kept\n  "framework": "nextjs",')
    differing = text.replace("{PLAIN: warning}}", "{PLAIN: warning}, vercel: {framework: astro}}")
    with pytest.raises(Misconfigured, match="one framework for all environments"):
        render(cart(differing), Target.VERCEL)
    assert json.loads(render(cart(differing), Target.VERCEL, ("production",)).text)["framework"] == "astro"


def test_railway_says_what_differs_below_its_environments(cart: SubjectOf) -> None:
    text = TEXT.replace("{PLAIN: warning}}", "{PLAIN: warning}, railway: {deploy: {numReplicas: 2}}}")
    text += "    railway: {build: {builder: NIXPACKS}, deploy: {startCommand: node ., numReplicas: 1}}\n"
    assert json.loads(render(cart(text), Target.RAILWAY).text) == {
        "build": {"builder": "NIXPACKS"},
        "deploy": {"startCommand": "node .", "numReplicas": 1},
        "environments": {"production": {"deploy": {"numReplicas": 2}}},
    }
