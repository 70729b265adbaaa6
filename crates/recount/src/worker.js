// The worker that computes boards: loads the bundle beside it, then answers one message after the other. The build writes
// the names in.
const early = [];
const keep = ({ data }) => early.push(data);
addEventListener("message", keep);

// Opens a file, or what an address gives.
const open = async (source) => {
  if (typeof source !== "string") return source.stream();
  const response = await fetch(source);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.body;
};

// A reader of its pieces, unpacked where it is packed with gzip.
const pieces = async (stream) => {
  const reader = stream.getReader();
  const first = await reader.read();
  const whole = new ReadableStream({
    start: (out) => (first.done ? out.close() : out.enqueue(first.value)),
    pull: async (out) => {
      const { done, value } = await reader.read();
      done ? out.close() : out.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const packed = first.value?.[0] === 0x1f && first.value?.[1] === 0x8b;
  return { packed, reader: (packed ? whole.pipeThrough(new DecompressionStream("gzip")) : whole).getReader() };
};

try {
  const { default: load, answer, begin_log, push_log, end_log } = await import("@script@");
  await load({ module_or_path: new URL("@wasm@", import.meta.url) });
  const say = (text) => {
    if (text !== undefined) postMessage(text);
  };
  // One log at a time: another one ends the one before it.
  let turn = 0;
  const read = async ({ begin, source }) => {
    const mine = ++turn;
    const { id } = JSON.parse(begin);
    let packed = false;
    try {
      const opened = await pieces(await open(source));
      packed = opened.packed;
      if (mine !== turn) return void opened.reader.cancel();
      say(begin_log(begin));
      for (;;) {
        const { done, value } = await opened.reader.read();
        if (mine !== turn) return void opened.reader.cancel();
        if (done) return say(end_log());
        const told = push_log(value);
        say(told);
        if (told?.includes('"type":"failed"')) return void opened.reader.cancel();
      }
    } catch (error) {
      const why = packed ? "what is packed with gzip in it is damaged or cut off" : (error?.message ?? error);
      if (mine === turn) say(JSON.stringify({ type: "failed", id, message: `The votes could not be read: ${why}.` }));
    }
  };
  const reply = (data) => (typeof data === "string" ? say(answer(data)) : read(data));
  removeEventListener("message", keep);
  addEventListener("message", ({ data }) => reply(data));
  early.forEach(reply);
} catch (error) {
  postMessage(JSON.stringify({ type: "failed", id: null, message: `The computation could not be started: ${error?.message ?? error}` }));
}
