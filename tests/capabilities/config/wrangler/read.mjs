// Prints all that wrangler makes of each configuration in an environment, but where it stands: [[file, environment], ...].
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { readFileSync } from "node:fs";

const wrangler = createRequire(`${process.env.WRANGLER_FOLDER}/package.json`)("wrangler");
const places = ["configPath", "userConfigPath", "definedEnvironments", "topLevelName"];
const name = (row) => row?.binding ?? row?.name ?? row?.queue ?? row?.service ?? "";
const ordered = (key, value) =>
  Array.isArray(value) && key !== "migrations" && value.every((row) => name(row))
    ? [...value].sort((one, other) => (name(one) < name(other) ? -1 : 1))
    : value;
const found = JSON.parse(readFileSync(0, "utf8")).map(([config, env]) => {
  const read = wrangler.unstable_readConfig({ config, env: env || undefined }, { hideWarnings: true });
  for (const key of places) delete read[key];
  return JSON.parse(JSON.stringify(read, ordered).replaceAll(dirname(config), ""));
});
console.log(JSON.stringify(found));
