#!/usr/bin/env python3
"""mAP@0.5 of detectors on COCO128 through `hearth run detect`, held to within 0.01 of what reference runtimes give.

Both sides count boxes with a score of 0.05 and more, suppressed by class at an IoU of 0.45. The references are ONNX Runtime
for ONNX and LiteRT with XNNPACK for TFLite, behind OpenCV's letterbox.
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
REFERENCES = {"yolov8n-int8-dynamic.onnx": 0.564, "yolov8n-int8-dynamic.tflite": 0.543, "yolov8n-int8-full.tflite": 0.523,
              "yolox-nano.onnx": 0.480}
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
    worst = 0
    for name, wanted in REFERENCES.items():
        asked = SimpleNamespace(program=str(options.program), model=str(options.shared / "models/detect" / name), score=SCORE,
                                iou=IOU, rest=[])
        found = measure(detect(asked, pictures), folder / "labels")["map_50"]
        worst = max(worst, abs(found - wanted))
        print(f"{name}: {found:.3f}, reference {wanted:.3f}")
    return 0 if worst <= WITHIN else 1


if __name__ == "__main__":
    sys.exit(main())
