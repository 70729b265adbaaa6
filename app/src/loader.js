// Finds the islands of the page, fetches their code only if there are any, and wakes them in document order.
// The context of an island reaches the islands inside its children through `$$on_hydrate`.
const [script, wasm] = ["@script@", "@wasm@"];
const root = document.documentElement;
navigator.serviceWorker?.register("/sw.js").catch(() => {});
const wake = (module, node, adopt) => {
  let inner = adopt;
  if (node.localName === "leptos-island") {
    adopt?.();
    module[node.dataset.component]?.(node);
  } else if (node.localName === "leptos-children") {
    inner = node.$$on_hydrate ?? adopt;
  }
  for (const child of node.children) wake(module, child, inner);
};
if (document.querySelector("leptos-island")) {
  const module = await import(script);
  await module.default({ module_or_path: wasm });
  module.hydrate();
  wake(module, document.body);
}
// After the effects that waking has scheduled: those run as microtasks.
setTimeout(() => { root.dataset.hydrated = "true"; });
