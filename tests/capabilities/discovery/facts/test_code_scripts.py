"""Programs that do ops work: their commands are read from their code."""

from __future__ import annotations

from textwrap import dedent

import pytest

from chittyops.capabilities.discovery.model.facts import ScriptFacts
from chittyops.capabilities.discovery.service.facts import javascript, python_code


def javascript_script(text: str, path: str = "scripts/deploy.ts") -> ScriptFacts:
    (found,) = javascript.read(path, dedent(text)).scripts
    return found


def python_script(text: str, path: str = "scripts/deploy.py") -> ScriptFacts:
    (found,) = python_code.read(path, dedent(text)).scripts
    return found


def words(script: ScriptFacts) -> list[str]:
    return [" ".join(each.words) for each in script.commands]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("execSync('wrangler deploy --env production')", "wrangler deploy --env production"),
        ("execSync(`wrangler deploy --env ${options.env}`)", "wrangler deploy --env $env"),
        ("const c = 'npm run build'\nexecSync(c, { stdio: 'inherit' })", "npm run build"),
        ("const A = 'api'\nexecSync(`fly deploy -a ${A}`)", "fly deploy -a api"),
        ("spawn('npx', ['wrangler', 'secret', 'put', name])", "npx wrangler secret put $name"),
        ("execFileSync('gh', args)", "gh $args"),
        ("cp.exec('git push ' + remote)", "git push $remote"),
        ("fork('worker.js')", "node worker.js"),
    ],
)
def test_a_command_of_node_is_read(text: str, command: str) -> None:
    assert words(javascript_script(f"import cp from 'child_process'\n{text}\n")) == [command]


def test_commands_of_other_runtimes_are_read() -> None:
    text = """\
        new Deno.Command("deno", { args: ["deploy", "--prod"] })
        await Bun.$`bun run build && wrangler deploy`
        """
    assert words(javascript_script(text)) == ["deno deploy --prod", "bun run build", "wrangler deploy"]


def test_a_template_of_zx_is_a_command_line() -> None:
    script = javascript_script("import { $ } from 'zx'\n\nawait $`docker push ${tag}`\n")
    assert [(each.words, each.line) for each in script.commands] == [(("docker", "push", "$tag"), 3)]


@pytest.mark.parametrize(
    "text",
    [
        "// execSync('wrangler deploy')",
        "const help = \"run execSync('wrangler deploy')\"",
        "/a/.exec('wrangler deploy')",
        "db.exec('DROP TABLE a')",
        "run(async () => {})",
    ],
)
def test_what_runs_no_command_is_none(text: str) -> None:
    assert javascript_script(f"import 'child_process'\n{text}\n").commands == ()


def test_the_folder_of_a_command_is_told() -> None:
    script = javascript_script("import 'child_process'\nexecSync('npm ci', { cwd: 'web' })\n")
    assert script.commands[0].folder == "web"


def test_requests_queries_and_files_stand_as_commands() -> None:
    script = javascript_script(
        """\
        import { Client } from 'pg'
        import { readFileSync, writeFileSync } from 'node:fs'
        const API = 'https://api.host.io/v1'
        await fetch(`${API}/zones/${zone}?page=1`, { method: 'POST' })
        await client.query('select 1')
        readFileSync('.env')
        writeFileSync('wrangler.toml', text)
        readFileSync('notes.txt')
        """
    )
    assert words(script) == [
        "fetch POST api.host.io/v1/zones/$zone",
        "query postgres",
        "read .env",
        "write wrangler.toml",
    ]


def test_what_a_script_is_given_is_told() -> None:
    script = javascript_script(
        "const a = process.env.TOKEN\nconst b = process.argv[2]\nconst c = process.argv.slice(3)\n"
    )
    assert script.inputs == ("TOKEN", "$1", "$@")


def test_the_summary_is_the_first_sentence_of_the_leading_comment() -> None:
    text = "#!/usr/bin/env node\n/**\n * deploy.ts\n *\n * Deploy the API. Then wait.\n */\nconst a = 1\n"
    assert javascript_script(text).summary == "Deploy the API."
    assert python_script('#!/usr/bin/env python3\n"""Rotate the keys.\n\nMore.\n"""\n').summary == "Rotate the keys."
    assert javascript_script("const a = 1 // no\n").summary == ""


def test_comments_and_blanks_make_no_difference_to_the_digest() -> None:
    one = javascript_script("// one\nconst a = 'x'\n\nrun(a) // two\n")
    other = javascript_script("const a = 'x'\nrun(a)\n")
    assert one.digest == other.digest != javascript_script("const a = 'y'\nrun(a)\n").digest


def test_near_duplicates_have_signatures_that_agree() -> None:
    lines = [f"step{number}('{number * 7}', options{number})" for number in range(60)]
    one, other = (javascript_script("\n".join(each)).shingles for each in (lines, [*lines[:-1], "done()"]))
    assert sum(a == b for a, b in zip(one, other, strict=True)) > len(one) * 0.8


@pytest.mark.parametrize(
    ("path", "text", "is_script"),
    [
        ("src/server.ts", "import 'child_process'\nexecSync('git rev-parse HEAD')\n", True),
        ("src/server.ts", "export const a = 1\n", False),
        ("scripts/seed.ts", "await go()\n", True),
        ("scripts/lib/paths.ts", "export const a = 1\n", False),
        ("src/tools/search.ts", "export const a = 1\n", False),
        ("ops/types.ts", "export interface A { b: string }\n", False),
        ("run.js", "#!/usr/bin/env node\nconsole.log(1)\n", True),
        ("scripts/server.ts", "const app = express()\napp.listen(3000)\n", False),
        ("scripts/a.test.ts", "it('a', () => expect(a).toBe(2))\n", False),
    ],
)
def test_a_program_is_a_script_where_it_runs_commands_or_lies_with_scripts(
    path: str, text: str, is_script: bool
) -> None:
    assert bool(javascript.read(path, text).scripts) is is_script


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("subprocess.run(['wrangler', 'deploy', '--env', env], check=True)", "wrangler deploy --env $env"),
        ("subprocess.check_call('npm run build', shell=True)", "npm run build"),
        ("os.system(f'fly deploy -a {app.name}')", "fly deploy -a $name"),
        ("command = ['gh', 'release', tag]\nsubprocess.run(command)", "gh release $tag"),
        ("asyncio.create_subprocess_exec('psql', '-f', path)", "psql -f $path"),
    ],
)
def test_a_command_of_python_is_read(text: str, command: str) -> None:
    assert words(python_script(f"import os, subprocess\n{text}\n")) == [command]


def test_python_requests_queries_and_files_stand_as_commands() -> None:
    script = python_script(
        """\
        import psycopg, requests, sys
        requests.post(f"https://api.host.io/{zone}", json={})
        cursor.execute("select 1")
        open(".env", "w").write(sys.argv[1])
        load_dotenv(dotenv_path=".env.local")
        """
    )
    assert words(script) == ["fetch POST api.host.io/$zone", "query postgres", "write .env", "read .env.local"]
    assert script.inputs == ("$1",)


def test_a_constant_made_of_itself_is_no_trap() -> None:
    assert words(javascript_script("import 'child_process'\nconst a = `${a} b`\nexecSync(`${a}`)\n")) == ["$a"]
