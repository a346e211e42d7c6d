#!/usr/bin/env python3
"""The peer of bench/vocoder.py: a TFLite vocoder on its reference runtime. A line on standard input is one run."""
import json
import sys
import time
from importlib.metadata import version

import numpy as np
from ai_edge_litert.interpreter import Interpreter

SAMPLE_RATE_HZ = 22_050


def main():
    """Loads, warms up, answers."""
    model, features, threads = sys.argv[1], np.load(sys.argv[2]), int(sys.argv[3])
    interpreter = Interpreter(model_path=model, num_threads=threads)
    port = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(port, features.shape)
    interpreter.allocate_tensors()

    def run():
        interpreter.set_tensor(port, features)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    for _ in range(2):
        run()
    print(json.dumps({"runtime": "ai-edge-litert " + version("ai-edge-litert")}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        sound = run()
        print(json.dumps({"processing_s": time.perf_counter() - start, "audio_s": sound.size / SAMPLE_RATE_HZ}), flush=True)


if __name__ == "__main__":
    main()
