// Our sentence encoder beside transformers.js (ONNX Runtime's WebAssembly, one thread): the same weights in single precision,
// the same headless Chromium, in turns. Each reads battles (a prompt and two answers) and says how near each answer lies to the
// prompt. Prints a Markdown table of medians and spreads, and how far the two differ.
//
// node encoder.mjs --plaudit http://127.0.0.1:3000 --onnx FOLDER --texts server/builtin/text.json [--runs 5]

import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { serve } from "./files.mjs";

const { values: options } = parseArgs({
  options: {
    plaudit: { type: "string" },
    onnx: { type: "string" },
    texts: { type: "string" },
    runs: { type: "string", default: "5" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
  },
});

// One battle of every prompt, so that neither side can keep a text that it has read.
const pool = JSON.parse(readFileSync(options.texts, "utf8"));
const battles = pool.prompts.map(({ slug, text }) => {
  const [left, right] = pool.generations.filter((generation) => generation.prompt === slug);
  return { prompt: text, left: left.text, right: right.text };
});

const folders = {
  models: options.onnx,
  js: fileURLToPath(new URL("./node_modules/@huggingface/transformers/dist", import.meta.url)),
  ort: fileURLToPath(new URL("./node_modules/onnxruntime-web/dist", import.meta.url)),
};
const files = await serve((name) => {
  const [, folder, ...rest] = name.split("/");
  // A model's name in the address is the folder itself.
  const inside = folder === "models" ? rest.slice(1) : rest;
  return path.join(folders[folder] ?? "/nowhere", ...inside);
});
const peer = files.address;
const flags = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: options.chromium, args: flags });

async function ours() {
  const page = await browser.newPage();
  await page.goto(options.plaudit);
  const result = await page.evaluate(async (battles) => {
    const runner = await (await fetch("/runner.json")).json();
    const folder = "/models/all-minilm-l6-v2/";
    const model = await (await fetch(`${folder}manifest.json`)).json();
    const worker = new Worker(runner.worker, { type: "module" });
    const send = (command) => worker.postMessage(JSON.stringify({ version: runner.protocol, command }));
    const judge = (id) => send({ type: "judge", id, judges: ["relevance-minilm/1"], battle: { id: "0".repeat(32), ...battles[id] } });
    try {
      return await new Promise((resolve, reject) => {
        let load, begun;
        const said = [];
        worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
        worker.onmessage = ({ data }) => {
          const event = JSON.parse(data);
          if (event.type === "started") send({ type: "load_judges", models: [{ role: "encoder", model, folder }], reward: null, backend: "cpu" });
          if (event.type === "failed") reject(new Error(event.error.message));
          if (event.type === "verdict") said.push(event.said.Ok.left_better);
          if (event.type === "ready") load = event.load_ms;
          if (event.type === "ready") begun = performance.now();
          if (event.type === "judged" && said.length === battles.length) {
            return resolve({ load, said, rate: (1000 * battles.length) / (performance.now() - begun), memory: event.memory_bytes });
          }
          if (event.type === "ready" || event.type === "judged") judge(said.length);
        };
      });
    } finally {
      worker.terminate();
    }
  }, battles);
  await page.close();
  return result;
}

async function theirs() {
  const page = await browser.newPage();
  await page.goto(peer);
  const result = await page.evaluate(async (battles) => {
    const { env, pipeline } = await import("/js/transformers.min.js");
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    env.localModelPath = "/models/";
    env.backends.onnx.wasm.numThreads = 1;
    env.backends.onnx.wasm.wasmPaths = "/ort/";
    const started = performance.now();
    const encode = await pipeline("feature-extraction", "minilm", { device: "wasm", dtype: "fp32" });
    const load = performance.now() - started;
    const said = [];
    const begun = performance.now();
    for (const { prompt, left, right } of battles) {
      const [p, l, r] = (await encode([prompt, left, right], { pooling: "mean", normalize: true })).tolist();
      const near = (one, other) => one.reduce((sum, value, place) => sum + value * other[place], 0);
      said.push(1 / (1 + Math.exp(-20 * (near(p, l) - near(p, r)))));
    }
    return { load, said, rate: (1000 * battles.length) / (performance.now() - begun) };
  }, battles);
  await page.close();
  return result;
}

const sides = { "Plaudit, processor": ours, "transformers.js, one thread": theirs };
const results = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
for (let run = 0; run < Number(options.runs); run++) {
  for (const [name, side] of Object.entries(sides)) {
    const result = await side();
    results[name].push(result);
    console.error(`${name}: ${result.rate.toFixed(2)} pairs/s`);
  }
}
await browser.close();
files.close();

const cell = (list, digits) => {
  const sorted = list.toSorted((a, b) => a - b);
  return `${sorted[sorted.length >> 1].toFixed(digits)} (${sorted[0].toFixed(digits)}–${sorted.at(-1).toFixed(digits)})`;
};
console.log(`| ${battles.length} battles, all-MiniLM-L6-v2 | pairs/s | load, ms | wasm memory, MB |\n|---|---|---|---|`);
for (const [name, list] of Object.entries(results)) {
  const memory = list[0].memory ? cell(list.map((result) => result.memory / 1e6), 0) : "";
  console.log(`| ${name} | ${cell(list.map((r) => r.rate), 2)} | ${cell(list.map((r) => r.load), 0)} | ${memory} |`);
}
const [a, b] = Object.values(results);
const worst = Math.max(...a[0].said.map((chance, place) => Math.abs(chance - b[0].said[place])));
console.log(`\nthe chances that each gives the left answer differ by at most ${worst.toExponential(1)}`);
