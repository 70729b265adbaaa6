// The models' worker in a real Chromium: loads, generates, stops, and refuses what is wrong; on the processor and on
// WebGPU (SwiftShader). The site must have a runner (`cargo xtask build`); the driver comes from tests/e2e.
//
//   node tests/worker/worker.mjs [--model FOLDER] [--site FOLDER] [--only WORD] [--patience SECONDS]
//
// FOLDER holds a manifest.json and the files it names; public/models/tiny where it is not given.

import assert from "node:assert/strict";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const root = resolve(import.meta.dirname, "../..");
const { chromium } = createRequire(join(root, "tests/e2e/package.json"))("@playwright/test");
const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: join(root, "public/models/tiny") },
    site: { type: "string", default: join(root, "target/site") },
    only: { type: "string", default: "" },
    // How long one answer may take. SmolLM2 on a GPU that is software takes many minutes.
    patience: { type: "string", default: "150" },
  },
});
const manifest = JSON.parse(readFileSync(join(options.model, "manifest.json"), "utf8"));
const runner = JSON.parse(readFileSync(join(options.site, "runner.json"), "utf8"));
const weights = manifest.files.find((file) => file.role === "weights");

// --- A server with the policy of the real one, that can also be told to spoil a file. ---

const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
const policy =
  "default-src 'none'; script-src 'nonce-x' 'strict-dynamic' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";
// The worker with a device that can be taken away from it, as a driver's crash does: by a word on a channel of its own.
const losing = "/pkg/losing-worker.js";
const loses = `
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...wishes) {
    const device = await request.apply(this, wishes);
    new BroadcastChannel("lose").onmessage = () => device.destroy();
    return device;
  };
`;
// The models that draw.
const pictures = join(root, "public/models/pictures");
// What native learning makes of these comparisons (crates/judges/tests/it/training.rs makes sure of it).
const fixtures = join(root, "crates/judges/tests/fixtures");
const votes = readFileSync(join(fixtures, "votes.safetensors"));
const lesson = JSON.parse(readFileSync(join(fixtures, "learning.json"), "utf8"));
let downloads = 0;
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://x");
  response.setHeader("content-security-policy", policy);
  if (pathname === "/") return response.setHeader("content-type", "text/html").end("<!doctype html><title>worker</title>");
  if (pathname === losing) {
    response.setHeader("content-type", "text/javascript");
    return response.end(loses + readFileSync(join(options.site, runner.worker), "utf8"));
  }
  const drawing = pathname.match(/^\/pictures\/([a-z]+)\/([a-z.]+)$/);
  if (drawing && existsSync(join(pictures, drawing[1], drawing[2]))) {
    return response.setHeader("content-type", "application/octet-stream").end(readFileSync(join(pictures, drawing[1], drawing[2])));
  }
  if (pathname === "/votes/votes.safetensors") {
    return response.setHeader("content-type", "application/octet-stream").end(votes);
  }
  const model = pathname.match(/^\/(models|truncated|long|other|missing)\/([^/]+)$/);
  const file = model ? join(options.model, model[2]) : join(options.site, pathname);
  if (model?.[1] === "missing" || !existsSync(file)) return response.writeHead(404).end();
  const type = types[extname(file)] ?? "application/octet-stream";
  if (!model || model[1] === "models" || searchParams.get("sha256") !== weights.sha256) {
    if (model) downloads += 1;
    response.writeHead(200, { "content-type": type, "content-length": statSync(file).size });
    return createReadStream(file).pipe(response);
  }
  const bytes = readFileSync(file);
  const spoilt = {
    truncated: () => bytes.subarray(0, bytes.length - 1000),
    long: () => Buffer.concat([bytes, Buffer.alloc(10)]),
    other: () => ((bytes[bytes.length >> 1] ^= 1), bytes),
  }[model[1]]();
  response.writeHead(200, { "content-type": type });
  response.end(spoilt);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const address = `http://localhost:${server.address().port}`;

// --- A page with workers in it. ---

const flags = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"];
flags.push("--disable-component-update", "--disable-sync");
const gpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

async function browse(extra, use) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [...flags, ...extra],
  });
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.on("console", (message) => console.log(`    console: ${message.text()}`));
    page.on("pageerror", (error) => console.log(`    page: ${error}`));
    await page.goto(address);
    await page.evaluate(([script, version]) => {
      window.workers = {};
      window.open_ = (name, from = script) => {
        const worker = new Worker(from, { type: "module" });
        const said = [];
        window.workers[name] = { worker, said, waiting: [] };
        worker.onmessage = ({ data }) => said.push({ at: performance.now(), ...JSON.parse(data) });
        worker.onerror = (event) => said.push({ type: "error", message: event.message });
      };
      window.say = (name, command) => window.workers[name].worker.postMessage(JSON.stringify({ version, command }));
      // The first event of these types from the given position on.
      window.hear = async (name, types, from, limit) => {
        const { said } = window.workers[name];
        for (const start = performance.now(); performance.now() - start < limit; ) {
          const at = said.findIndex((event, index) => index >= from && (types.includes(event.type) || event.type === "error"));
          if (at >= 0) return { ...said[at], position: at };
          await new Promise((done) => setTimeout(done, 5));
        }
        throw new Error(`${name} said no ${types}: ${JSON.stringify(said.slice(-3))}`);
      };
    }, [runner.worker, runner.protocol]);
    await use(page, context);
  } finally {
    await browser.close();
  }
}

const open = (page, name, from) => page.evaluate(([name, from]) => window.open_(name, from), [name, from]);
const say = (page, name, command) => page.evaluate(([name, command]) => window.say(name, command), [name, command]);
const hear = (page, name, types, from = 0) =>
  page.evaluate(([name, types, from, limit]) => window.hear(name, types, from, limit), [name, types, from, 1000 * options.patience]);
const said = (page, name) => page.evaluate((name) => window.workers[name].said, name);
const count = async (page, name) => (await said(page, name)).length;

async function load(page, name, backend, { folder = "/models/", model = manifest } = {}) {
  const from = await count(page, name);
  await say(page, name, { type: "load", model, folder, backend });
  return hear(page, name, ["ready", "failed"], from);
}
const sampler = { temperature: 0.7, top_p: 0.9, top_k: 40, repetition_penalty: 1.1, max_tokens: 64 };
const greedy = { ...sampler, temperature: 0, repetition_penalty: 1, max_tokens: 4 };
async function generate(page, name, id, extra = {}) {
  const from = await count(page, name);
  const command = { type: "generate", id, prompt: "Tell me about the sea.", system_prompt: null, sampler, seed: 7, steps: null };
  await say(page, name, { ...command, ...extra });
  return from;
}
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
const told = (ready) =>
  `${ready.backend} on ${ready.device}: ${ready.load_ms.toFixed(0)} ms, weights ${megabytes(ready.weights_bytes)}, ` +
  `wasm ${megabytes(ready.memory_bytes)}, self-check ${ready.self_check_difference.toFixed(4)}`;

// --- What has to be so. ---

const cases = {
  async "cpu: loads, generates, and the same again for the same seed"(page) {
    await open(page, "a");
    assert.equal((await hear(page, "a", ["started", "failed"])).type, "started");
    const ready = await load(page, "a", "cpu");
    assert.equal(ready.type, "ready", JSON.stringify(ready));
    console.log(`    ${told(ready)}`);
    assert.equal(ready.backend, "cpu");
    const progress = (await said(page, "a")).filter((event) => event.type === "progress");
    assert.equal(progress.at(-1).received, manifest.files.reduce((sum, file) => sum + file.bytes, 0));
    const texts = [];
    for (const id of [1, 2]) {
      const done = await hear(page, "a", ["done", "failed"], await generate(page, "a", id));
      assert.equal(done.type, "done", JSON.stringify(done));
      texts.push(done.text);
      console.log(
        `    ${done.tokens.length} tokens, first after ${done.first_token_ms.toFixed(0)} ms of ${done.prompt_tokens}, ` +
          `${done.tokens_per_second?.toFixed(1)} a second, ${megabytes(done.memory_bytes)}: ${JSON.stringify(done.text.slice(0, 70))}`,
      );
      const steps = (await said(page, "a")).filter((event) => event.type === "step" && event.id === id);
      assert.equal(steps.length, done.tokens.length);
      assert.ok(done.text.startsWith(steps.map((step) => step.text).join("")));
    }
    assert.equal(texts[0], texts[1]);
  },

  async "cpu: from the cache, without a download"(page) {
    const before = downloads;
    await open(page, "b");
    const ready = await load(page, "b", "cpu");
    assert.equal(ready.type, "ready", JSON.stringify(ready));
    console.log(`    ${told(ready)}`);
    assert.equal(downloads, before);
    assert.ok((await said(page, "b")).filter((event) => event.type === "progress").every((event) => event.cached));
  },

  async "pace: waits for grants, stops within a step, refuses a second answer"(page) {
    await open(page, "c");
    assert.equal((await load(page, "c", "cpu")).type, "ready");
    const from = await generate(page, "c", 1, { steps: 3 });
    await page.waitForTimeout(1500);
    const steps = async () => (await said(page, "c")).filter((event) => event.type === "step").length;
    assert.equal(await steps(), 3);
    await generate(page, "c", 2);
    const second = await hear(page, "c", ["failed"], from);
    assert.deepEqual([second.id, second.error.kind], [2, "out_of_turn"]);
    await say(page, "c", { type: "grant", id: 1, steps: 5 });
    await page.waitForTimeout(1500);
    assert.equal(await steps(), 5);
    await say(page, "c", { type: "stop", id: 1 });
    const done = await hear(page, "c", ["done"], from);
    assert.deepEqual([done.id, done.finish, done.tokens.length], [1, null, 5]);
    // In full flight: at most the step it is in, and the one that the message overtook.
    const again = await generate(page, "c", 3, { sampler: { ...sampler, max_tokens: 200 } });
    await hear(page, "c", ["step"], again);
    const atStop = await page.evaluate(() => {
      const made = window.workers.c.said.filter((event) => event.type === "step" && event.id === 3).length;
      window.say("c", { type: "stop", id: 3 });
      return made;
    });
    const stopped = await hear(page, "c", ["done"], again);
    assert.ok(stopped.finish === null && stopped.tokens.length <= atStop + 2, `${atStop} → ${stopped.tokens.length}`);
    const empty = await hear(page, "c", ["failed"], await generate(page, "c", 4, { prompt: "  " }));
    assert.equal(empty.error.kind, "prompt");
  },

  async "refused: other bytes, fewer, more, none; then a good load in the same worker"(page) {
    await page.evaluate(() => caches.delete("plaudit-models-1"));
    await open(page, "d");
    for (const [folder, kind] of [["/other/", "weights"], ["/truncated/", "network"], ["/long/", "weights"], ["/missing/", "network"]]) {
      const failed = await load(page, "d", "cpu", { folder });
      assert.deepEqual([failed.type, failed.error?.kind], ["failed", kind], JSON.stringify(failed));
      console.log(`    ${failed.error.message}`);
    }
    assert.equal((await page.evaluate(async () => (await (await caches.open("plaudit-models-1")).keys()).length)), 0);
    assert.equal((await load(page, "d", "cpu")).type, "ready");
    const early = await (async () => (await open(page, "e"), hear(page, "e", ["failed"], await generate(page, "e", 1))))();
    assert.equal(early.error.kind, "out_of_turn");
    await page.evaluate(() => window.workers.e.worker.postMessage('{"version":99,"command":"?"}'));
    const old = await hear(page, "e", ["failed"], early.position + 1);
    assert.equal(old.error.kind, "protocol");
  },

  async "refused: a device that computes something else"(page) {
    await open(page, "f");
    const wrong = structuredClone(manifest);
    wrong.self_check.logits[0][1] += 9;
    const failed = await load(page, "f", "cpu", { model: wrong });
    assert.equal(failed.error?.kind, "self_check", JSON.stringify(failed));
    console.log(`    ${failed.error.message}`);
  },

  async "a spoilt cache entry is thrown away and loaded anew"(page) {
    const before = downloads;
    await page.evaluate(async (sha256) => {
      const cache = await caches.open("plaudit-models-1");
      for (const key of await cache.keys()) {
        if (!key.url.includes(sha256)) continue;
        const bytes = new Uint8Array(await (await cache.match(key)).arrayBuffer());
        bytes[100] ^= 1;
        await cache.put(key, new Response(bytes));
      }
    }, weights.sha256);
    await open(page, "g");
    assert.equal((await load(page, "g", "cpu")).type, "ready");
    assert.equal(downloads, before + 1);
    await open(page, "h");
    assert.equal((await load(page, "h", "cpu")).type, "ready");
    assert.equal(downloads, before + 1, "the good one was kept");
  },

  async "two workers at once share one download and both generate"(page) {
    await page.evaluate(() => caches.delete("plaudit-models-1"));
    const before = downloads;
    await open(page, "i");
    await open(page, "j");
    const both = await Promise.all(["i", "j"].map((name) => load(page, name, "cpu")));
    assert.deepEqual(both.map((ready) => ready.type), ["ready", "ready"]);
    both.forEach((ready) => console.log(`    ${told(ready)}`));
    assert.equal(downloads - before, manifest.files.length);
    const from = await Promise.all(["i", "j"].map((name) => generate(page, name, 1)));
    const done = await Promise.all(["i", "j"].map((name, at) => hear(page, name, ["done", "failed"], from[at])));
    assert.equal(done[0].text, done[1].text);
    console.log(`    ${done.map((done) => done.tokens_per_second?.toFixed(1)).join(" and ")} tokens a second`);
  },

  async "a full quota is no reason not to load"(page, context) {
    await page.evaluate(() => caches.delete("plaudit-models-1"));
    const session = await context.newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: address, quotaSize: 1000 });
    await open(page, "k");
    const ready = await load(page, "k", "cpu");
    assert.equal(ready.type, "ready", JSON.stringify(ready));
    const kept = await page.evaluate(async () => (await (await caches.open("plaudit-models-1")).keys()).length);
    console.log(`    loaded, ${kept} files kept`);
    assert.equal(kept, 0);
    await session.send("Storage.overrideQuotaForOrigin", { origin: address });
  },

  async "no WebGPU: said, and the processor where it may"(page) {
    await open(page, "l");
    const failed = await load(page, "l", "web_gpu");
    assert.equal(failed.error?.kind, "no_web_gpu", JSON.stringify(failed));
    console.log(`    ${failed.error.message}`);
    const ready = await load(page, "l", "auto");
    assert.deepEqual([ready.type, ready.backend], ["ready", "cpu"]);
    console.log(`    fallback: ${ready.fallback}`);
    assert.ok(ready.fallback);
  },

  async "webgpu: software is used when told so, and says the same as the processor"(page) {
    await open(page, "m");
    await open(page, "n");
    const onCpu = await load(page, "m", "auto");
    assert.deepEqual([onCpu.type, onCpu.backend], ["ready", "cpu"], JSON.stringify(onCpu));
    console.log(`    auto: ${onCpu.fallback}`);
    const onGpu = await load(page, "n", "web_gpu");
    assert.deepEqual([onGpu.type, onGpu.backend], ["ready", "web_gpu"], JSON.stringify(onGpu));
    console.log(`    ${told(onGpu)}`);
    const outcome = [];
    for (const name of ["m", "n"]) {
      const done = await hear(page, name, ["done", "failed"], await generate(page, name, 1, { sampler: greedy }));
      assert.equal(done.type, "done", JSON.stringify(done));
      console.log(`    ${done.backend}: ${done.tokens_per_second?.toFixed(1)} a second, first ${done.first_token_ms.toFixed(0)} ms: ${JSON.stringify(done.text.slice(0, 60))}`);
      outcome.push(done.tokens.slice(0, 4).join());
    }
    assert.equal(outcome[0], outcome[1]);
  },

  async "webgpu: a lost device ends in a message, and a new worker goes on"(page) {
    await open(page, "o", losing);
    const ready = await load(page, "o", "web_gpu");
    assert.equal(ready.type, "ready", JSON.stringify(ready));
    const from = await generate(page, "o", 1);
    await hear(page, "o", ["step"], from);
    await page.evaluate(() => new BroadcastChannel("lose").postMessage(null));
    const failed = await hear(page, "o", ["failed", "done"], from);
    assert.deepEqual([failed.type, failed.error?.kind], ["failed", "crashed"], JSON.stringify(failed));
    console.log(`    ${failed.error.message}`);
    await page.evaluate(() => window.workers.o.worker.terminate());
    await open(page, "p");
    assert.equal((await load(page, "p", "cpu")).type, "ready");
    const done = await hear(page, "p", ["done", "failed"], await generate(page, "p", 1));
    assert.equal(done.type, "done", JSON.stringify(done));
  },
};

// What native judges say of one battle (crates/judges/tests/it/judge.rs makes sure of it), and which models they read with.
const native = JSON.parse(readFileSync(join(root, "crates/judges/tests/fixtures/browser.json"), "utf8"));
const roles = { "smollm2-135m-instruct": "smollm2", "all-minilm-l6-v2": "encoder" };
const role = roles[manifest.name] ?? "tiny";
const reads = { tiny: /-tiny\/|^length\/|^markdown\//, smollm2: /-smollm2\//, encoder: /-minilm\// }[role];
const judges = Object.keys(native.left_better).filter((judge) => reads.test(judge));
const battle = { id: "0".repeat(32), prompt: native.prompt, left: native.left, right: native.right };
async function judge(page, backend) {
  await open(page, "j");
  await say(page, "j", { type: "load_judges", models: [{ role, model: manifest, folder: "/models/" }], reward: null, backend });
  const ready = await hear(page, "j", ["ready", "failed"]);
  assert.equal(ready.type, "ready", JSON.stringify(ready));
  console.log(`    ${told(ready)}`);
  await say(page, "j", { type: "judge", id: 1, judges: [...judges, "reward/1", "nobody/1"], battle });
  const judged = await hear(page, "j", ["judged", "failed"]);
  assert.equal(judged.type, "judged", JSON.stringify(judged));
  const verdicts = (await said(page, "j")).filter((event) => event.type === "verdict");
  assert.equal(verdicts.length, judges.length + 2);
  for (const { judge, said, took_ms } of verdicts.slice(0, -2)) {
    assert.ok(said.Ok, `${judge}: ${said.Err}`);
    const { left_better, answer } = said.Ok;
    console.log(`    ${judge}: ${left_better.toFixed(4)} ${answer}, ${took_ms.toFixed(0)} ms`);
    // Two devices round differently; what a threshold of a judge calls equal is as wide.
    assert.ok(Math.abs(left_better - native.left_better[judge]) < 2e-3, `native says ${native.left_better[judge]}`);
  }
  // What cannot be said is said, and the others are heard all the same.
  assert.match(verdicts.at(-2).said.Err, /needs/);
  assert.match(verdicts.at(-1).said.Err, /there is no judge/);
}
cases["judges: read as they do natively"] = (page) => judge(page, "cpu");
cases["webgpu: judges read as they do natively"] = (page) => judge(page, "web_gpu");
cases["judges: a worker that judges does not write, and stops between two judges"] = async (page) => {
  await open(page, "k");
  await say(page, "k", { type: "load_judges", models: [{ role, model: manifest, folder: "/models/" }], reward: null, backend: "cpu" });
  assert.equal((await hear(page, "k", ["ready", "failed"])).type, "ready");
  const refused = await hear(page, "k", ["failed"], await generate(page, "k", 1));
  assert.deepEqual([refused.id, refused.error.kind], [1, "out_of_turn"]);
  const many = Array.from({ length: 2000 }, () => judges[0]);
  await say(page, "k", { type: "judge", id: 2, judges: many, battle });
  await hear(page, "k", ["verdict"]);
  await say(page, "k", { type: "stop", id: 2 });
  await hear(page, "k", ["judged"]);
  assert.ok((await said(page, "k")).filter((event) => event.type === "verdict").length < many.length);
};

async function loadVotes(page, name, backend, sha256 = lesson.manifest.votes_sha256) {
  await open(page, name);
  const file = { role: "weights", path: "votes.safetensors", sha256, bytes: votes.length };
  await say(page, name, { type: "load_votes", votes: { manifest: JSON.stringify(lesson.manifest), file, folder: "/votes/" }, backend });
  return hear(page, name, ["ready", "failed"]);
}
async function learn(page, backend) {
  const ready = await loadVotes(page, "l", backend);
  assert.equal(ready.type, "ready", JSON.stringify(ready));
  console.log(`    ${told(ready)}`);
  await say(page, "l", { type: "learn", id: 1, folds: lesson.folds, fold: lesson.fold });
  const learned = await hear(page, "l", ["learned", "failed"]);
  assert.equal(learned.type, "learned", JSON.stringify(learned));
  const epochs = (await said(page, "l")).filter((event) => event.type === "epoch");
  assert.equal(epochs.length, lesson.curve.length);
  for (const [number, { epoch, training_loss, log_loss, accuracy, took_ms }] of epochs.entries()) {
    assert.equal(epoch, number + 1);
    const [training, heldOut, right] = lesson.curve[number];
    console.log(`    epoch ${epoch}: ${training_loss.toFixed(5)} learned from, ${log_loss.toFixed(5)} held out, ${took_ms.toFixed(0)} ms`);
    const off = Math.max(Math.abs(training_loss - training), Math.abs(log_loss - heldOut), Math.abs(accuracy - right));
    assert.ok(off < 2e-3, `native says ${lesson.curve[number]}`);
  }
}
cases["learning: a reward head is learned as it is natively"] = (page) => learn(page, "cpu");
cases["webgpu: a reward head is learned as it is natively"] = (page) => learn(page, "web_gpu");
cases["learning: other bytes than announced are not learned from, and it stops after an epoch"] = async (page) => {
  const refused = await loadVotes(page, "m", "cpu", "0".repeat(64));
  assert.deepEqual([refused.type, refused.error?.kind], ["failed", "weights"], JSON.stringify(refused));
  assert.equal((await loadVotes(page, "n", "cpu")).type, "ready");
  await say(page, "n", { type: "learn", id: 1, folds: 400, fold: 0 });
  assert.equal((await hear(page, "n", ["failed", "learned"])).type, "failed");
  const long = { ...lesson.manifest, recipe: { ...lesson.manifest.recipe, epochs: 1000 } };
  await open(page, "q");
  const file = { role: "weights", path: "votes.safetensors", sha256: lesson.manifest.votes_sha256, bytes: votes.length };
  await say(page, "q", { type: "load_votes", votes: { manifest: JSON.stringify(long), file, folder: "/votes/" }, backend: "cpu" });
  assert.equal((await hear(page, "q", ["ready", "failed"])).type, "ready");
  await say(page, "q", { type: "learn", id: 2, folds: 3, fold: 1 });
  await hear(page, "q", ["epoch"]);
  await say(page, "q", { type: "stop", id: 2 });
  await hear(page, "q", ["learned"]);
  assert.ok((await said(page, "q")).filter((event) => event.type === "epoch").length < 1000);
};

const described = (name) => JSON.parse(readFileSync(join(pictures, name, "manifest.json"), "utf8"));
async function loadPainter(page, name, backend, model = "diffusion") {
  await open(page, name);
  const painter = {
    model: described(model),
    folder: `/pictures/${model}/`,
    captions: described("captions"),
    captions_folder: "/pictures/captions/",
  };
  await say(page, name, { type: "load_painter", painter, backend });
  const ready = await hear(page, name, ["ready", "failed"]);
  assert.equal(ready.type, "ready", JSON.stringify(ready));
  console.log(`    ${told(ready)}`);
}
const manner = { steps: 4, guidance: 2, style: "fluent" };
async function draw(page, name, prompt, id = 1, more = {}) {
  const from = await count(page, name);
  await say(page, name, { type: "draw", id, prompt, sampler: manner, seed: 7, steps: null, ...more });
  const drawn = await hear(page, name, ["drawn", "failed"], from);
  assert.equal(drawn.type, "drawn", JSON.stringify(drawn));
  const sketches = (await said(page, name)).filter((event) => event.type === "sketch" && event.id === id);
  return { drawn, sketches, rgb: Buffer.from(sketches.at(-1).rgb, "hex") };
}
cases["drawing: a gallery answers at once, with another picture for other words"] = async (page) => {
  await loadPainter(page, "f", "cpu", "nearest");
  const { sketches, rgb, drawn } = await draw(page, "f", "a red heart");
  assert.deepEqual([sketches.length, rgb.length, drawn.finished], [1, 32 * 32 * 3, true]);
  assert.notDeepEqual((await draw(page, "f", "a green tree", 2)).rgb, rgb);
};
if (existsSync(join(pictures, "diffusion", "manifest.json"))) {
  // The picture that the processor drew, for WebGPU to compare with.
  let onProcessor;
  cases["drawing: a picture comes step by step, and a seed gives it again"] = async (page) => {
    await loadPainter(page, "d", "cpu");
    const { drawn, sketches, rgb } = await draw(page, "d", "a red heart");
    assert.deepEqual(sketches.map(({ step, steps, side }) => [step, steps, side]), [1, 2, 3, 4].map((step) => [step, 4, 32]));
    assert.ok(drawn.finished && rgb.length === 32 * 32 * 3);
    console.log(`    ${drawn.took_ms.toFixed(0)} ms for 4 steps`);
    onProcessor = rgb;
    assert.deepEqual((await draw(page, "d", "a red heart", 2)).rgb, rgb);
    assert.notDeepEqual((await draw(page, "d", "a green tree", 3)).rgb, rgb);
    // Words never seen, none at all and very many are drawn too: as anything, or as what is known of them.
    for (const [number, prompt] of ["zqxw", "", "cat ".repeat(2500)].entries()) await draw(page, "d", prompt, 4 + number);
  };
  cases["drawing: it stops between two steps, and settings without sense are refused"] = async (page) => {
    await loadPainter(page, "e", "cpu");
    const long = { ...manner, steps: 1000 };
    await say(page, "e", { type: "draw", id: 1, prompt: "sun", sampler: long, seed: 1, steps: null });
    await hear(page, "e", ["sketch"]);
    await say(page, "e", { type: "stop", id: 1 });
    assert.equal((await hear(page, "e", ["drawn", "failed"])).finished, false);
    await say(page, "e", { type: "draw", id: 2, prompt: "sun", sampler: { ...manner, steps: 0 }, seed: 1, steps: null });
    const refused = await hear(page, "e", ["failed"]);
    assert.deepEqual([refused.id, refused.error.kind], [2, "prompt"]);
  };
  // Left half one colour, right half another.
  const source = Array.from({ length: 32 * 32 }, (_, place) => (place % 32 < 16 ? "f0c020" : "ffffff")).join("");
  const far = (one, other) => one.reduce((sum, byte, place) => sum + Math.abs(byte - other[place]), 0) / one.length;
  cases["drawing: a picture is changed more by more noise, and without one there is nothing to change"] = async (page) => {
    await loadPainter(page, "h", "cpu");
    const before = Buffer.from(source, "hex");
    const changed = async (id, edit) => {
      const { rgb, sketches } = await draw(page, "h", "make it blue", id, { source, sampler: { ...manner, edit } });
      return { off: far(rgb, before), steps: sketches.at(-1).steps };
    };
    const [little, much, there] = [await changed(1, { noise: 0.05 }), await changed(2, { noise: 5 }), await changed(3, { inversion: 3 })];
    console.log(`    ${[little, much, there].map(({ off }) => off.toFixed(1)).join(", ")} of 255 away from it`);
    assert.ok(little.off < 20 && much.off > 1.5 * little.off, JSON.stringify([little, much]));
    assert.deepEqual([little.steps, there.steps], [4, 8], "there and back takes as many steps each way");
    for (const [id, wrong] of [[4, undefined], [5, source.slice(2)], [6, "xy".repeat(3 * 32 * 32)]]) {
      const [sampler, from] = [{ ...manner, edit: { noise: 1 } }, await count(page, "h")];
      await say(page, "h", { type: "draw", id, prompt: "a hat", sampler, source: wrong, seed: 1, steps: null });
      assert.equal((await hear(page, "h", ["drawn", "failed"], from)).id, id);
      assert.equal((await hear(page, "h", ["drawn", "failed"], from)).type, "failed");
    }
  };
  if (existsSync(join(pictures, "edit", "manifest.json"))) {
    cases["drawing: a model that was trained on wishes sees the picture, and draws nothing without one"] = async (page) => {
      await loadPainter(page, "i", "cpu", "edit");
      const sampler = { steps: 4, guidance: 1.5, style: null, edit: "instruction" };
      const { rgb } = await draw(page, "i", "make it blue", 1, { source, sampler });
      const mean = (from, to, colour) => {
        const found = [...rgb].filter((_, place) => place % 3 === colour && Math.floor(place / 3) % 32 >= from && Math.floor(place / 3) % 32 < to);
        return found.reduce((sum, byte) => sum + byte, 0) / found.length;
      };
      console.log(`    blue less red: ${(mean(2, 14, 2) - mean(2, 14, 0)).toFixed(0)} on the left, which was yellow`);
      assert.ok(mean(2, 14, 2) > mean(2, 14, 0), "what was yellow is blue");
      assert.ok(mean(20, 32, 0) > 150 && mean(20, 32, 2) > 150, "what was white stays white");
      const from = await count(page, "i");
      await say(page, "i", { type: "draw", id: 2, prompt: "make it blue", sampler: { ...sampler, edit: undefined }, seed: 1, steps: null });
      assert.equal((await hear(page, "i", ["drawn", "failed"], from)).type, "failed");
    };
  }
  cases["webgpu: a picture is the one that the processor draws"] = async (page) => {
    await loadPainter(page, "g", "web_gpu");
    const { rgb, drawn } = await draw(page, "g", "a red heart");
    assert.equal(drawn.backend, "web_gpu");
    assert.ok(onProcessor, "the processor draws first");
    const off = far(rgb, onProcessor);
    console.log(`    off by ${off.toFixed(3)} of 255 in the mean, ${drawn.took_ms.toFixed(0)} ms for 4 steps`);
    assert.ok(off <= 2);
  };
} else {
  console.log("NO MODEL THAT DRAWS WAS TRIED: none is in public/models/pictures; `cargo xtask models train diffusion` makes one");
}

let passed = 0;
let failed = 0;
async function all(extra, chosen) {
  await browse(extra, async (page, context) => {
    for (const [name, run] of Object.entries(cases).filter(([name]) => chosen(name) && name.includes(options.only))) {
      try {
        await run(page, context);
        passed += 1;
        console.log(`ok      ${name}`);
      } catch (error) {
        failed += 1;
        console.log(`FAILED  ${name}\n${error.stack}`);
      }
      await page.evaluate(() => {
        for (const { worker } of Object.values(window.workers)) worker.terminate();
        window.workers = {};
      });
    }
  });
}
await all([], (name) => !name.startsWith("webgpu"));
await all(gpu, (name) => name.startsWith("webgpu"));
server.close();
// The line that `cargo xtask test` counts, as Rust's own tests end.
console.log(`\ntest result: ${failed ? "FAILED" : "ok"}. ${passed} passed; ${failed} failed; 0 ignored;`);
process.exit(failed ? 1 : 0);
