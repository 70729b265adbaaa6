// The worker's first lines: loads the bundle beside it, and tells the page when that or anything later breaks in a way
// that the bundle itself cannot tell. The build writes the names in.
const broken = (error) => {
  const message = `The model's worker broke: ${error?.message ?? error}`;
  postMessage(JSON.stringify({ type: "failed", id: null, error: { kind: "crashed", message } }));
};
addEventListener("error", (event) => broken(event.error ?? event.message));
addEventListener("unhandledrejection", (event) => broken(event.reason));
// The page may speak before the bundle listens.
const early = [];
const keep = ({ data }) => early.push(data);
addEventListener("message", keep);
try {
  const { default: load, start } = await import("@script@");
  await load({ module_or_path: new URL("@wasm@", import.meta.url) });
  start();
  removeEventListener("message", keep);
  for (const data of early) dispatchEvent(new MessageEvent("message", { data }));
} catch (error) {
  broken(error);
}
