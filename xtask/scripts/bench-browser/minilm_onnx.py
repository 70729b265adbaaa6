"""all-MiniLM-L6-v2 as transformers.js wants it: minilm_onnx.py MODEL_FOLDER OUT_FOLDER

The graph is BERT's, written out operation by operation as an exporter would: the same single-precision weights, no
quantisation, nothing fused beyond ONNX's own LayerNormalization and Gelu.
"""

import json
import pathlib
import shutil
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

source, out = map(pathlib.Path, sys.argv[1:])
config = json.loads((source / "config.json").read_text())
weights = load_file(source / "model.safetensors")
width, heads = config["hidden_size"], config["num_attention_heads"]
nodes, constants = [], {}


def constant(name, value):
    constants[name] = numpy_helper.from_array(value.copy(order="C"), name)
    return name


def node(kind, inputs, **attributes):
    name = f"{kind}_{len(nodes)}"
    nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
    return name


def dense(value, name):
    product = node("MatMul", [value, constant(f"{name}.weight", weights[f"{name}.weight"].T)])
    return node("Add", [product, constant(f"{name}.bias", weights[f"{name}.bias"])])


def norm(value, name):
    parts = [constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ["weight", "bias"]]
    return node("LayerNormalization", [value, *parts], axis=-1, epsilon=config["layer_norm_eps"])


def embeddings(kind, index):
    return node("Gather", [constant(kind, weights[f"embeddings.{kind}.weight"]), index], axis=0)


def split(value, order):
    shaped = node("Reshape", [value, constant("heads", np.array([0, 0, heads, width // heads], dtype=np.int64))])
    return node("Transpose", [shaped], perm=order)


length = node("Gather", [node("Shape", ["input_ids"]), constant("one", np.array(1, dtype=np.int64))], axis=0)
zero, step = constant("zero", np.array(0, dtype=np.int64)), "one"
places = node("Range", [zero, length, step])
hidden = node("Add", [embeddings("word_embeddings", "input_ids"), embeddings("token_type_embeddings", "token_type_ids")])
hidden = norm(node("Add", [hidden, embeddings("position_embeddings", places)]), "embeddings.LayerNorm")

# What is padding gets so little attention that it counts for nothing.
mask = node("Cast", ["attention_mask"], to=TensorProto.FLOAT)
mask = node("Sub", [constant("all", np.array(1, dtype=np.float32)), mask])
mask = node("Mul", [mask, constant("far", np.array(-1e9, dtype=np.float32))])
mask = node("Unsqueeze", [mask, constant("places", np.array([1, 2], dtype=np.int64))])
scale = constant("scale", np.array((width // heads) ** -0.5, dtype=np.float32))

for layer in range(config["num_hidden_layers"]):
    prefix = f"encoder.layer.{layer}"
    of = lambda part, order: split(dense(hidden, f"{prefix}.attention.self.{part}"), order)
    query, key, value = of("query", [0, 2, 1, 3]), of("key", [0, 2, 3, 1]), of("value", [0, 2, 1, 3])
    scores = node("Add", [node("Mul", [node("MatMul", [query, key]), scale]), mask])
    mixed = node("Transpose", [node("MatMul", [node("Softmax", [scores], axis=-1), value])], perm=[0, 2, 1, 3])
    mixed = node("Reshape", [mixed, constant("joined", np.array([0, 0, width], dtype=np.int64))])
    added = node("Add", [dense(mixed, f"{prefix}.attention.output.dense"), hidden])
    hidden = norm(added, f"{prefix}.attention.output.LayerNorm")
    up = node("Gelu", [dense(hidden, f"{prefix}.intermediate.dense")], approximate="none")
    hidden = norm(node("Add", [dense(up, f"{prefix}.output.dense"), hidden]), f"{prefix}.output.LayerNorm")

nodes.append(helper.make_node("Identity", [hidden], ["last_hidden_state"]))
names = ["input_ids", "attention_mask", "token_type_ids"]
inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in names]
outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["texts", "tokens", width])]
graph = helper.make_graph(nodes, "bert", inputs, outputs, list(constants.values()))
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
onnx.checker.check_model(model)

(out / "onnx").mkdir(parents=True, exist_ok=True)
onnx.save(model, out / "onnx/model.onnx")
for name in ["config.json", "tokenizer.json"]:
    shutil.copy(source / name, out / name)
tokens = {f"{name}_token": f"[{name.upper()}]" for name in ["cls", "mask", "pad", "sep", "unk"]}
tokenizer = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 256, **tokens}
(out / "tokenizer_config.json").write_text(json.dumps(tokenizer))
