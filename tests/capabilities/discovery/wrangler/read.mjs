// Prints what wrangler makes of each configuration in each of its environments: [[folder, file, environment], ...].
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const wrangler = createRequire(`${process.env.WRANGLER_FOLDER}/package.json`)("wrangler");
const found = JSON.parse(readFileSync(0, "utf8")).map(([config, env]) => {
  const read = wrangler.unstable_readConfig({ config, env: env || undefined }, { hideWarnings: true });
  const routes = read.routes ?? (read.route ? [read.route] : []);
  return {
    name: read.name,
    main: read.main ?? "",
    routes: routes.map((route) => route.pattern ?? route),
    crons: read.triggers.crons ?? [],
    vars: Object.keys(read.vars),
    tails: (read.tail_consumers ?? []).map((one) => one.service),
    consumers: (read.queues.consumers ?? []).map((one) => one.queue),
    secrets: read.secrets?.required ?? [],
  };
});
console.log(JSON.stringify(found));
