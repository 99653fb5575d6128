"""The table's lines for package managers, compilers, test runners and linters: see ``table``."""

from __future__ import annotations

from typing import Final

LINES: Final = """
npm publish                          deploy       publish package
npm ci                               install      install packages
npm install                          install      install packages
npm i                                install      install packages
npm audit                            security     audit packages
npm outdated                         security     list old packages
npm update                           install      update packages
npm test                             testing      run tests
npm t                                testing      run tests
npm pack                             build        pack package
npm version                          git          set version
npm login                            secrets      sign in
npm whoami                           secrets      check account
npm config set                       config       set value
npm cache                            clean        clear cache
npm link                             install      link package
npm prune                            clean        remove packages
pnpm publish                         deploy       publish package
pnpm install                         install      install packages
pnpm i                               install      install packages
pnpm add                             install      install packages
pnpm audit                           security     audit packages
pnpm update                          install      update packages
pnpm test                            testing      run tests
yarn npm publish                     deploy       publish package
yarn publish                         deploy       publish package
yarn install                         install      install packages
yarn add                             install      install packages
yarn audit                           security     audit packages
yarn npm audit                       security     audit packages
yarn test                            testing      run tests
bun install                          install      install packages
bun i                                install      install packages
bun add                              install      install packages
bun publish                          deploy       publish package
bun test                             testing      run tests
bun build                            build        bundle code
jsr publish                          deploy       publish package
lerna publish                        deploy       publish package
changeset publish                    deploy       publish package
changeset                            git          set version
semantic-release                     deploy       publish release
pip install                          install      install packages
pip3 install                         install      install packages
uv sync                              install      install packages
uv pip install                       install      install packages
uv add                               install      install packages
uv build                             build        build package
uv publish                           deploy       publish package
poetry install                       install      install packages
poetry build                         build        build package
poetry publish                       deploy       publish package
twine upload                         deploy       publish package
twine check                          testing      check package
build                                build        build package
cargo build                          build        compile code
cargo test                           testing      run tests
cargo clippy                         testing      lint code
cargo publish                        deploy       publish package
cargo audit                          security     audit packages
go build                             build        compile code
go test                              testing      run tests
go vet                               testing      lint code
go mod                               install      install packages
mvn deploy                           deploy       publish package
mvn test                             testing      run tests
mvn                                  build        build project
gradle* test                         testing      run tests
gradle*                              build        build project
apt-get install                      install      install packages
apt install                          install      install packages
apk add                              install      install packages
brew install                         install      install packages
corepack                             install      set up package manager
nvm                                  install      set up runtime
volta                                install      set up runtime
playwright install                   install      install browsers
tsc --noEmit                         testing      check types
tsc                                  build        compile code
vue-tsc                              testing      check types
tsgo                                 testing      check types
vite build                           build        bundle code
vite preview                         other        start development server
vite                                 other        start development server
esbuild                              build        bundle code
webpack serve                        other        start development server
webpack                              build        bundle code
rollup                               build        bundle code
parcel build                         build        bundle code
tsup                                 build        bundle code
unbuild                              build        bundle code
ncc build                            build        bundle code
next build                           build        build site
next lint                            testing      lint code
next                                 other        start development server
nuxt build                           build        build site
nuxt generate                        build        build site
astro build                          build        build site
astro check                          testing      check types
remix build                          build        build site
react-router build                   build        build site
svelte-check                         testing      check types
gatsby build                         build        build site
hugo                                 build        build site
jekyll build                         build        build site
mkdocs build                         build        build site
mkdocs gh-deploy                     deploy       deploy site
gh-pages                             deploy       deploy site
opennextjs-cloudflare build          build        build site
opennextjs-cloudflare deploy         deploy       deploy worker
opennextjs-cloudflare                build        build site
next-on-pages                        build        build site
@cloudflare/next-on-pages            build        build site
partykit deploy                      deploy       deploy worker
tailwindcss                          build        build styles
sass                                 build        build styles
postcss                              build        build styles
swc                                  build        compile code
babel                                build        compile code
pkg                                  build        compile program
electron-builder                     build        package app
turbo build                          build        build packages
turbo run build                      build        build packages
turbo run test                       testing      run tests
turbo test                           testing      run tests
turbo run deploy                     deploy       deploy packages
turbo deploy                         deploy       deploy packages
turbo run lint                       testing      lint code
turbo lint                           testing      lint code
nx affected                          build        build packages
nx build                             build        build packages
nx test                              testing      run tests
graphql-codegen                      build        generate code
openapi-typescript                   build        generate code
protoc                               build        generate code
buf generate                         build        generate code
typedoc                              build        build documentation
vitest bench                         performance  run benchmarks
vitest                               testing      run tests
jest                                 testing      run tests
mocha                                testing      run tests
ava                                  testing      run tests
tap                                  testing      run tests
c8                                   testing      measure coverage
nyc                                  testing      measure coverage
playwright                           testing      run browser tests
cypress                              testing      run browser tests
wdio                                 testing      run browser tests
newman                               testing      run API tests
schemathesis                         testing      run API tests
node --test                          testing      run tests
tsx --test                           testing      run tests
node --check                         testing      check syntax
node -c                              testing      check syntax
bash -n                              testing      check syntax
pytest                               testing      run tests
unittest                             testing      run tests
tox                                  testing      run tests
nox                                  testing      run tests
coverage run                         testing      run tests
coverage                             testing      measure coverage
bats                                 testing      run tests
shellcheck                           testing      lint code
eslint                               testing      lint code
biome                                testing      lint code
oxlint                               testing      lint code
stylelint                            testing      lint code
prettier                             testing      check formatting
ruff format                          testing      check formatting
black                                testing      check formatting
ruff                                 testing      lint code
flake8                               testing      lint code
pylint                               testing      lint code
mypy                                 testing      check types
pyright                              testing      check types
basedpyright                         testing      check types
markdownlint*                        testing      lint documents
yamllint                             testing      lint files
actionlint                           testing      lint workflows
hadolint                             testing      lint files
commitlint                           testing      check commits
lint-staged                          testing      lint code
knip                                 testing      lint code
depcheck                             testing      check packages
publint                              testing      check package
pre-commit                           testing      lint code
"""
