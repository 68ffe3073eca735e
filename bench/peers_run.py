"""One peer in one process: times the network, or turns one picture into another.

    peers_run.py time PEER NETWORK SIZE RUNS THREADS       prints {"median_ms": .., "min_ms": ..}
    peers_run.py picture PEER NETWORK INPUT OUTPUT THREADS

NETWORK is an ONNX file for onnxruntime and openvino, the weights for torch. Imports stand where they
are needed, so that a process pays for its own peer only.
"""
import json
import statistics
import sys
import time

import numpy as np


def onnxruntime(network, threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"input": x})[0]


def openvino(network, threads, precision="f32"):
    import openvino as ov

    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    if precision:
        settings["INFERENCE_PRECISION_HINT"] = precision
    compiled = ov.Core().compile_model(network, "CPU", settings)
    request = compiled.create_infer_request()
    return lambda x: next(iter(request.infer({"input": x}).values()))


def openvino_own(network, threads):
    """In the precision that OpenVINO takes by itself: bfloat16 where the processor has it."""
    return openvino(network, threads, precision=None)


def torch_eager(network, threads, compiled=False):
    import torch
    from peers_network import read_weights, torch_network

    torch.set_num_threads(threads)
    module = torch_network(read_weights(network))
    module = torch.compile(module) if compiled else module

    def run(x):
        with torch.inference_mode():
            return module(torch.from_numpy(x)).numpy()

    return run


def torch_compiled(network, threads):
    return torch_eager(network, threads, compiled=True)


PEERS = {
    "onnxruntime": onnxruntime,
    "openvino": openvino,
    "openvino-own": openvino_own,
    "torch": torch_eager,
    "torch-compile": torch_compiled,
}


def time_network(peer, network, size, runs, threads):
    run = PEERS[peer](network, int(threads))
    size = int(size)
    x = np.random.default_rng(1).uniform(0, 255, (1, 3, size, size)).astype(np.float32)
    for _ in range(2):
        run(x)
    times = []
    for _ in range(int(runs)):
        begin = time.perf_counter()
        run(x)
        times.append(1e3 * (time.perf_counter() - begin))
    print(json.dumps({"median_ms": statistics.median(times), "min_ms": min(times)}))


def picture(peer, network, source, target, threads):
    from PIL import Image

    run = PEERS[peer](network, int(threads))
    pixels = np.asarray(Image.open(source).convert("RGB"), np.float32)
    height, width, _ = pixels.shape
    y = run(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))[0, :, :height, :width]
    y = np.clip(np.rint(y), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    Image.fromarray(y).save(target, quality=92, subsampling=0)


if __name__ == "__main__":
    {"time": time_network, "picture": picture}[sys.argv[1]](*sys.argv[2:])
