// What llama.cpp makes of SmolLM2: the fixture that crates/models/tests/it/smollm2.rs compares with.
//
// npm install && python widen.py SmolLM2-135M-Instruct.Q4_1.gguf /tmp/widened.gguf
// node reference.mjs /tmp/widened.gguf > ../../../crates/models/tests/fixtures/smollm2.json
//
// llama.cpp (here its build in node-llama-cpp, processor only) gives probabilities after its softmax, so the logits are
// compared as log-probabilities, which differ from them by one constant.

import { getLlama } from "node-llama-cpp";

const PROMPTS = [
  "Write a short story about a lonely lighthouse keeper.",
  "Why is the sky blue? Answer in two sentences.",
  "Explain to a child what a river is.",
];
const GREEDY_TOKENS = 80;
const KEPT = 48;

const llama = await getLlama({ gpu: false, build: "never", logLevel: "error" });
const model = await llama.loadModel({ modelPath: process.argv[2], gpuLayers: 0 });
const context = await model.createContext({ contextSize: 1024, threads: 1, flashAttention: false });
const sequence = context.getSequence();

const TOP = { generateNext: { probabilities: true, options: { temperature: 0 } } };
const most = (probabilities) =>
  [...probabilities.entries()]
    .sort((a, b) => b[1] - a[1])
    .slice(0, KEPT)
    .map(([token, probability]) => [token, Number(Math.log(probability).toFixed(6))]);

const cases = [];
for (const prompt of PROMPTS) {
  await sequence.clearHistory();
  const text =
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n" +
    `<|im_start|>user\n${prompt}<|im_end|>\n<|im_start|>assistant\n`;
  const tokens = model.tokenize(text, true);
  let input = tokens;
  let first;
  const greedy = [];
  while (greedy.length < GREEDY_TOKENS) {
    const results = await sequence.controlledEvaluate([...input.slice(0, -1), [input.at(-1), TOP]]);
    const { probabilities } = results.at(-1).next;
    first ??= most(probabilities);
    const [best] = [...probabilities.entries()].reduce((a, b) => (b[1] > a[1] ? b : a));
    if (model.isEogToken(best)) break;
    greedy.push(best);
    input = [best];
  }
  cases.push({ prompt, prompt_tokens: [...tokens], log_probabilities: first, greedy, text: model.detokenize(greedy) });
}
console.log(JSON.stringify({ source: "llama.cpp in node-llama-cpp 3.22.1, SmolLM2-135M-Instruct.Q4_1.gguf", cases }, null, 1));
process.exit(0);
