// The service worker: a page for when the network is gone, and the bundle's immutable files.
// It never keeps a page or an answer of the server: those carry tickets and nonces.
const SHELL = "plaudit-offline-1";
const PACKAGE = "plaudit-package-1";
// The models' weights: the runner's worker fills and verifies it (crates/runner/src/worker/weights.rs).
const MODELS = "plaudit-models-1";
const OURS = [SHELL, PACKAGE, MODELS];
const OFFLINE = ["/offline.html", "/offline.css", "/favicon.svg"];
// More than two releases of the bundle's three files; older ones go.
const MOST_PACKAGE_FILES = 9;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(OFFLINE)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => !OURS.includes(name)).map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => fromShell("/offline.html")));
  } else if (url.pathname.startsWith("/pkg/runner-")) {
    // Large, and of use only with a server: the browser's own cache keeps it, together with its compiled form.
    return;
  } else if (request.method === "GET" && url.pathname.startsWith("/pkg/")) {
    event.respondWith(fromPackage(request));
  } else if (request.method === "GET" && OFFLINE.includes(url.pathname)) {
    event.respondWith(fetch(request).catch(() => fromShell(url.pathname)));
  }
});

async function fromShell(path) {
  return (await caches.match(path, { cacheName: SHELL })) ?? Response.error();
}

async function fromPackage(request) {
  const cache = await caches.open(PACKAGE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  const immutable = response.headers.get("cache-control")?.includes("immutable");
  if (response.ok && immutable) {
    await cache.put(request, response.clone());
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, -MOST_PACKAGE_FILES).map((key) => cache.delete(key)));
  }
  return response;
}
