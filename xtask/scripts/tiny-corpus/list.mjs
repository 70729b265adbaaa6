// Writes seeded prompts, one a line:   node list.mjs --seed 1 --count 20000
// Those of the built-in arena are left out, so that the model has not seen them.

import { parseArgs } from "node:util";
import { prompts as arena } from "./arena-prompts.mjs";
import { stream } from "./prompts.mjs";

const { values } = parseArgs({ options: { seed: { type: "string", default: "1" }, count: { type: "string", default: "20000" } } });
const unseen = new Set(arena.map((prompt) => prompt.text));
const prompts = stream(Number(values.seed));
for (let left = Number(values.count); left > 0; left--) {
  let prompt = prompts.next().value;
  while (unseen.has(prompt)) prompt = prompts.next().value;
  process.stdout.write(`${prompt}\n`);
}
