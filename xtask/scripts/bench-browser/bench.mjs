// Plaudit's worker beside llama.cpp's WebAssembly build (wllama), one thread each, the same GGUF file, the same headless
// Chromium, in turns: 64 greedy tokens after a prompt of 40. Prints a Markdown table of medians and spreads.
//
// node bench.mjs --plaudit http://127.0.0.1:3000 --model smollm2-135m-instruct --gguf FILE [--runs 5] [--web-gpu]

import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { serve } from "./files.mjs";

const { values: options } = parseArgs({
  options: {
    plaudit: { type: "string" },
    model: { type: "string", default: "smollm2-135m-instruct" },
    gguf: { type: "string" },
    runs: { type: "string", default: "5" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
    "web-gpu": { type: "boolean", default: false },
  },
});
if (!options.plaudit || !options.gguf) throw new Error("--plaudit URL and --gguf FILE are needed");

const PROMPT = "Write a short story about a lonely lighthouse keeper.";
// SmolLM2's chat template around it, system message included: 40 tokens.
const TEMPLATED =
  "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n" +
  `<|im_start|>user\n${PROMPT}<|im_end|>\n<|im_start|>assistant\n`;
const TOKENS = 64;

const wllamaFolder = fileURLToPath(new URL("./node_modules/@wllama/wllama/esm", import.meta.url));
const files = await serve((name) => (name === "/model.gguf" ? options.gguf : path.join(wllamaFolder, name)));
const peer = files.address;

const flags = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
if (options["web-gpu"]) flags.push("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader");
const browser = await chromium.launch({ executablePath: options.chromium, args: flags });

async function ours(backend) {
  const page = await browser.newPage();
  await page.goto(options.plaudit);
  const result = await page.evaluate(
    async ({ model, backend, prompt, tokens }) => {
      const runner = await (await fetch("/runner.json")).json();
      const manifest = await (await fetch(`/models/${model}/manifest.json`)).json();
      const worker = new Worker(runner.worker, { type: "module" });
      const send = (command) => worker.postMessage(JSON.stringify({ version: runner.protocol, command }));
      const sampler = { temperature: 0, top_k: null, top_p: null, min_p: null, repetition_penalty: null, max_tokens: tokens };
      try {
        return await new Promise((resolve, reject) => {
          let ready;
          worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
          worker.onmessage = ({ data }) => {
            const event = JSON.parse(data);
            if (event.type === "started") send({ type: "load", model: manifest, folder: `/models/${model}/`, backend });
            if (event.type === "ready") {
              ready = event;
              send({ type: "generate", id: 1, prompt, system_prompt: null, sampler, seed: 0, steps: null });
            }
            if (event.type === "failed") reject(new Error(event.error.message));
            if (event.type === "done") resolve({ ready, done: event });
          };
        });
      } finally {
        worker.terminate();
      }
    },
    { model: options.model, backend, prompt: PROMPT, tokens: TOKENS },
  );
  await page.close();
  const { ready, done } = result;
  return {
    load: ready.load_ms, first: done.first_token_ms, rate: done.tokens_per_second, text: done.text,
    prompt: done.prompt_tokens, memory: done.memory_bytes, backend: done.backend,
  };
}

async function wllama() {
  const page = await browser.newPage();
  await page.goto(peer);
  const result = await page.evaluate(
    async ({ prompt, tokens }) => {
      const { Wllama } = await import("/index.js");
      const started = performance.now();
      const engine = new Wllama({ default: "/wasm/wllama.wasm" }, { suppressNativeLog: true });
      const blob = await (await fetch("/model.gguf")).blob();
      await engine.loadModel([blob], { n_threads: 1, n_gpu_layers: 0, n_ctx: 1024 });
      const load = performance.now() - started;
      const times = [];
      let text = "";
      const begun = performance.now();
      await engine.createCompletion({
        prompt, max_tokens: tokens, temperature: 0, top_k: 1, stream: true,
        onData: (chunk) => {
          const piece = chunk.choices?.[0]?.text ?? "";
          if (piece) times.push(performance.now() - begun);
          text += piece;
        },
      });
      await engine.exit();
      return { load, text, first: times[0], rate: ((times.length - 1) * 1000) / (times.at(-1) - times[0]), pieces: times.length };
    },
    { prompt: TEMPLATED, tokens: TOKENS },
  );
  await page.close();
  return result;
}

const sides = options["web-gpu"]
  ? { "Plaudit, WebGPU": () => ours("web_gpu"), "Plaudit, processor": () => ours("cpu") }
  : { "Plaudit, processor": () => ours("cpu"), "wllama, one thread": wllama };
const results = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
for (let run = 0; run < Number(options.runs); run++) {
  for (const [name, side] of Object.entries(sides)) {
    const result = await side();
    results[name].push(result);
    console.error(`${name}: ${result.rate.toFixed(1)} tokens/s, first token ${result.first.toFixed(0)} ms`);
  }
}
await browser.close();
files.close();

const summary = (list) => {
  const sorted = list.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], low: sorted[0], high: sorted.at(-1) };
};
const cell = (list, digits) => {
  const { median, low, high } = summary(list);
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
};
console.log("| | tokens/s | first token, ms | load, ms | wasm memory, MB |\n|---|---|---|---|---|");
for (const [name, list] of Object.entries(results)) {
  const memory = list[0].memory ? cell(list.map((result) => result.memory / 1e6), 0) : "";
  console.log(`| ${name} | ${cell(list.map((r) => r.rate), 1)} | ${cell(list.map((r) => r.first), 0)} | ${cell(list.map((r) => r.load), 0)} | ${memory} |`);
}
const [a, b] = Object.values(results);
console.log(
  `\nratios of medians: decode ${(summary(a.map((r) => r.rate)).median / summary(b.map((r) => r.rate)).median).toFixed(2)} ×, ` +
    `time to first token ${(summary(a.map((r) => r.first)).median / summary(b.map((r) => r.first)).median).toFixed(2)} ×`,
);
for (const [name, list] of Object.entries(results)) console.error(`${name} wrote: ${JSON.stringify(list[0].text)}`);
