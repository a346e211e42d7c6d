#!/usr/bin/env python3
"""Holds our average precision against pycocotools on made-up detections and, where they are there, on COCO128's labels."""
import argparse
import contextlib
import io
import os
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "eval"), str(ROOT / "tests" / "clients"), str(ROOT / "tests" / "support")]
from average_precision import evaluate  # noqa: E402
from client_environment import python_with_evaluation  # noqa: E402
from hearth_server import SKIPPED, Skip  # noqa: E402

SIDE = 640


def reference(detections, truths):
    """(map_50, map_50_95) by pycocotools."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    pictures = sorted({item[0] for item in [*detections, *truths]})
    number = {name: i for i, name in enumerate(pictures)}

    def xywh(box):
        return [box[0], box[1], box[2] - box[0], box[3] - box[1]]

    truth = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": i, "width": SIDE, "height": SIDE, "file_name": name} for name, i in number.items()],
        "categories": [{"id": i, "name": str(i)} for i in sorted({item[1] for item in [*detections, *truths]})],
        "annotations": [{"id": i, "image_id": number[picture], "category_id": class_id, "bbox": xywh(box), "iscrowd": 0,
                         "area": (box[2] - box[0]) * (box[3] - box[1])} for i, (picture, class_id, box) in enumerate(truths, 1)]}
    found = [{"image_id": number[picture], "category_id": class_id, "score": score, "bbox": xywh(box)}
             for picture, class_id, score, box in detections]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        run = COCOeval(truth, truth.loadRes(found), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats[1], run.stats[0]


def made_up(seed):
    """Truths and what a mediocre detector would say: shifted, doubled, missing, mistaken, with equal scores among them."""
    rng = random.Random(seed)
    truths, detections = [], []
    for picture in (f"p{i:03}" for i in range(rng.randint(1, 30))):
        for _ in range(rng.randint(0, 8)):
            x, y, w, h = rng.uniform(0, 500), rng.uniform(0, 500), rng.uniform(5, 140), rng.uniform(5, 140)
            class_id = rng.randint(0, 5)
            truths.append((picture, class_id, (x, y, x + w, y + h)))
            for _ in range(rng.choice((0, 1, 1, 1, 2))):
                moved = [v + rng.gauss(0, 0.12) * s for v, s in zip((x, y, x + w, y + h), (w, h, w, h))]
                if moved[2] > moved[0] and moved[3] > moved[1]:
                    detections.append((picture, rng.choice((class_id,) * 9 + (0,)), round(rng.random(), 2), tuple(moved)))
        for _ in range(rng.choice((0, 1, 130))):
            x, y = rng.uniform(0, 500), rng.uniform(0, 500)
            detections.append((picture, rng.randint(0, 6), round(rng.random() * 0.5, 2), (x, y, x + 50, y + 50)))
    return detections, truths


def compare(detections, truths, what):
    """Fails where the two differ by more than rounding."""
    ours, theirs = evaluate(detections, truths), reference(detections, truths)
    for name, value, wanted in (("map_50", ours["map_50"], theirs[0]), ("map_50_95", ours["map_50_95"], theirs[1])):
        assert abs(value - wanted) < 1e-6, f"{what}: {name} is {value:.8f}, pycocotools says {wanted:.8f}"


def coco128(shared):
    """COCO128's true boxes and a jittered copy as detections; None where it is not there."""
    labels = shared / "media" / "coco128" / "labels"
    if not labels.is_dir():
        return None
    rng = random.Random(128)
    truths, detections = [], []
    for path in sorted(labels.glob("*.txt")):
        for line in path.read_text(encoding="ascii").splitlines():
            class_id, cx, cy, w, h = (float(word) for word in line.split())
            box = tuple(SIDE * v for v in (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2))
            truths.append((path.stem, int(class_id), box))
            moved = tuple(v + rng.gauss(0, 0.06) * SIDE * s for v, s in zip(box, (w, h, w, h)))
            detections.append((path.stem, int(class_id), rng.random(), moved))
    return detections, truths


def check(shared):
    compared = 0
    for seed in range(40):
        detections, truths = made_up(seed)
        if truths and detections:
            compare(detections, truths, f"seed {seed}")
            compared += 1
    assert compared >= 30, f"only {compared} sets were compared"
    real = coco128(shared)
    if real:
        compare(*real, "COCO128")
    print(f"{compared} made-up sets{' and COCO128' if real else ''}: as pycocotools says")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the environment with pycocotools is kept")
    parser.add_argument("--inside", action="store_true", help="this is the interpreter that has it")
    options = parser.parse_args()
    if options.inside:
        return check(Path(os.environ.get("HEARTH_SHARED_DIR", ROOT.parent / "shared")))
    try:
        python = python_with_evaluation(options.folder)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    return subprocess.run([python, __file__, "--inside", "--folder", options.folder], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
