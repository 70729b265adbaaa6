"""What transformers makes of all-MiniLM-L6-v2: the fixture that crates/models/tests/it/minilm.rs compares with.

pip install torch transformers
python sentence.py FOLDER > ../../../crates/models/tests/fixtures/minilm.json     (--self-check: what the manifest pins)

FOLDER has model.safetensors, config.json and tokenizer.json, as `cargo xtask models fetch minilm` leaves them. The model is
transformers' BertModel in single precision on the processor; mean pooling over the attention mask and scaling to length one are
written out here, as sentence-transformers' modules.json of this model says. Tokens are cut at 256.
"""

import json
import sys

import torch
import transformers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

MOST_TOKENS = 256
TEXTS = [
    "Why is the sky blue? Answer in two sentences.",
    "Sunlight is scattered by the air, and blue light is scattered more than red.",
    "The lighthouse keeper counted ships until there were none.",
    "",
    "ok",
    "Ünïcödé, CAPITALS and 東京タワー 🗼 — with `code()` and 3.14159!",
    "# Heading\n\n- first item\n- **second** item\n\n```rust\nfn main() {}\n```",
    "An antidisestablishmentarianist's supercalifragilisticexpialidocious word.",
    # Longer than what is read.
    " ".join(f"Sentence number {number} says that rivers run to the sea." for number in range(60)),
]

folder = sys.argv[1]
tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json")
tokenizer.backend_tokenizer.no_padding()
tokenizer.backend_tokenizer.enable_truncation(MOST_TOKENS)
model = BertModel.from_pretrained(folder, config=BertConfig.from_json_file(f"{folder}/config.json")).eval()


@torch.no_grad()
def embed(ids):
    mask = torch.ones_like(ids)
    states = model(input_ids=ids, attention_mask=mask).last_hidden_state
    weights = mask.unsqueeze(-1).to(states.dtype)
    pooled = (states * weights).sum(1) / weights.sum(1)
    return torch.nn.functional.normalize(pooled, dim=1)[0].tolist()


cases = []
for text in TEXTS:
    ids = tokenizer.backend_tokenizer.encode(text).ids
    cases.append({"text": text, "tokens": ids, "vector": [round(x, 7) for x in embed(torch.tensor([ids]))]})

if "--self-check" in sys.argv:
    case = cases[0]
    largest = sorted(range(len(case["vector"])), key=lambda place: -abs(case["vector"][place]))[:12]
    print(json.dumps({"prompt_tokens": case["tokens"], "logits": [[place, case["vector"][place]] for place in largest]}))
else:
    source = f"transformers {transformers.__version__}, torch {torch.__version__}, all-MiniLM-L6-v2, single precision"
    lines = ",\n  ".join(json.dumps(case, ensure_ascii=False) for case in cases)
    print(f'{{\n "source": {json.dumps(source)},\n "cases": [\n  {lines}\n ]\n}}')
