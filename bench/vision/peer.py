#!/usr/bin/env python3
"""The peer of bench/vision.py: JPEG bytes to boxes with OpenCV and ONNX Runtime or OpenVINO, N streams.

Prints one JSON object: images per second over all pictures, and milliseconds of each phase of one stream. Files are read
before the clock starts, the model is loaded and warmed up before it, as in the program that it is compared with.
"""
import argparse
import json
import os
import threading
import time

import cv2
import numpy as np

STRIDES = (8, 16, 32)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--kind", choices=("yolox", "yolov8", "nanodet"), required=True)
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--engine", choices=("onnxruntime", "openvino"), required=True)
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("pictures", nargs="+")
    return parser.parse_args()


class OnnxRuntime:
    """One session; each stream has as many threads as its share of the cores."""

    def __init__(self, model, streams):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, len(os.sched_getaffinity(0)) // streams)
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.name = self.session.get_inputs()[0].name

    def stream(self):
        return lambda data: self.session.run(None, {self.name: data})


class OpenVino:
    """One compiled model with its streams; each of ours has a request of its own."""

    def __init__(self, model, streams):
        import openvino
        hint = {"PERFORMANCE_HINT": "LATENCY"} if streams == 1 else {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": str(min(streams, os.cpu_count()))}
        hint["INFERENCE_PRECISION_HINT"] = "f32"
        self.compiled = openvino.Core().compile_model(model, "CPU", hint)

    def stream(self):
        request = self.compiled.create_infer_request()

        def run(data):
            request.infer({0: data})
            return [tensor.data for tensor in request.output_tensors]
        return run


def letterbox(picture, side, centre):
    """Scaled to fit and padded with grey; and the scale and offsets."""
    height, width = picture.shape[:2]
    scale = min(side / height, side / width)
    across, down = round(width * scale), round(height * scale)
    resized = cv2.resize(picture, (across, down), interpolation=cv2.INTER_LINEAR)
    left, top = ((side - across) // 2, (side - down) // 2) if centre else (0, 0)
    return cv2.copyMakeBorder(resized, top, side - down - top, left, side - across - left, cv2.BORDER_CONSTANT, value=(114, 114, 114)), scale, left, top


def prepare(kind, picture, side):
    """The model's input of one picture."""
    if kind == "nanodet":
        return cv2.dnn.blobFromImage(picture, 1.0, (side, side)), (side / picture.shape[1], side / picture.shape[0]), 0, 0
    boxed, scale, left, top = letterbox(picture, side, kind == "yolov8")
    factor = 1 / 255.0 if kind == "yolov8" else 1.0
    return cv2.dnn.blobFromImage(boxed, factor, swapRB=kind == "yolov8"), (scale, scale), left, top


def grid(side):
    """Cell corners and strides of YOLOX."""
    cells, strides = [], []
    for stride in STRIDES:
        n = side // stride
        y, x = np.mgrid[:n, :n]
        cells.append(np.stack([x, y], -1).reshape(-1, 2))
        strides.append(np.full((n * n, 1), stride))
    return np.concatenate(cells), np.concatenate(strides)


def boxes_of(kind, outputs, side, cells, threshold):
    """Centres, sizes and scores above the threshold."""
    if kind == "yolov8":
        rows = outputs[0][0].T
        scores = rows[:, 4:]
        xywh = rows[:, :4]
    elif kind == "yolox":
        rows = outputs[0][0]
        scores = rows[:, 4:5] * rows[:, 5:]
        xywh = np.concatenate([(rows[:, :2] + cells[0]) * cells[1], np.exp(rows[:, 2:4]) * cells[1]], 1)
    else:
        return nanodet_boxes(outputs, side, threshold)
    best = scores.argmax(1)
    top = scores[np.arange(len(best)), best]
    keep = top > threshold
    xywh = xywh[keep]
    return np.concatenate([xywh[:, :2] - xywh[:, 2:] / 2, xywh[:, 2:]], 1), top[keep], best[keep]


def nanodet_boxes(outputs, side, threshold):
    """Integral of the distance distribution (reg_max 7)."""
    classes = sorted((o for o in outputs if o.shape[-1] == 80), key=lambda o: -o.shape[1])
    distances = sorted((o for o in outputs if o.shape[-1] == 32), key=lambda o: -o.shape[1])
    all_boxes, all_scores, all_best = [], [], []
    for scores, distance, stride in zip(classes, distances, STRIDES):
        best = scores[0].argmax(1)
        top = scores[0][np.arange(len(best)), best]
        at = np.nonzero(top > threshold)[0]
        spread = np.exp(distance[0][at].reshape(-1, 4, 8))
        d = (spread / spread.sum(-1, keepdims=True) * np.arange(8)).sum(-1) * stride
        n = side // stride
        centre = np.stack([(at % n + 0.5) * stride, (at // n + 0.5) * stride], 1)
        low, high = centre - d[:, :2], centre + d[:, 2:]
        all_boxes.append(np.concatenate([low, high - low], 1))
        all_scores.append(top[at])
        all_best.append(best[at])
    return np.concatenate(all_boxes), np.concatenate(all_scores), np.concatenate(all_best)


def detect(kind, run, data, side, cells, phases, threshold=0.25):
    """One picture's boxes; adds what each phase took."""
    start = time.perf_counter()
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    decoded = time.perf_counter()
    blob, scale, left, top = prepare(kind, picture, side)
    prepared = time.perf_counter()
    outputs = run(blob)
    computed = time.perf_counter()
    boxes, scores, best = boxes_of(kind, outputs, side, cells, threshold)
    kept = cv2.dnn.NMSBoxesBatched(boxes.tolist(), scores.tolist(), best.tolist(), threshold, 0.45) if len(boxes) else []
    found = (boxes[kept] - [left, top, 0, 0]) / [scale[0], scale[1], scale[0], scale[1]] if len(kept) else boxes[:0]
    ended = time.perf_counter()
    for name, took in zip(("decode_ms", "pre_ms", "infer_ms", "post_ms"), (decoded - start, prepared - decoded, computed - prepared, ended - computed)):
        phases[name].append(took * 1000)
    return found


def main():
    """Loads, warms up, measures."""
    args = arguments()
    cv2.setNumThreads(1 if args.streams > 1 else 0)
    data = [np.fromfile(path, dtype=np.uint8) for path in args.pictures] * args.repeat
    engine = (OnnxRuntime if args.engine == "onnxruntime" else OpenVino)(args.model, args.streams)
    cells = grid(args.side)
    phases = [{name: [] for name in ("decode_ms", "pre_ms", "infer_ms", "post_ms")} for _ in range(args.streams)]
    runs = [engine.stream() for _ in range(args.streams)]
    for run in runs:
        for picture in data[:5]:
            detect(args.kind, run, picture, args.side, cells, {name: [] for name in phases[0]})
    lock, at = threading.Lock(), [0]

    def work(index):
        while True:
            with lock:
                mine, at[0] = at[0], at[0] + 1
            if mine >= len(data):
                return
            detect(args.kind, runs[index], data[mine], args.side, cells, phases[index])

    start = time.perf_counter()
    threads = [threading.Thread(target=work, args=(i,)) for i in range(args.streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - start
    medians = {name: float(np.median(np.concatenate([np.array(p[name]) for p in phases]))) for name in phases[0]}
    print(json.dumps({"images_per_s": len(data) / wall, "n": len(data), **medians}))


if __name__ == "__main__":
    main()
