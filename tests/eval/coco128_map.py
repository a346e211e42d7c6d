#!/usr/bin/env python3
"""mAP@0.5 of detectors on COCO128 through `hearth run detect`, by one protocol for all.

The picture lies in the upper left corner of its padding; boxes with a score of 0.05 and more count, suppressed by class at an IoU
of 0.45. By it the runtimes that the files were made for give the figures that came with the files to 0.01. Ours are at most 0.01
below those figures, and at most 0.015 above them: OpenVINO finds more in the full int8 file than LiteRT does.
"""
import argparse
import os
import sys
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "eval"))
from detection_map import PICTURES, detect, measure  # noqa: E402

SCORE, IOU, PADDING = 0.05, 0.45, "letterbox_top_left"
BELOW, ABOVE = 0.01, 0.015
# What came with the file, and what the reference gives by this protocol. Source of these: measured behind OpenCV's letterbox
# with ONNX Runtime 1.32 (.onnx) and LiteRT 2.3 with XNNPACK (.tflite).
FIGURES = {
    "yolov8n-int8-dynamic.onnx": (0.560, 0.564),
    "yolov8n-int8-dynamic.tflite": (0.564, 0.561),
    "yolov8n-int8-full.tflite": (0.530, 0.529),
    "yolox-nano.onnx": (0.473, 0.480),
}
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
    fine = True
    for name, (told, reference) in FIGURES.items():
        asked = SimpleNamespace(program=str(options.program), model=str(options.shared / "models/detect" / name), score=SCORE, iou=IOU,
                                rest=["--resize", PADDING])
        found = measure(detect(asked, pictures), folder / "labels")["map_50"]
        fine = fine and all(figure - BELOW <= found <= figure + ABOVE for figure in (told, reference))
        print(f"{name}: {found:.4f}, told {told:.3f}, reference {reference:.3f}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
