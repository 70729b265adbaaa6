"""The same weights in single precision: python widen.py IN.gguf OUT.gguf   (pip install gguf==0.19.0)

llama.cpp rounds activations to eight bits when weights are quantised, and its logits then differ by some 0.1 to 0.4 from
those of the weights themselves. Widened weights are multiplied in single precision, so that what it computes from
them is a reference for the weights, not for its rounding.
"""

import sys

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFReader, GGUFValueType, GGUFWriter
from gguf.quants import dequantize

source, target = sys.argv[1:]
reader = GGUFReader(source)
writer = GGUFWriter(target, reader.fields["general.architecture"].contents())
for name, field in reader.fields.items():
    if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
        continue
    inner = field.types[1] if field.types[0] == GGUFValueType.ARRAY and len(field.types) > 1 else None
    writer.add_key_value(name, field.contents(), field.types[0], sub_type=inner)
for tensor in reader.tensors:
    values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    writer.add_tensor(tensor.name, values, raw_dtype=Type.F32)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
