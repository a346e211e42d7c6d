"""Average precision of detections as COCO counts it: by class, 101 recall points, IoU 0.50 to 0.95, 100 detections a class and picture.

Source: COCO detection evaluation (cocodataset.org, "Metrics"), area "all", no crowd regions. Checked against pycocotools by
tests/eval. Plain Python: a set of hundreds of pictures takes seconds.
"""
from bisect import bisect_left

IOU_THRESHOLDS = tuple(0.5 + 0.05 * i for i in range(10))
RECALL_POINTS = tuple(i * 0.01 for i in range(101))  # as numpy.linspace makes them: recalls fall on them exactly
DETECTIONS_MAX = 100


def iou(a, b):
    """Intersection over union of two boxes (x0, y0, x1, y1); 0 where either is empty."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def match(detections, truths, threshold):
    """Whether each detection (best first) finds a true box that none before it took."""
    taken = [False] * len(truths)
    hits = []
    overlaps = [[iou(box, truth) for truth in truths] for _, box in detections]
    for row in overlaps:
        best, best_iou = -1, min(threshold, 1 - 1e-10)
        for i, overlap in enumerate(row):
            if not taken[i] and overlap >= best_iou:
                best, best_iou = i, overlap
        if best >= 0:
            taken[best] = True
        hits.append(best >= 0)
    return hits


def interpolated(scored_hits, n_truths):
    """The mean of the precision envelope at 101 recalls. `scored_hits` are (score, hit) in any order."""
    ordered = sorted(scored_hits, key=lambda item: -item[0])
    precision, recall = [], []
    n_hits = 0
    for n, (_, hit) in enumerate(ordered, 1):
        n_hits += hit
        precision.append(n_hits / n)
        recall.append(n_hits / n_truths)
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    total = 0.0
    for point in RECALL_POINTS:
        at = bisect_left(recall, point)
        total += precision[at] if at < len(precision) else 0.0
    return total / len(RECALL_POINTS)


def by_class(items):
    """{class: {picture: [item]}} of (picture, class, item)."""
    found = {}
    for picture, class_id, item in items:
        found.setdefault(class_id, {}).setdefault(picture, []).append(item)
    return found


def evaluate(detections, truths):
    """{"map_50", "map_50_95", "classes": {class: [AP by threshold]}} of

    detections: (picture, class, score, box) and truths: (picture, class, box), boxes (x0, y0, x1, y1) in pixels. Classes
    without a true box don't count. None where there are no true boxes at all.
    """
    truth_of = by_class((picture, class_id, box) for picture, class_id, box in truths)
    found_of = by_class((picture, class_id, (score, box)) for picture, class_id, score, box in detections)
    classes = {}
    for class_id, pictures in sorted(truth_of.items()):
        n_truths = sum(map(len, pictures.values()))
        found = found_of.get(class_id, {})
        best = {picture: sorted(items, key=lambda item: -item[0])[:DETECTIONS_MAX] for picture, items in found.items()}
        values = []
        for threshold in IOU_THRESHOLDS:
            scored = []
            for picture in sorted(best):
                hits = match(best[picture], pictures.get(picture, []), threshold)
                scored += [(score, hit) for (score, _), hit in zip(best[picture], hits)]
            values.append(interpolated(scored, n_truths))
        classes[class_id] = values
    if not classes:
        return None
    return {"map_50": sum(values[0] for values in classes.values()) / len(classes),
            "map_50_95": sum(sum(values) / len(values) for values in classes.values()) / len(classes),
            "classes": classes}
