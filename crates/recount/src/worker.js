// The worker that computes boards: loads the bundle beside it, then answers one message after the other. The build writes
// the names in.
const early = [];
const keep = ({ data }) => early.push(data);
addEventListener("message", keep);
try {
  const { default: load, answer } = await import("@script@");
  await load({ module_or_path: new URL("@wasm@", import.meta.url) });
  const reply = (data) => {
    const text = answer(data);
    if (text !== undefined) postMessage(text);
  };
  removeEventListener("message", keep);
  addEventListener("message", ({ data }) => reply(data));
  early.forEach(reply);
} catch (error) {
  postMessage(JSON.stringify({ type: "failed", id: null, message: `The computation could not be started: ${error?.message ?? error}` }));
}
