// Stands in for the runner where a test needs to know exactly how fast a side is, or how it breaks. Speaks its protocol.
// The test writes the three values in.
const millisPerStep = Number("@millis@");
const steps = Number("@steps@");
const say = (event) => postMessage(JSON.stringify(event));
const words = ["once ", "there ", "was ", "a ", "small ", "model ", "in ", "a ", "browser ", "and ", "it ", "wrote "];
let granted = 0;
let stopped = false;
let weights = "";
let wake = () => {};

async function generate({ id, seed, steps: first }) {
  granted = first ?? Infinity;
  stopped = false;
  let text = "";
  const tokens = [];
  while (tokens.length < steps && !stopped) {
    if (tokens.length >= granted) {
      await new Promise((done) => { wake = done; });
      continue;
    }
    await new Promise((done) => setTimeout(done, millisPerStep));
    const token = (seed + tokens.length) % words.length;
    text += words[token];
    say({ type: "step", id, index: tokens.length, token, text: words[token], log_probability: -0.5, entropy: 1 });
    tokens.push(token);
  }
  say({
    type: "done", id, text, tokens, finish: stopped ? null : "stop", weights_sha256: weights, backend: "cpu",
    prompt_tokens: 9, first_token_ms: 12, tokens_per_second: 1000 / millisPerStep, memory_bytes: 1e6,
  });
}

addEventListener("message", ({ data }) => {
  const { command } = JSON.parse(data);
  if (command.type === "load") {
    weights = command.model.files.find((file) => file.role === "weights").sha256;
    const total = command.model.files.reduce((sum, file) => sum + file.bytes, 0);
    say({ type: "progress", received: total, total, cached: false });
    say({ type: "preparing" });
    say({
      type: "ready", backend: "cpu", device: "CPU · a test", fallback: null, self_check_difference: 0,
      weights_bytes: total, memory_bytes: 1e6, load_ms: 5,
    });
  }
  if (command.type === "generate") generate(command);
  if (command.type === "grant") granted = Math.max(granted, command.steps);
  if (command.type === "stop") stopped = true;
  wake();
});
say({ type: "started", version: Number("@protocol@") });
