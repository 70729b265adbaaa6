// The worker that computes boards in a browser, measured under Node: what `answer_speed` of plaudit-recount measures natively.
// Every measurement is a line: what, seconds of the processor (all threads, the compiler's among them), seconds of the clock.
//
// node wasm.mjs SCRIPT WASM MESSAGES

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [script, wasm, messages] = process.argv.slice(2);
const { default: load, answer } = await import(pathToFileURL(script));
await load({ module_or_path: readFileSync(wasm) });
const [counts, board, resampled] = readFileSync(messages, "utf8").trim().split("\n");
const refused = answer(counts);
if (refused !== undefined) throw new Error(refused);

// An engine compiles again what it sees to be busy: until then, nothing is measured.
for (let time = 0; time < 20; time += 1) answer(board);
answer(resampled);
await new Promise((resolve) => setTimeout(resolve, 1000));
for (const [row, message, times] of [["board", board, 15], ["resampled", resampled, 3]]) {
  for (let time = 0; time < times; time += 1) {
    const [before, clock] = [process.cpuUsage(), performance.now()];
    const reply = answer(message);
    const [spent, passed] = [process.cpuUsage(before), (performance.now() - clock) / 1000];
    if (JSON.parse(reply).type !== "board") throw new Error(reply);
    console.log(`wasm-${row}`, (spent.user + spent.system) / 1e6, passed);
  }
}
