// The two baselines: an n-gram model over any kind of token (words, characters) that writes in both directions,
// so that an answer can be made to contain a word of the prompt without any understanding of it.

/** Marks both ends of a sentence; no training token looks like it. */
const EDGE = "\n";

/** A small generator with a 32-bit state, so that a seed gives the same answer in any JavaScript engine. */
export function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What followed each context of up to `order - 1` tokens, every occurrence once: a uniform draw is the estimate. */
class Successors {
  constructor(sequences, order) {
    this.order = order;
    this.after = new Map();
    for (const sequence of sequences) {
      const padded = [...Array(order - 1).fill(EDGE), ...sequence, EDGE];
      for (let i = order - 1; i < padded.length; i++) {
        for (let length = 1; length < order; length++) {
          const key = padded.slice(i - length, i).join("\u0000");
          const seen = this.after.get(key);
          if (seen) seen.push(padded[i]);
          else this.after.set(key, [padded[i]]);
        }
      }
    }
  }

  /** Backs off to a shorter context while the longer one was seen only once: else the model recites its book. */
  next(history, random) {
    const padded = [...Array(this.order - 1).fill(EDGE), ...history.slice(1 - this.order)];
    for (let length = this.order - 1; length > 0; length--) {
      const seen = this.after.get(padded.slice(padded.length - length).join("\u0000"));
      if (seen && (seen.length > 1 || length === 1)) return seen[Math.floor(random() * seen.length)];
    }
    return EDGE;
  }
}

export class NGram {
  constructor(sequences, order) {
    this.forward = new Successors(sequences, order);
    this.backward = new Successors(sequences.map((s) => s.toReversed()), order);
  }

  /** One draw of a sentence around `seed` (possibly empty): first back to where it begins, then on to its end. */
  draw(seed, random, limit) {
    const mirrored = seed.toReversed();
    if (seed.length > 0) {
      for (let token; (token = this.backward.next(mirrored, random)) !== EDGE; ) {
        mirrored.push(token);
        if (mirrored.length === limit) return { tokens: mirrored.toReversed(), complete: false };
      }
    }
    const tokens = mirrored.toReversed();
    for (let token; (token = this.forward.next(tokens, random)) !== EDGE; ) {
      tokens.push(token);
      if (tokens.length === limit) return { tokens, complete: false };
    }
    return { tokens, complete: true };
  }

  /** A sentence that fits. These authors like long ones, and a model without a plan wanders: too long, draw again. */
  sentence(seed, random, limit) {
    let sentence;
    for (let draws = 0; draws < 50 && !sentence?.complete; draws++) sentence = this.draw(seed, random, limit);
    return sentence;
  }
}
