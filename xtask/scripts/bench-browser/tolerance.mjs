// Generations made in a browser, for `cargo run --release -p plaudit-models --example replay`: one JSON object a line.
//
// node tolerance.mjs --plaudit http://127.0.0.1:3000 --model tiny --backend web_gpu --count 20 > made.jsonl

import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: options } = parseArgs({
  options: {
    plaudit: { type: "string" },
    model: { type: "string", default: "tiny" },
    backend: { type: "string", default: "cpu" },
    count: { type: "string", default: "20" },
    tokens: { type: "string", default: "64" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
  },
});
const PROMPTS = ["Write a short story about a fox.", "Why is the sky blue?", "Tell me a joke about a cat.", "How do I make friends?"];
const SAMPLERS = [
  { temperature: 0, repetition_penalty: 1.1 },
  { temperature: 0.7, top_p: 0.95 },
  { temperature: 1.2, min_p: 0.1 },
  { temperature: 0.9, repetition_penalty: 1.1 },
  { temperature: 1, top_k: 40 },
];
const empty = { temperature: null, top_k: null, top_p: null, min_p: null, repetition_penalty: null };

const flags = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const browser = await chromium.launch({ executablePath: options.chromium, args: flags });
const page = await browser.newPage();
await page.goto(options.plaudit);
const requests = Array.from({ length: Number(options.count) }, (_, index) => ({
  prompt: PROMPTS[index % PROMPTS.length],
  sampler: { ...empty, ...SAMPLERS[index % SAMPLERS.length], max_tokens: Number(options.tokens) },
  seed: 1000 + index,
}));
await page.exposeFunction("tell", (made) => console.log(JSON.stringify(made)));
await page.evaluate(
  async ({ model, backend, requests }) => {
    const runner = await (await fetch("/runner.json")).json();
    const manifest = await (await fetch(`/models/${model}/manifest.json`)).json();
    const worker = new Worker(runner.worker, { type: "module" });
    const send = (command) => worker.postMessage(JSON.stringify({ version: runner.protocol, command }));
    let next = 0;
    const go = () => send({ type: "generate", id: next, system_prompt: null, steps: null, ...requests[next] });
    await new Promise((resolve, reject) => {
      worker.onmessage = async ({ data }) => {
        const event = JSON.parse(data);
        if (event.type === "started") send({ type: "load", model: manifest, folder: `/models/${model}/`, backend });
        if (event.type === "ready") go();
        if (event.type === "failed") reject(new Error(event.error.message));
        if (event.type === "done") {
          await window.tell({ ...requests[next], backend: event.backend, tokens: event.tokens, ended: event.finish === "stop" });
          next += 1;
          if (next === requests.length) resolve();
          else go();
        }
      };
    });
  },
  { model: options.model, backend: options.backend, requests },
);
await browser.close();
