"""Shell text: its commands, where they run, what is known of their words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chittyops.capabilities.discovery.model.document import Document
from chittyops.capabilities.discovery.model.facts import Command, Secret
from chittyops.capabilities.discovery.service.facts import npm_scripts, registry, shell
from chittyops.capabilities.discovery.service.facts.command_line import unwrap


def words(text: str) -> list[tuple[str, ...]]:
    return [each.words for each in shell.commands(text)]


def only(text: str, program: str) -> Command:
    return next(each for each in shell.commands(text) if each.words[0] == program)


def test_commands_have_their_words_without_quotes_and_their_lines() -> None:
    found = shell.commands("set -e\n\ncurl -H \"X: y z\" 'https://a.example'\\\n  --max-time 5\n", 10)
    assert [(each.words, each.line) for each in found] == [
        (("set", "-e"), 10),
        (("curl", "-H", "X: y z", "https://a.example", "--max-time", "5"), 12),
    ]


def test_commands_in_functions_subshells_conditions_and_substitutions_count() -> None:
    text = 'f() { a 1; }\n(b 2)\nif c 3; then d 4; fi\nx=$(e 5)\necho "$(g 6)"\ncase "$1" in p) h 7 ;; esac\nf\n'
    names = [each[0] for each in words(text)]
    assert {"a", "b", "c", "d", "e", "g", "h"} <= set(names)
    assert "f" not in names


def test_a_pipeline_tells_where_output_goes() -> None:
    assert only('echo "$SECRET" | wrangler secret put SECRET', "echo").piped_to == "wrangler"


@pytest.mark.parametrize("after", ["true", ":", "echo no", "{ echo no; }", "echo no >&2"], ids=str)
def test_a_failure_that_is_hidden_is_ignored(after: str) -> None:
    assert only(f"wrangler deploy || {after}", "wrangler").ignored


def test_a_failure_that_stops_the_script_is_not_ignored() -> None:
    assert not only("wrangler deploy || { echo no; exit 1; }", "wrangler").ignored


@pytest.mark.parametrize("head", ["while true", "until false", "for i in $(seq 9)", "for ((i=0;i<9;i++))"], ids=str)
def test_commands_in_loops_are_marked(head: str) -> None:
    assert only(f"{head}; do curl -f x; done", "curl").loop


def test_folders_follow_cd() -> None:
    text = "cd api && npm test\n(cd web && vite build)\ncd ..\nwrangler deploy\npushd db\npsql\npopd\ndate\n"
    folders = {each.words[0]: each.folder for each in shell.commands(text)}
    assert {name: folders[name] for name in ("npm", "vite", "wrangler", "psql", "date")} == {
        "npm": "api",
        "vite": "api/web",
        "wrangler": "",
        "psql": "db",
        "date": "",
    }


def test_the_script_s_own_folder_and_the_repository_are_known() -> None:
    text = (
        'DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\nROOT="$(cd "$DIR/.." && pwd)"\ncd "$ROOT"\nnpm ci\n'
        'cd "$(git rev-parse --show-toplevel)/api"\nnpx wrangler deploy\n'
    )
    assert only(text, "npm").folder == "$(dirname $0)/.."
    assert only(text, "npx").folder == "$(git rev-parse --show-toplevel)/api"


def test_a_branch_that_changes_folder_leaves_it_unknown() -> None:
    assert only("if [ -d a ]; then cd a; fi\nmake x\n", "make").folder == "$(...)"


def test_variables_with_one_literal_value_are_put_in() -> None:
    text = 'ENV=production\nCONFIG="wrangler.$ENV.toml"\nwrangler deploy --env $ENV --config "${CONFIG}"\n'
    assert only(text, "wrangler").words == (
        "wrangler",
        "deploy",
        "--env",
        "production",
        "--config",
        "wrangler.production.toml",
    )


def test_variables_with_several_values_stay_as_they_are() -> None:
    text = 'if [ "$1" = p ]; then E=production; else E=staging; fi\nwrangler deploy --env "$E"\n'
    assert only(text, "wrangler").words[-1] == "$E"


def test_variables_that_are_read_stay_as_they_are() -> None:
    assert only("E=staging\nread -p 'which? ' E\nwrangler deploy --env $E\n", "wrangler").words[-1] == "$E"


def test_a_default_is_put_in_and_remembered_as_an_input() -> None:
    found = shell.script("deploy.sh", "shell", 'E=${1:-staging}\nwrangler deploy --env "$E" --name $APP\n', 1)
    assert found.commands[-1].words == ("wrangler", "deploy", "--env", "staging", "--name", "$APP")
    assert found.inputs == ("APP", "$1")


def test_arguments_of_functions_are_no_inputs() -> None:
    found = shell.script("x.sh", "shell", 'log() { logger "$1" "$LEVEL"; }\nHOST=a\nping $HOST $HOME\n', 1)
    assert found.inputs == ("LEVEL",)


def test_a_loop_over_literals_gives_a_command_for_each() -> None:
    text = "for s in API_KEY DB_URL; do\n  wrangler secret put $s\ndone\n"
    assert shell.read("a.sh", text).secrets == (Secret("API_KEY", 2, "put"), Secret("DB_URL", 2, "put"))


def test_values_of_secrets_are_never_kept() -> None:
    text = (
        'API_TOKEN="planted-1"\nexport DB_PASSWORD=planted-2\ncurl -H "A: $API_TOKEN" --token planted-3 x\n'
        "env STRIPE_SECRET=planted-4 node a.js\nX=${MY_TOKEN:-planted-5}\nlogin --password=planted-6 $X\n"
        "NPM_TOKEN=planted-7 npm publish\n"
    )
    assert "planted" not in repr(shell.read("a.sh", text))


def test_an_environment_that_is_set_for_one_command_is_kept() -> None:
    found = only("NODE_ENV=production TOKEN=x node a.js", "node")
    assert found.assigns == ("NODE_ENV=production", "TOKEN")


def test_here_documents_and_files_written_are_noted() -> None:
    assert words('psql "$URL" <<SQL\nDROP TABLE a; psql b\nSQL\n') == [("psql", "$URL", "<<")]
    assert words("cat > wrangler.toml <<EOF\nname = 1\nEOF\n") == [("cat", ">", "wrangler.toml", "<<")]
    assert words("make x > /dev/null 2>&1") == [("make", "x")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('bash -c "npm ci && npm test"', [("npm", "ci"), ("npm", "test")]),
        ('npx concurrently -n a,b "npm:api" "vite --host"', [("npm", "run", "api"), ("vite", "--host")]),
        ("run-s lint test", [("npm", "run", "lint"), ("npm", "run", "test")]),
    ],
    ids=["bash -c", "concurrently", "run-s"],
)
def test_command_lines_within_commands_are_read(text: str, expected: list[tuple[str, ...]]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "sudo -u deploy npx --yes wrangler@3 deploy",
        "cross-env A=1 wrangler deploy",
        "dotenv -e .env -- wrangler deploy",
        "pnpm exec wrangler deploy",
        "pnpm wrangler deploy",
        "npm exec -- wrangler deploy",
        "op run --env-file=.env -- bunx wrangler deploy",
        "timeout 30 ./node_modules/.bin/wrangler deploy",
        "docker compose exec -u app api wrangler deploy",
        "env CI=1 time wrangler deploy",
    ],
    ids=str,
)
def test_wrappers_are_taken_away(text: str) -> None:
    assert unwrap(only(text, text.split(maxsplit=1)[0]).words) == ("wrangler", "deploy")


def test_asking_where_a_program_is_does_not_run_it() -> None:
    assert unwrap(words("command -v wrangler")[0])[0] == "command"


def test_a_script_says_what_it_is_for() -> None:
    text = "#!/bin/bash\n# ===========\n# Deploys the API to\n# production. Needs a token.\n# ====\n\nset -e\n"
    found = shell.script("d.sh", "shell", text, 1)
    assert (found.summary, found.lines) == ("Deploys the API to production.", 7)


def test_the_digest_passes_over_blanks_and_comments() -> None:
    assert shell.digest("# one\na  b\n\n") == shell.digest("a b\n# two\n") != shell.digest("a c\n")


def test_signatures_of_like_texts_agree_and_of_others_do_not() -> None:
    text = "\n".join(f"curl -f https://service-{n}.example/health --max-time {n} | jq .status{n}" for n in range(40))
    first = shell.signature(shell.tokens(text))
    near = shell.signature(shell.tokens(text + "\ncurl https://other.example/x\n"))
    far = shell.signature(shell.tokens(text.replace("service", "thing").replace("status", "state")))
    agree = [sum(a == b for a, b in zip(first, each, strict=True)) / shell.SIGNATURE_SIZE for each in (near, far)]
    assert agree[0] >= 0.9
    assert agree[1] <= 0.5
    assert shell.signature(shell.tokens("npm ci\nnpm test\n")) == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [("a b/deploy.sh", ""), ("x.bash", ""), (".husky/pre-commit", ""), ("bin/deploy", "#!/usr/bin/env bash\n")],
    ids=str,
)
def test_shell_scripts_are_recognised(path: str, text: str) -> None:
    assert registry.recogniser(path, text) is shell.read


@pytest.mark.parametrize(("path", "text"), [("bin/x", "#!/usr/bin/env node\n"), ("README", "sh\n")], ids=str)
def test_other_programs_are_not_shell(path: str, text: str) -> None:
    assert registry.recogniser(path, text) is not shell.read


def test_npm_scripts_are_read_with_their_lines() -> None:
    found = npm_scripts.scripts(Document({"scripts": {"a": "vitest run", "//": "note"}}, {("scripts", "a"): (3, 5)}))
    assert [(each.name, each.kind, each.line, each.commands[0].words) for each in found] == [
        ("a", "npm-script", 3, ("vitest", "run"))
    ]


@given(st.text(alphabet=st.sampled_from("abc $(){}[]<>|&;\"'`\\\n#=!*-/1"), max_size=300))
@settings(max_examples=300, deadline=2_000)
def test_garbage_never_raises_and_lines_are_within_the_text(text: str) -> None:
    for each in shell.read("x.sh", text).scripts[0].commands:
        assert 1 <= each.line <= text.count("\n") + 1
        assert each.words[0]


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=2_000)
def test_any_text_is_survived(text: str) -> None:
    assert all(each.words for each in shell.commands(text))


def test_letters_of_all_scripts_are_kept() -> None:
    assert words("{ echo '\U00031860 caf\u00e9'; }") == [("echo", "\U00031860 caf\u00e9")]


@pytest.mark.parametrize(
    "unit", ["$(", "((", "{ ", "if ", "x=$(y ", "a && ", "`", "'", "<<E\n", "case x in "], ids=repr
)
def test_deep_nesting_ends_soon(unit: str) -> None:
    started = time.process_time()
    shell.commands(unit * 5_000)
    assert time.process_time() - started < 5
