#!/usr/bin/env python3
"""mAP@0.5 of detectors on COCO128 through `hearth run detect`: at most 0.01 below the figures that came with the files.

Boxes with a score of 0.05 and more count, suppressed by class at an IoU of 0.45; how the figures were made is not told.
"""
import argparse
import os
import sys
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "eval"))
from detection_map import PICTURES, detect, measure  # noqa: E402

SCORE, IOU = 0.05, 0.45
WITHIN = 0.01
TOLD = {"yolov8n-int8-dynamic.onnx": 0.560, "yolov8n-int8-dynamic.tflite": 0.564, "yolov8n-int8-full.tflite": 0.530,
        "yolox-nano.onnx": 0.473}
SKIPPED = 77


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("HEARTH_SHARED_DIR", ROOT.parent / "shared")))
    options = parser.parse_args()
    folder = options.shared / "media/coco128"
    if not folder.is_dir():
        print(f"skipped: {folder} is not here")
        return SKIPPED
    pictures = sorted(path for path in (folder / "images").iterdir() if path.suffix in PICTURES)
    worst = -1.0
    for name, wanted in TOLD.items():
        asked = SimpleNamespace(program=str(options.program), model=str(options.shared / "models/detect" / name), score=SCORE,
                                iou=IOU, rest=[])
        found = measure(detect(asked, pictures), folder / "labels")["map_50"]
        worst = max(worst, wanted - found)
        print(f"{name}: {found:.3f}, told {wanted:.3f}")
    return 0 if worst <= WITHIN else 1


if __name__ == "__main__":
    sys.exit(main())
