"""Lets SmolLM2-135M-Instruct answer many short prompts, many at a time, and appends the answers to a file of JSON lines.

usage: node list.mjs --seed 1 | python generate.py --weights F16.gguf --out raw-1.jsonl --seed 1 [--threads 1]

Stop it whenever there is enough: what is written stays, and a second run goes on behind the first.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import openvino_genai as genai

MAX_TOKENS = 96
# Asks for the language that a very small model can learn. It is not part of the corpus.
SYSTEM = "You answer in two to four short and simple sentences, with easy words that a young child knows."

parser = argparse.ArgumentParser()
parser.add_argument("--weights", required=True)
parser.add_argument("--out", required=True, type=Path)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--sequences", type=int, default=192)
arguments = parser.parse_args()

scheduler = genai.SchedulerConfig()
scheduler.cache_size = 2
scheduler.max_num_seqs = arguments.sequences
scheduler.max_num_batched_tokens = 2048
pipeline = genai.ContinuousBatchingPipeline(
    arguments.weights, scheduler, "CPU",
    {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": arguments.threads},
)
tokenizer = pipeline.get_tokenizer()

prompts = enumerate(line.rstrip("\n") for line in sys.stdin)
# Answers finish in any order, so what a stopped run had begun is asked again under later numbers.
done = len(arguments.out.read_text().splitlines()) if arguments.out.exists() else 0
for _ in range(done):
    next(prompts, None)


def request(number, prompt):
    config = genai.GenerationConfig()
    config.max_new_tokens = MAX_TOKENS
    config.do_sample = True
    # Below SmolLM2's usual 0.7 … 1.0: calmer text has fewer rare words, and is learned from fewer of them.
    config.temperature, config.top_k, config.top_p = 0.6, 40, 0.95
    config.repetition_penalty = 1.1
    config.rng_seed = arguments.seed * 1_000_003 + number
    text = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in (("system", SYSTEM), ("user", prompt)))
    return pipeline.add_request(number, f"{text}<|im_start|>assistant\n", config)


begun, tokens, answers, waiting, more = time.monotonic(), 0, 0, {}, True
with arguments.out.open("a") as out:
    while waiting or more:
        while more and len(waiting) < arguments.sequences:
            following = next(prompts, None)
            more = following is not None
            if more:
                waiting[following[0]] = (following[1], request(*following))
        pipeline.step()
        for number, (prompt, handle) in list(waiting.items()):
            if handle.get_status() == genai.GenerationStatus.RUNNING:
                continue
            del waiting[number]
            output = handle.read_all()[0]
            ids = output.generated_ids
            stopped = output.finish_reason == genai.GenerationFinishReason.STOP
            answer = {"prompt": prompt, "answer": tokenizer.decode(ids), "finish": "stop" if stopped else "length"}
            out.write(json.dumps(answer, ensure_ascii=False) + "\n")
            tokens, answers = tokens + len(ids), answers + 1
            if answers % 100 == 0:
                out.flush()
                print(f"{answers} answers, {tokens} tokens, {tokens / (time.monotonic() - begun):.0f} tokens/s", file=sys.stderr)
