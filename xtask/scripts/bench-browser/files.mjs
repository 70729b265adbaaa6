// The files of a peer, on a port of their own.

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const types = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };

// Serves an empty page at `/`, and otherwise the file that `fileOf` names for a path: the address, and how it ends.
export async function serve(fileOf) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname === "/") return response.setHeader("content-type", "text/html").end("<!doctype html><title>peer</title>");
    const file = fileOf(path.normalize(pathname));
    try {
      response.setHeader("content-length", statSync(file).size);
    } catch {
      return response.writeHead(404).end();
    }
    response.setHeader("content-type", types[path.extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
