"""Python: one reality each."""

from __future__ import annotations

import time
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chittyops.capabilities.discovery.model.facts import Code, Facts
from chittyops.capabilities.discovery.service.facts import python_code


def read(text: str, path: str = "app/main.py") -> Code:
    code = python_code.read(path, dedent(text)).code
    assert code is not None
    return code


def variables(text: str) -> list[tuple[str, int, str]]:
    return [(each.name, each.line, each.source) for each in read(text).variables]


class TestImports:
    def test_every_form_is_found_with_its_level_and_line(self) -> None:
        found = read(
            '''\
            """Docstring.

            import nothing
            """
            import os, json as j
            import a.b
            from . import one, two
            from .mod import x
            from ..pkg.mod import (
                y,  # first, of two
                Z,
            )
            def late():
                from pkg import w
                importlib.import_module("pkg.plugin")
            '''
        ).imports
        names = [("os", 5), ("json", 5), ("a.b", 6), (".one", 7), (".two", 7), (".mod", 8), (".mod.x", 8)]
        names += [("..pkg.mod", 9), ("..pkg.mod.y", 9), ("pkg", 14), ("pkg.w", 14), ("pkg.plugin", 15)]
        assert [(each.specifier, each.line) for each in found] == names

    def test_drivers_tell_the_engine(self) -> None:
        assert read("import psycopg.rows\nfrom redis.asyncio import Redis\n").engines == (("postgres", 1), ("redis", 2))


class TestVariables:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("a = os.environ['TOKEN']", "TOKEN"),
            ('a = os.environ.get("TOKEN", "")', "TOKEN"),
            ("a = os.getenv('TOKEN')", "TOKEN"),
            ("a = getenv('TOKEN')", "TOKEN"),
            ("a = environ['TOKEN']", "TOKEN"),
            ("a = require_env('TOKEN')", "TOKEN"),
            ("from decouple import config\na = config('TOKEN', default='')", "TOKEN"),
            ("import environ\nenv = environ.Env()\na = env.str('TOKEN')", "TOKEN"),
        ],
    )
    def test_every_way_to_read_one_is_known(self, text: str, name: str) -> None:
        assert variables(text + "\n") == [(name, text.count("\n") + 1, "os")]

    @pytest.mark.parametrize(
        "text",
        [
            "# os.environ['TOKEN']",
            "a = \"os.environ['TOKEN']\"",
            '"""\nos.getenv(\'TOKEN\')\n"""',
            "os.environ['TOKEN'] = 'x'",
            "set_env('TOKEN', 'x')",
            "a = config('TOKEN')",
            "a = settings['TOKEN']",
        ],
    )
    def test_what_reads_none_is_none(self, text: str) -> None:
        assert variables(text + "\n") == []

    def test_fields_of_settings_are_variables(self) -> None:
        text = """\
            class Settings(BaseSettings):
                model_config = SettingsConfigDict(env_prefix="APP_")
                database_url: str
                token: str = Field(validation_alias="API_TOKEN")
                limit: ClassVar[int] = 3
                def url(self) -> str: ...
            """
        assert variables(text) == [("APP_DATABASE_URL", 3, "os"), ("API_TOKEN", 4, "os")]

    def test_a_worker_reads_its_env_and_calls_its_bindings(self) -> None:
        code = read(
            """\
            from workers import WorkerEntrypoint
            class Default(WorkerEntrypoint):
                async def fetch(self, request):
                    return await self.env.AUTH.fetch(request)
            """
        )
        assert [(each.name, each.source) for each in code.variables] == [("AUTH", "env")]
        assert (code.calls, code.serves) == ((("binding", "AUTH", 4),), ("fetch-handler",))


class TestUrls:
    @pytest.mark.parametrize(
        ("text", "url"),
        [
            ('a = "https://auth.corp.io/v1?x=1"', "auth.corp.io/v1"),
            ('a = f"https://{name}.corp.io/api/{id}"', "*.corp.io/api/*"),
            ('a = f"https://auth.corp.io{path}"', "auth.corp.io/*"),
            ('a = "https://auth.corp.io/{}/x".format(b)', "auth.corp.io/*/x"),
            ('a = "https://auth.corp.io/%s" % b', "auth.corp.io/*"),
            ('a = os.environ.get("A_URL", "http://localhost:8080")', "localhost:8080"),
        ],
    )
    def test_an_address_that_a_string_begins_with_is_found(self, text: str, url: str) -> None:
        assert [f"{each.host}{each.path}" for each in read(text + "\n").urls] == [url]

    @pytest.mark.parametrize(
        "text",
        [
            "# https://auth.corp.io",
            '"""https://auth.corp.io"""',
            'a = f"{BASE}/x"',
            'a = f"https://{host}/x"',
            'print("https://auth.corp.io")',
            'allow_origins = ["https://app.corp.io"]',
            'if origin == "https://app.corp.io": pass',
            'a = url.startswith("https://app.corp.io")',
        ],
    )
    def test_an_address_that_nothing_asks_for_is_none(self, text: str) -> None:
        assert read(text + "\n").urls == ()


class TestHealth:
    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ('@app.get("/health")\ndef health(): ...', "/health"),
            ('@bp.route("/healthz", methods=["GET"])\ndef health(): ...', "/healthz"),
            ('@mcp.custom_route("/health", methods=["GET"])\nasync def health(r): ...', "/health"),
            ('routes = [Route("/readyz", ready)]', "/readyz"),
            ('app.router.add_get("/ping", ping)', "/ping"),
            ('app.add_url_rule("/health", view_func=health)', "/health"),
            ('if self.path == "/health": ok()', "/health"),
            ('if self.path in ("/health", "/x"): ok()', "/health"),
            ('urlpatterns = [path("health/", view)]', "/health"),
            ('router = APIRouter(prefix="/api")\n@router.get("/health")\ndef health(): ...', "/api/health"),
        ],
    )
    def test_a_route_that_answers_is_found(self, text: str, path: str) -> None:
        assert [found for found, _ in read(text + "\n").health] == [path]

    @pytest.mark.parametrize(
        "text",
        [
            'requests.get(base + "/health")',
            'client.get("/health")',
            'OPEN = ["/health", "/login"]',
            'if request.path != "/health": auth()',
            'if request.path not in ("/health",): auth()',
            '# @app.get("/health")',
            'a = {"path": "/health"}',
        ],
    )
    def test_a_path_that_is_asked_or_named_alone_is_none(self, text: str) -> None:
        assert read(text + "\n").health == ()


class TestServes:
    @pytest.mark.parametrize(
        ("text", "serves"),
        [
            ("app = FastAPI(title='x')", {"fastapi"}),
            ("app = Flask(__name__)", {"flask"}),
            ("from aiohttp import web\napp = web.Application()", {"aiohttp"}),
            ("application = get_wsgi_application()", {"django"}),
            ("HTTPServer(('', 80), Handler).serve_forever()", {"http"}),
            ("import uvicorn\nuvicorn.run('shop.app:app')", {"asgi"}),
            ("from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nmcp.run()", {"mcp-stdio"}),
            ("from fastmcp import FastMCP\nmcp = FastMCP('x')\nmcp.run(transport='http')", {"mcp-http"}),
            ("from mcp.server.stdio import stdio_server\nasync with stdio_server() as s: ...", {"mcp-stdio"}),
            ("for line in sys.stdin:\n    if m == 'tools/list': ...", {"mcp-stdio"}),
            ("if method == 'tools/list': ...", {"mcp-http"}),
        ],
    )
    def test_a_server_is_told_by_what_it_makes(self, text: str, serves: set[str]) -> None:
        assert set(read(text + "\n").serves) == serves

    @pytest.mark.parametrize(
        "text", ["# FastAPI()", "a = 'Flask(x)'", "web.Application()", "call({'method': 'tools/list'})"]
    )
    def test_what_serves_nothing_is_none(self, text: str) -> None:
        assert read(text + "\n").serves == ()

    def test_what_is_made_to_be_run_is_told(self) -> None:
        assert read('if __name__ == "__main__":\n    main()\n').main
        assert not read('a = """\nif True: pass\n"""\n').main


TOKENS = st.sampled_from(
    [
        *"(){}[]<>;:=.,'\"\\\n\t #*+-", "    ",
        "os.environ['A_URL']", "import ", "from .a import ",
        "f'https://{a}.b/c'", "'/health'", "== ", "subprocess.run(", '"""',
        "case ", "class A(BaseSettings):\n", "@app.get(",
        "def test_a(): ", "assert True", "in (200, 404)", "status_code",
        "\x00", "é", "\ud800", "\U0001d4b3",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=2_000)
@given(
    st.one_of(st.text(), st.lists(TOKENS, max_size=60).map("".join)),
    st.sampled_from(["a.py", "tests/test_a.py", "scripts/a.py"]),
)
def test_no_text_makes_it_raise_and_lines_are_within_the_file(text: str, path: str) -> None:
    facts = python_code.read(path, text)
    code = facts.code
    assert code is not None
    lines = [
        *(each.line for each in code.imports),
        *(each.line for each in code.variables),
        *(each.line for each in code.urls),
        *(each.line for each in facts.problems),
        *(line for _, line in code.health),
        *(command.line for script in facts.scripts for command in script.commands),
    ]
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@pytest.mark.parametrize(
    "unit", ["(", "[", "{", "f'{", "a(", "'a' + ", "if x:\n", "'''", "os.system(", "not ", "lambda: ", "/* a"]
)
def test_hostile_texts_take_bounded_time(unit: str) -> None:
    text = "import subprocess\n" + f"{unit}\n" * (20_000 // len(unit))
    started = time.perf_counter()
    assert isinstance(python_code.read("scripts/a.py", text), Facts)
    assert time.perf_counter() - started < 5
