/** Listens until it is told to stop, then finishes the requests it has. */

import { createApp } from "./app.js";

const { HOST = "127.0.0.1", PORT = "8000" } = process.env;
const server = createApp();

server.listen(Number(PORT), HOST, () => console.log(`reviews on http://${HOST}:${PORT}`));

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => server.close());
}
