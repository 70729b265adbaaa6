// Fetches the code of the page's islands, from where the page's head preloads it, and wakes them in document order.
// The context of an island reaches the islands inside its children through `$$on_hydrate`.
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
const [script, wasm] = document.querySelectorAll("link[data-islands]");
if (script) {
  const module = await import(script.href);
  await module.default({ module_or_path: wasm.href });
  module.hydrate();
  wake(module, document.body);
}
// After the effects that waking has scheduled: those run as microtasks.
setTimeout(() => { root.dataset.hydrated = "true"; });
