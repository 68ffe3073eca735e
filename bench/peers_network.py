"""The style network of pytorch/examples (TransformerNet) for the peers: weights, ONNX, PyTorch.

One table says the network; the ONNX file and the PyTorch module are both made from it. Only numpy is
needed to read the weights, only the onnx package to write the ONNX file.
"""
import json
import re
import struct

import numpy as np

# name, kernel, stride, nearest x2 before it, norm after it ("" for none). Channels are those of the
# weights. Every convolution reflects kernel // 2 pixels; a relu follows each of these norms.
BEFORE = [("conv1", 9, 1, False, "in1"), ("conv2", 3, 2, False, "in2"), ("conv3", 3, 2, False, "in3")]
BLOCKS = ["res1", "res2", "res3", "res4", "res5"]
AFTER = [("deconv1", 3, 1, True, "in4"), ("deconv2", 3, 1, True, "in5"), ("deconv3", 9, 1, False, "")]


def read_safetensors(path):
    """{name: float32 array} of a safetensors file with float32 or float16 tensors."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    kinds = {"F32": np.float32, "F16": np.float16}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[begin:end], kinds[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).astype(np.float32)
    return tensors


def read_weights(path):
    """A state dict as {name: float32 array}, whatever it is stored in, without what is not used."""
    path = str(path)
    if path.endswith(".safetensors"):
        tensors = read_safetensors(path)
    else:
        import torch

        state = torch.load(path, map_location="cpu", weights_only=True)
        tensors = {name: value.float().numpy() for name, value in state.items()}
    tensors = {re.sub(r"^module\.", "", name): value for name, value in tensors.items()}
    return {n: v for n, v in tensors.items() if not re.search(r"running_(mean|var)$|batches", n)}


def write_onnx(weights, height, width, path):
    """The network for pictures [1, 3, height, width] (RGB 0..255) as an ONNX file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], {}

    def constant(name, value):
        constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def conv(x, name, kernel, stride, double):
        if double:
            scales = constant("scales", np.array([1, 1, 2, 2], np.float32))
            x = node("Resize", [x, "", scales], name + ".double", mode="nearest",
                     coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        edge = kernel // 2
        pads = constant(f"pads{edge}", np.array([0, 0, edge, edge] * 2, np.int64))
        x = node("Pad", [x, pads], name + ".pad", mode="reflect")
        w = constant(name + ".w", weights[name + ".conv2d.weight"])
        b = constant(name + ".b", weights[name + ".conv2d.bias"])
        return node("Conv", [x, w, b], name, kernel_shape=[kernel] * 2, strides=[stride] * 2)

    def norm(x, name, relu=True):
        scale = constant(name + ".scale", weights[name + ".weight"])
        shift = constant(name + ".shift", weights[name + ".bias"])
        x = node("InstanceNormalization", [x, scale, shift], name, epsilon=1e-5)
        return node("Relu", [x], name + ".relu") if relu else x

    x = "input"
    for name, kernel, stride, double, after in BEFORE:
        x = norm(conv(x, name, kernel, stride, double), after)
    for block in BLOCKS:
        y = norm(conv(x, block + ".conv1", 3, 1, False), block + ".in1")
        y = norm(conv(y, block + ".conv2", 3, 1, False), block + ".in2", relu=False)
        x = node("Add", [x, y], block)
    for name, kernel, stride, double, after in AFTER:
        x = conv(x, name, kernel, stride, double)
        x = norm(x, after) if after else x
    nodes[-1].output[0] = "output"

    def picture(name, rows, columns):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, rows, columns])

    graph = helper.make_graph(nodes, "style", [picture("input", height, width)],
                              [picture("output", -(-height // 4) * 4, -(-width // 4) * 4)],
                              list(constants.values()))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def torch_network(weights):
    """The same as a PyTorch module, with the weights in it, for pictures [n, 3, h, w]."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Conv(nn.Module):
        def __init__(self, name, kernel, stride, double):
            super().__init__()
            out, into = weights[name + ".conv2d.weight"].shape[:2]
            self.edge, self.double = kernel // 2, double
            self.conv2d = nn.Conv2d(into, out, kernel, stride)

        def forward(self, x):
            if self.double:
                x = functional.interpolate(x, scale_factor=2, mode="nearest")
            return self.conv2d(functional.pad(x, [self.edge] * 4, mode="reflect"))

    def norm(name):
        return nn.InstanceNorm2d(len(weights[name + ".weight"]), affine=True)

    class Block(nn.Module):
        def __init__(self, name):
            super().__init__()
            self.conv1, self.in1 = Conv(name + ".conv1", 3, 1, False), norm(name + ".in1")
            self.conv2, self.in2 = Conv(name + ".conv2", 3, 1, False), norm(name + ".in2")

        def forward(self, x):
            return x + self.in2(self.conv2(torch.relu(self.in1(self.conv1(x)))))

    class Style(nn.Module):
        def __init__(self):
            super().__init__()
            for name, kernel, stride, double, after in BEFORE + AFTER:
                setattr(self, name, Conv(name, kernel, stride, double))
                if after:
                    setattr(self, after, norm(after))
            for block in BLOCKS:
                setattr(self, block, Block(block))

        def forward(self, x):
            for name, _, _, _, after in BEFORE:
                x = torch.relu(getattr(self, after)(getattr(self, name)(x)))
            for block in BLOCKS:
                x = getattr(self, block)(x)
            for name, _, _, _, after in AFTER:
                x = getattr(self, name)(x)
                x = torch.relu(getattr(self, after)(x)) if after else x
            return x

    network = Style()
    network.load_state_dict({name: torch.from_numpy(v.copy()) for name, v in weights.items()})
    return network.eval()
