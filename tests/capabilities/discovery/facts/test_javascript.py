"""JavaScript and TypeScript: one reality each."""

from __future__ import annotations

import time
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chittyops.capabilities.discovery.model.facts import Code, Facts
from chittyops.capabilities.discovery.service.facts import html, javascript, registry, shebang


def read(text: str, path: str = "src/app.ts") -> Code:
    code = javascript.read(path, dedent(text)).code
    assert code is not None
    return code


def imported(text: str, path: str = "src/app.ts") -> list[tuple[str, int]]:
    return [(each.specifier, each.line) for each in read(text, path).imports]


def variables(text: str, path: str = "src/app.ts") -> list[tuple[str, int, str]]:
    return [(each.name, each.line, each.source) for each in read(text, path).variables]


def urls(text: str, path: str = "src/app.ts") -> list[str]:
    return [f"{each.host}{each.path}" for each in read(text, path).urls]


class TestImports:
    def test_every_form_that_names_its_module_is_found_with_its_line(self) -> None:
        found = imported(
            """\
            import a, { b } from './a.js'
            import type { T } from "./types"
            import './effect'
            import {
              c,
            } from '@scope/c'
            export * from './d'
            export { e } from "./e"
            const f = require('./f')
            const g = await import('./g')
            const h = new Worker('./h.js')
            const i = new URL('./i.wasm', import.meta.url)
            """
        )
        names = [("./a.js", 1), ("./types", 2), ("./effect", 3), ("@scope/c", 6), ("./d", 7), ("./e", 8)]
        assert found == [*names, ("./f", 9), ("./g", 10), ("./h.js", 11), ("./i.wasm", 12)]

    @pytest.mark.parametrize(
        "text",
        [
            "// import a from './a'\n",
            "/*\nimport a from './a'\n*/\n",
            "const code = `\nimport a from './a'\n`\n",
            "const code = \"import a from './a'\"\n",
            "const text = 'taken from \"b\"'\n",
            "const a = import(name)\n",
            "const a = import(`./${name}.js`)\n",
            "new URL('./path', request.url)\n",
            "obj.require('./a')\n",
        ],
        ids=["line comment", "comment", "template", "string", "words", "variable", "filled in", "no module", "method"],
    )
    def test_what_only_looks_like_an_import_is_none(self, text: str) -> None:
        assert imported(text) == []

    def test_an_import_after_a_comment_and_a_template_is_found(self) -> None:
        assert imported("/* licence */\nconst a = `x`\nimport b from './b'\n") == [("./b", 3)]

    def test_one_line_may_hold_several(self) -> None:
        assert imported("import a from 'a';import b from 'b'") == [("a", 1), ("b", 1)]

    def test_drivers_tell_the_engine(self) -> None:
        code = read("import { neon } from '@neondatabase/serverless'\nimport Redis from 'ioredis'\n")
        assert code.engines == (("postgres", 1), ("redis", 2))


class TestVariables:
    @pytest.mark.parametrize(
        ("text", "name", "source"),
        [
            ("const a = env.API_TOKEN", "API_TOKEN", "env"),
            ("const a = c.env.KV", "KV", "env"),
            ("const a = this.env.Store.list()", "Store", "env"),
            ("const a = context.env?.DB", "DB", "env"),
            ("const a = env['API_TOKEN']", "API_TOKEN", "env"),
            ("const a = process.env.PORT", "PORT", "process"),
            ("const a = process.env?.PORT", "PORT", "process"),
            ("const a = process.env['PORT']", "PORT", "process"),
            ("const a = Bun.env.PORT", "PORT", "process"),
            ("const a = import.meta.env.VITE_API_URL", "VITE_API_URL", "import-meta"),
            ("const a = Deno.env.get('TOKEN')", "TOKEN", "deno"),
            ("const a = requireEnv('DATABASE_URL')", "DATABASE_URL", "process"),
            ("const { A } = process.env", "A", "process"),
            ("const { A: a } = env as Env", "A", "env"),
            ("const { A = 'x' } = c.env;", "A", "env"),
            ("const s = z.object({\n  A_URL: z.string() })\ns.parse(process.env)", "A_URL", "process"),
            ("import { A_KEY } from '$env/static/private'", "A_KEY", "process"),
        ],
    )
    def test_every_way_to_read_one_is_known(self, text: str, name: str, source: str) -> None:
        assert [(found, origin) for found, _, origin in variables(text + "\n")] == [(name, source)]

    @pytest.mark.parametrize(
        "text",
        [
            "// env.TOKEN",
            "const a = 'set env.TOKEN first'",
            "const a = `env.TOKEN`",
            "process.env.TOKEN = 'x'",
            "process.env['TOKEN'] = 'x'",
            "const a = environment.TOKEN",
            "const a = env.name",
            "const a = import.meta.env.BASE_URL",
            "setEnv('TOKEN', value)",
            "const a = /env.TOKEN/",
        ],
    )
    def test_what_reads_none_is_none(self, text: str) -> None:
        assert variables(text + "\n") == []

    def test_a_variable_within_a_template_is_read_there(self) -> None:
        assert variables("const a = `\n${env.HOST_NAME}\n`\n") == [("HOST_NAME", 2, "env")]

    def test_members_of_an_environments_type_are_told_as_such(self) -> None:
        found = variables("export interface Env {\n  DB: D1Database\n  readonly SVC: Fetcher\n  method(): void\n}\n")
        assert found == [("DB", 2, "env-type"), ("SVC", 3, "env-type")]

    def test_a_type_of_bindings_is_one_too(self) -> None:
        assert variables("type Bindings = {\n  KV: KVNamespace\n}\n") == [("KV", 2, "env-type")]

    def test_declaration_files_tell_types_alone(self) -> None:
        assert variables("interface Env {\n  KV: KVNamespace;\n}\n", "worker.d.ts") == [("KV", 2, "env-type")]


class TestCalls:
    @pytest.mark.parametrize(
        ("text", "call"),
        [
            ("await env.AUTH.fetch(request)", ("binding", "AUTH", 1)),
            ("await c.env.JOBS.send({ id })", ("queue", "JOBS", 1)),
            ("await env.JOBS\n  .sendBatch([])", ("queue", "JOBS", 2)),
            ("env.DB.prepare('select 1')", ("database", "DB", 1)),
            ("const w = env.DISPATCHER.get(name).fetch(request)", ("dispatch", "DISPATCHER", 1)),
            ("const id = env.ROOM.idFromName('a')", ("durable-object", "ROOM", 1)),
            ("const { AUTH } = env\nAUTH.fetch(request)", ("binding", "AUTH", 2)),
            ("const auth = env.AUTH\nauth.fetch(request)", ("binding", "AUTH", 2)),
            ("interface Env { SVC: Fetcher }\nenv.SVC.createUser(1)", ("binding", "SVC", 2)),
        ],
    )
    def test_a_call_through_a_binding_is_found(self, text: str, call: tuple[str, str, int]) -> None:
        assert read(text + "\n").calls == (call,)

    def test_a_call_of_a_binding_that_may_be_absent_is_none(self) -> None:
        assert read("await env.AUTH?.fetch(request)\n").calls == ()

    def test_a_method_of_a_binding_that_is_no_service_is_a_use_of_storage(self) -> None:
        assert read("interface Env { KV: KVNamespace }\nenv.KV.put('a', 'b')\n").calls == (("storage", "KV", 2),)

    def test_a_method_that_strings_have_is_none(self) -> None:
        assert read("env.NAME.trim()\n").calls == ()


class TestUrls:
    @pytest.mark.parametrize(
        ("text", "url"),
        [
            ("fetch('https://auth.corp.io/v1/token?x=1')", "auth.corp.io/v1/token"),
            ("fetch(`https://auth.corp.io/v1/${id}`)", "auth.corp.io/v1/*"),
            ("fetch(`https://${name}.corp.io/api`)", "*.corp.io/api"),
            ("fetch(`https://auth.corp.io${path}`)", "auth.corp.io/*"),
            ("fetch('https://auth.corp.io/v1/' + id)", "auth.corp.io/v1/*"),
            ("fetch('https://auth.corp.io' + path)", "auth.corp.io/*"),
            ("const a = 'https://user:word@auth.corp.io/x'", "auth.corp.io/x"),
            ("const a = process.env.A_URL || 'http://localhost:3000'", "localhost:3000"),
            ("const a = { url: 'http://api:8080/v1' }", "api:8080/v1"),
            ("const a = 'wss://live.corp.io/feed'", "live.corp.io/feed"),
            ("const API_ORIGIN = 'https://api.corp.io'", "api.corp.io"),
            ("const at = { schema: env.SCHEMA_URL || 'https://schema.corp.io' }", "schema.corp.io"),
            ("const A = <App api='https://api.corp.io' />", "api.corp.io"),
        ],
    )
    def test_an_address_that_a_string_begins_with_is_found(self, text: str, url: str) -> None:
        assert urls(text + "\n", "src/app.tsx") == [url]

    @pytest.mark.parametrize(
        "text",
        [
            "// https://auth.corp.io",
            "/* see https://auth.corp.io */",
            "const a = 'see https://auth.corp.io for more'",
            "fetch(`${BASE}/path`)",
            "fetch(`https://${host}/path`)",
            "fetch('https://' + host)",
            "const a = { xmlns: 'http://www.w3.org/2000/svg' }",
            "const a = 'https://api.example.com/x'",
            "const allowedOrigins = ['https://app.corp.io']",
            "cors({ origin: ['https://app.corp.io'] })",
            "const let_in = ['https://*.corp.io']",
            "if (origin === 'https://app.corp.io') allow()",
            "if (['https://app.corp.io'].includes(origin)) allow()",
            "console.log('https://app.corp.io')",
            "const A = <a href='https://app.corp.io'>app</a>",
            "const A = <p>https://app.corp.io</p>",
            "env.AUTH.fetch('https://internal.host/x')",
        ],
    )
    def test_an_address_that_nothing_asks_for_is_none(self, text: str) -> None:
        assert urls(text + "\n", "src/app.tsx") == []

    def test_a_filled_in_address_says_so(self) -> None:
        assert [each.template for each in read("a(`https://x.corp.io/${b}`); a('https://y.corp.io')\n").urls] == [
            True,
            False,
        ]


class TestHealth:
    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ("app.get('/health', (c) => c.text('ok'))", "/health"),
            ("router.get('/healthz', handler)", "/healthz"),
            ("fastify.get('/readyz', { schema }, async () => 1)", "/readyz"),
            ("server.route({ method: 'GET', url: '/health', handler: ok })", "/health"),
            ("if (url.pathname === '/health') return ok()", "/health"),
            ("if (req.url == '/_health') ok()", "/_health"),
            ("switch (path) { case '/api/v1/status': return ok() }", "/api/v1/status"),
            ("if (['/ping', '/x'].includes(url.pathname)) return ok()", "/ping"),
            ("const routes = new Map([['/health', this.health.bind(this)]])", "/health"),
            ("Bun.serve({ routes: { '/health': () => new Response('ok') } })", "/health"),
            ("app.route('/api', api)\napi.get('/health', ok)", "/api/health"),
            (
                "const app = new Hono<{ Bindings: B; Variables: V }>().basePath('/v1')\napp.get('/health', ok)",
                "/v1/health",
            ),
        ],
    )
    def test_a_route_that_answers_is_found(self, text: str, path: str) -> None:
        assert read(text + "\n").health == ((path, text.count("\n") + 1),)

    @pytest.mark.parametrize(
        "text",
        [
            "await fetch(base + '/health')",
            "await fetch(`${base}/health`)",
            "await client.get('/health')",
            "await axios.get('/health', options)",
            "await request(app).get('/health').expect(200)",
            "const open = ['/health', '/login']",
            "if (path !== '/health') await auth()",
            "if (c.req.path === '/health') return next()",
            "const a = { path: '/health', method: 'GET' }",
            "const a = { health: '/health' }",
            "// app.get('/health', ok)",
            "app.get('/orders/status', ok)",
            "queryKey(['/api/status'])",
        ],
    )
    def test_a_path_that_is_asked_or_named_alone_is_none(self, text: str) -> None:
        assert read(text + "\n").health == ()

    @pytest.mark.parametrize(
        ("path", "text", "route"),
        [
            ("web/app/api/health/route.ts", "export async function GET() {}\n", "/api/health"),
            ("web/app/(public)/healthz/route.ts", "export const GET = () => ok()\n", "/healthz"),
            ("pages/api/health.ts", "export default function handler(req, res) {}\n", "/api/health"),
            ("src/routes/health/+server.ts", "export const GET = () => ok()\n", "/health"),
            ("functions/api/health.js", "export const onRequestGet = () => ok()\n", "/api/health"),
            ("server/api/health.get.ts", "export default defineEventHandler(() => 1)\n", "/api/health"),
        ],
    )
    def test_a_file_is_a_route_where_a_framework_says_so(self, path: str, text: str, route: str) -> None:
        assert read(text, path).health == ((route, 1),)


class TestServes:
    @pytest.mark.parametrize(
        ("text", "serves"),
        [
            ("export default { async fetch(request, env) {}, scheduled() {} }", {"fetch-handler", "cron"}),
            ("export default { fetch: app.fetch, queue, email } satisfies H", {"fetch-handler", "queue", "email"}),
            ("const worker: H = { async fetch() {} }\nexport default worker", {"fetch-handler"}),
            ("export default Sentry.withSentry(o, { async tail() {} })", {"tail"}),
            ("export class A extends WorkerEntrypoint { async fetch() {} }", {"fetch-handler"}),
            ("addEventListener('fetch', (event) => {})", {"fetch-handler"}),
            ("const app = new Hono<{ Bindings: Env }>()\nexport default app", {"hono"}),
            ("import express from 'express'\nconst app = express()", {"express"}),
            ("const app = Fastify({ logger: true })", {"fastify"}),
            ("import http from 'node:http'\nhttp.createServer(h).listen(1)", {"http"}),
            ("Bun.serve({ fetch })", {"bun"}),
            ("Deno.serve(handler)", {"deno"}),
            ("import { serve } from '@hono/node-server'\nserve(app)", {"http"}),
            ("import { serve } from 'https://deno.land/std@0.1.0/http/server.ts'\nserve(app)", {"deno"}),
            ("const t = new StdioServerTransport()", {"mcp-stdio"}),
            ("const t = new StreamableHTTPServerTransport({})", {"mcp-http"}),
            ("export class A extends McpAgent<Env> {}", {"mcp-http"}),
            ("switch (m) { case 'tools/list': return [] }", {"mcp-http"}),
            ("process.stdin.on('data', d)\nif (m === 'tools/list') reply()", {"mcp-stdio"}),
        ],
    )
    def test_a_server_is_told_by_what_it_makes(self, text: str, serves: set[str]) -> None:
        assert set(read(text + "\n").serves) == serves

    @pytest.mark.parametrize(
        "text",
        [
            "// new Hono()",
            "export default { name: 'x' }",
            "export default { fetch }.name",
            "window.addEventListener('load', go)",
            "call({ method: 'tools/list' })",
            "import { createServer } from 'vite'\ncreateServer({})",
            "const a = 'new StdioServerTransport()'",
        ],
    )
    def test_what_serves_nothing_is_none(self, text: str) -> None:
        assert read(text + "\n").serves == ()

    @pytest.mark.parametrize(
        "text",
        [
            "#!/usr/bin/env node\nconsole.log(1)",
            "if (require.main === module) go()",
            "if (import.meta.main) go()",
            "const app = express()\napp.listen(process.env.PORT)",
        ],
    )
    def test_what_is_made_to_be_run_is_told(self, text: str) -> None:
        assert read(text + "\n").main


class TestGenerated:
    def test_a_minified_file_tells_nothing(self) -> None:
        assert read("var a=env.TOKEN;" * 2_000) == Code("typescript")

    def test_a_compiled_file_tells_its_imports_alone(self) -> None:
        code = read(
            "import a from './a.js';\nconst b = process.env.TOKEN;\n//# sourceMappingURL=a.js.map\n", "dist/a.js"
        )
        assert (code.imports[0].specifier, code.variables) == ("./a.js", ())

    def test_one_long_line_makes_no_file_generated(self) -> None:
        text = f"const image = '{'A' * 130_000}'\n" + "const a = 1\n" * 40 + "const b = env.TOKEN\n"
        assert variables(text) == [("TOKEN", 42, "env")]


class TestComponents:
    @pytest.mark.parametrize(
        ("path", "text"),
        [
            (
                "A.vue",
                "<template>\n<p>env.NOT</p>\n</template>\n<script setup lang='ts'>\nconst a = env.TOKEN\n</script>\n",
            ),
            ("A.svelte", "<p>{env.NOT}</p>\n\n\n<script>\nconst a = env.TOKEN\n</script>\n"),
            ("A.astro", "---\n// code\n\n\nconst a = env.TOKEN\n---\n<p>env.NOT</p>\n"),
        ],
    )
    def test_code_between_tags_keeps_its_lines(self, path: str, text: str) -> None:
        code = html.component(path, text).code
        assert code is not None
        assert [(each.name, each.line) for each in code.variables] == [("TOKEN", 5)]

    def test_a_page_names_its_scripts(self) -> None:
        text = "<!-- <script src='no.js'></script> -->\n<script type='module' src=\"/src/main.tsx\"></script>\n"
        code = html.read("index.html", text + "<script type=module>\nimport './b.js'\n</script>\n").code
        assert code is not None
        assert [(each.specifier, each.line) for each in code.imports] == [("/src/main.tsx", 2), ("./b.js", 4)]


def test_a_program_without_a_suffix_is_told_by_its_first_line() -> None:
    text = "#!/usr/bin/env -S npx tsx\nconst a: string = process.env.TOKEN\n"
    assert shebang.fits("bin/run", text)
    code = shebang.read("bin/run", text).code
    assert code is not None
    assert (code.language, code.main, code.variables[0].name) == ("typescript", True, "TOKEN")
    assert not shebang.fits("bin/run", "#!/bin/sh\nnode x.js\n")


@pytest.mark.parametrize("path", ["a.ts", "b/c.tsx", "a.mjs", "x.cjs", "a.py", "a.vue"])
def test_code_is_recognised_by_its_suffix(path: str) -> None:
    assert registry.by_path(path) is not None


TOKENS = st.sampled_from(
    [
        *"(){}[]<>;:=.,'\"`$/\\\n\t #*+-",
        "env.A_URL", "import ", "from './a'", "export default ", "https://a.b/c",
        "'/health'", "=== ", "execSync(", "`${",
        "case ", "interface Env ",
        "const a = ", "new Hono()", "const { A } = env;", "/*", "*/", "//", "require(",
        "<p>",
        "switch (a) ",
        "async ", "it('x', ", "expect(", "[200, 404]", "fetch(", "\x00", "é", "\ud800", "\U0001d4b3",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=2_000)
@given(
    st.one_of(st.text(), st.lists(TOKENS, max_size=60).map("".join)),
    st.sampled_from(["a.ts", "a.tsx", "a.js", "a.test.js", "scripts/a.mjs"]),
)
def test_no_text_makes_it_raise_and_lines_are_within_the_file(text: str, path: str) -> None:
    facts = javascript.read(path, text)
    code = facts.code
    assert code is not None
    lines = [
        *(each.line for each in code.imports),
        *(each.line for each in code.variables),
        *(each.line for each in code.urls),
        *(each.line for each in facts.problems),
        *(line for _, line in code.health),
        *(line for _, _, line in code.calls),
        *(command.line for script in facts.scripts for command in script.commands),
    ]
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@pytest.mark.parametrize(
    "unit",
    [
        "(",
        "{",
        "[",
        "<a>",
        "<a>'https://api.acme.dev/'",
        "`${",
        "a(",
        "'a' + ",
        "env.A.",
        "env.FETCH.fetch(",
        "!",
        "import(",
        "x?y:",
        "/*",
        "const a = `${a}`;",
    ],
)
def test_hostile_texts_take_bounded_time(unit: str) -> None:
    text = (
        "import { exec } from 'child_process'\nexport default exec('"
        + "a' + '" * 10
        + "')\n"
        + f"{unit}\n" * (20_000 // len(unit))
    )
    started = time.perf_counter()
    assert isinstance(javascript.read("scripts/a.ts", text), Facts)
    assert time.perf_counter() - started < 5
