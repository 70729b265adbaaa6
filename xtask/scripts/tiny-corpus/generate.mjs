// Lets SmolLM2-135M-Instruct answer many short prompts, many at a time, and appends the answers to a file of JSON lines.
// See README.md for how to run it. Stop it whenever there is enough: what is written stays, and a second run goes on
// behind the first.

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { getLlama } from "node-llama-cpp";
import { prompts as arena } from "./arena-prompts.mjs";
import { stream } from "./prompts.mjs";

const MAX_TOKENS = 96;
/** Asks for the language that a very small model can learn. It is not part of the corpus. */
const SYSTEM = "You answer in two to four short and simple sentences, with easy words that a young child knows.";
/** Below SmolLM2's usual 0.7 … 1.0: calmer text has fewer rare words, and is learned from fewer of them. */
const SAMPLER = { temperature: 0.6, topK: 40, topP: 0.95, minP: 0.05 };

const { values } = parseArgs({
  options: {
    weights: { type: "string" },
    out: { type: "string" },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "1" },
    sequences: { type: "string", default: "48" },
    answers: { type: "string", default: "20000" },
  },
});
if (!values.weights || !values.out) throw new Error("usage: node generate.mjs --weights FILE.gguf --out FILE.jsonl");

const seed = Number(values.seed);
const sequences = Number(values.sequences);
const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, maxThreads: Number(values.threads), logLevel: "error" });
const model = await llama.loadModel({ modelPath: values.weights });
const context = await model.createContext({ contextSize: 256, sequences, batchSize: 512, threads: Number(values.threads) });

const unseen = new Set(arena.map((prompt) => prompt.text));
const prompts = stream(seed);
let index = existsSync(values.out) ? readFileSync(values.out, "utf8").split("\n").length - 1 : 0;
// Answers finish in any order, so what a stopped run had begun is asked again under later numbers.
for (let skipped = 0; skipped < index; skipped++) prompts.next();

let tokens = 0;
const begun = Date.now();

async function work(sequence) {
  while (index < Number(values.answers)) {
    const number = index++;
    const prompt = prompts.next().value;
    if (unseen.has(prompt)) continue;
    const turn = (role, text) => `<|im_start|>${role}\n${text}<|im_end|>\n`;
    const input = model.tokenize(`${turn("system", SYSTEM)}${turn("user", prompt)}<|im_start|>assistant\n`, true);
    await sequence.clearHistory();
    const output = [];
    let finish = "stop";
    const repeatPenalty = { penalty: 1.1, punishTokens: () => output.slice(-64) };
    for await (const token of sequence.evaluate(input, { ...SAMPLER, seed: (seed * 1_000_003 + number) >>> 0 })) {
      output.push(token);
      if (output.length === MAX_TOKENS) {
        finish = "length";
        break;
      }
    }
    tokens += output.length;
    const answer = model.detokenize(output);
    appendFileSync(values.out, `${JSON.stringify({ prompt, answer, finish })}\n`);
    if (number % 50 === 0) {
      const rate = tokens / ((Date.now() - begun) / 1000);
      process.stderr.write(`${number} answers begun, ${tokens} tokens, ${rate.toFixed(0)} tokens/s\n`);
    }
  }
}

await Promise.all(Array.from({ length: sequences }, () => work(context.getSequence())));
await llama.dispose();
