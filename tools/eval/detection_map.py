#!/usr/bin/env python3
"""Mean average precision of a detector over a folder of pictures with YOLO labels.

    detection_map.py --images DIR --labels DIR --program build/release/bin/hearth -m MODEL [-- options of hearth run detect]
    detection_map.py --images DIR --labels DIR --detections FILE.jsonl

Labels are text files named as the pictures: "class cx cy width height" in 0..1. Detections are the lines of
`hearth run detect --json`. Prints one JSON object.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

from average_precision import evaluate

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def read_truths(labels, name, width, height):
    """(class, box in pixels) of one picture; none where it has no label file."""
    path = labels / f"{name}.txt"
    truths = []
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1) if path.exists() else ():
        words = line.split()
        if len(words) != 5:
            sys.exit(f"{path}:{number}: five numbers are expected, '{line}' was found")
        cx, cy, w, h = (float(word) for word in words[1:])
        truths.append((int(words[0]), ((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height)))
    return truths


def detect(options, pictures):
    """The lines of the program, which takes all pictures at once: the model is loaded once."""
    command = [options.program, "run", "detect", "-m", options.model, *map(str, pictures),
               "--score", str(options.score), "--iou", str(options.iou), "--json", *options.rest]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:5])} ... ended with {done.returncode}: {(done.stdout[-500:] + done.stderr[-500:]).strip()}")
    return done.stdout


def measure(lines, labels):
    """The evaluation of detection lines, with what was counted."""
    detections, truths, n = [], [], 0
    for line in lines.splitlines():
        row = json.loads(line)
        if "error" in row:
            sys.exit(f"{row.get('path')}: {row['error']}")
        if "objects" not in row:
            continue
        n += 1
        picture = Path(row["path"]).stem
        truths += [(picture, class_id, box) for class_id, box in read_truths(labels, picture, row["width"], row["height"])]
        detections += [(picture, item["class_id"], item["score"], item["box"]) for item in row["objects"]]
    result = evaluate(detections, truths)
    if result is None:
        sys.exit(f"no true boxes were found below {labels}; do its files belong to the pictures?")
    return {"pictures": n, "truths": len(truths), "detections": len(detections), "classes": len(result["classes"]),
            "map_50": result["map_50"], "map_50_95": result["map_50_95"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, help="folder of pictures")
    parser.add_argument("--labels", type=Path, required=True, help="folder of YOLO labels")
    parser.add_argument("--detections", type=Path, help="lines of hearth run detect --json, instead of running it")
    parser.add_argument("--program", default="build/release/bin/hearth")
    parser.add_argument("-m", "--model")
    parser.add_argument("--score", type=float, default=0.001, help="least score; 0.001 is usual for evaluation")
    parser.add_argument("--iou", type=float, default=0.7, help="suppression; 0.7 is usual for evaluation")
    parser.add_argument("rest", nargs="*", help="further options of hearth run detect, behind --")
    options = parser.parse_args()
    if options.detections:
        lines = options.detections.read_text(encoding="utf-8")
    elif options.model and options.images:
        pictures = sorted(path for path in options.images.iterdir() if path.suffix.lower() in PICTURES)
        if not pictures:
            sys.exit(f"no pictures in {options.images}")
        lines = detect(options, pictures)
    else:
        parser.error("give --detections, or --images and -m")
    print(json.dumps(measure(lines, options.labels)))


if __name__ == "__main__":
    main()
