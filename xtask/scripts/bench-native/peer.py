"""llama.cpp beside our native generation: peer.py WEIGHTS.gguf THREADS TOKENS RUNS

Every run is a line: what, tokens a second after the first, milliseconds to the first.
"""

import sys
import time

import llama_cpp

# SmolLM2's chat template around the prompt of our own program, system message included: 40 tokens.
TEMPLATED = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    "<|im_start|>user\nWrite a short story about a lonely lighthouse keeper.<|im_end|>\n<|im_start|>assistant\n"
)

weights, threads, tokens, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
model = llama_cpp.Llama(weights, n_ctx=1024, n_threads=threads, n_threads_batch=threads, n_gpu_layers=0, verbose=False)
prompt = model.tokenize(TEMPLATED.encode(), add_bos=False, special=True)
assert len(prompt) == 40, len(prompt)
for _ in range(runs):
    model.reset()
    start, times = time.perf_counter(), []
    for _ in model.generate(prompt, temp=0.0, top_k=1):
        times.append(time.perf_counter() - start)
        if len(times) == tokens:
            break
    rate = (len(times) - 1) / (times[-1] - times[0])
    print(f"llama.cpp-{threads} {rate:.3f} {times[0] * 1000:.1f}", flush=True)
