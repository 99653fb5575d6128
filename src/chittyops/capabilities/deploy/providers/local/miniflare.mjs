// Runs one Worker in Miniflare. Its configuration comes as JSON on stdin, secret values from the environment.
import { fetch, Miniflare } from "miniflare";
import path from "node:path";
import { text } from "node:stream/consumers";

const config = JSON.parse(await text(process.stdin));

function forwardTo(base) {
  return (request) => {
    const { pathname, search } = new URL(request.url);
    return fetch(new URL(pathname + search, base), request);
  };
}

const inherited = Object.fromEntries(config.inherited.map((name) => [name, process.env[name]]));
const services = Object.entries(config.services).map(([binding, base]) => [binding, forwardTo(base)]);

let miniflare;
try {
  miniflare = new Miniflare({
    name: config.name,
    host: config.host,
    port: config.port,
    rootPath: config.root,
    modules: true,
    modulesRules: [{ type: "ESModule", include: ["**/*.js", "**/*.mjs"] }],
    scriptPath: path.join(config.root, config.main),
    compatibilityDate: config.compatibilityDate,
    compatibilityFlags: config.compatibilityFlags,
    bindings: { ...config.variables, ...inherited },
    serviceBindings: Object.fromEntries(services),
    kvNamespaces: config.kvNamespaces,
    d1Databases: config.d1Databases,
    r2Buckets: config.r2Buckets,
    queueProducers: config.queueProducers,
    queueConsumers: config.queueConsumers,
    durableObjects: config.durableObjects,
    defaultPersistRoot: config.data,
    telemetry: { enabled: false },
    cf: false,
  });
  await miniflare.ready;
} catch (error) {
  console.error(error?.message ?? String(error));
  if (String(error?.code).startsWith("ERR_MODULE")) {
    console.error("hint: only ES modules with relative imports run as they are; bundle packages in deploy.build");
  }
  process.exit(1);
}

let stopping = false;
async function stop() {
  if (stopping) return;
  stopping = true;
  await miniflare.dispose();
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
