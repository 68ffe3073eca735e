#!/usr/bin/env python3
"""Cuts a VGG-19 in safetensors after conv5_1, for models/vgg19.safetensors.

    tools/make-loss-network.py ../shared/weights/vgg19.safetensors models/vgg19.safetensors
"""
import json
import struct
import sys

LAST = 28  # features.28 is conv5_1

with open(sys.argv[1], "rb") as source:
    size = struct.unpack("<Q", source.read(8))[0]
    header = json.loads(source.read(size))
    data = source.read()

metadata = header.pop("__metadata__", {})
kept = {n: t for n, t in header.items() if n.startswith("features.") and int(n.split(".")[1]) <= LAST}
bits = {"F32": 4, "F16": 2}
order = sorted(kept, key=lambda n: (-bits[kept[n]["dtype"]], n))

out, blob = {}, b""
out["__metadata__"] = {
    "preprocess": "caffe",
    "limn.licence": "CC BY 4.0, Visual Geometry Group, University of Oxford",
    "limn.source": metadata.get("source", "VGG-19, Simonyan and Zisserman, arXiv 1409.1556"),
}
for name in order:
    begin, end = kept[name]["data_offsets"]
    out[name] = dict(kept[name], data_offsets=[len(blob), len(blob) + end - begin])
    blob += data[begin:end]
text = json.dumps(out).encode()
text += b" " * (-(len(text) + 8) % 64)
with open(sys.argv[2], "wb") as result:
    result.write(struct.pack("<Q", len(text)) + text + blob)
