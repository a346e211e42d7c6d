"""The speed model's honest figures, and that its evaluator says what the fit says.

    python3 tools/fit/test_fit.py            about two minutes where the measured rows are here
"""
import json
import math
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import evaluate

try:
    import numpy as np

    import dataset
    import fit
    import intervals
    import roofline
    import tables
except ImportError as error:
    np, MISSING = None, str(error)

SHARED = os.environ.get("HEARTH_SHARED_DIR", os.path.join(ROOT, "..", "shared"))
ROWS = os.path.join(SHARED, "data", "device_bench.tsv")

# The figures of the shipped fit with a little room: a change that loses more than that must be seen.
DECODE = {"mean_ape": 0.105, "median_ape": 0.078}
COVERAGE = (0.85, 0.95)
HALF_WIDTH = 0.25
ALL_ROWS = {"decode": (0.31, 0.15), "prefill": (0.39, 0.155)}
LATENCY = {"vision": 0.55, "audio": 0.85}


def load(name):
    with open(os.path.join(ROOT, "data", name), encoding="utf-8") as f:
        return json.load(f)


class ShippedFiles(unittest.TestCase):
    """Needs neither numpy nor the rows."""

    def test_report_holds_the_promised_figures(self):
        report = load("fit/report.json")
        stated = report["decode"]["shipped"]["stated"]
        self.assertGreaterEqual(stated["rows"], 120)
        self.assertLessEqual(stated["mean_ape"], DECODE["mean_ape"])
        self.assertLessEqual(stated["median_ape"], DECODE["median_ape"])
        self.assertLessEqual(stated["median_half_width"], HALF_WIDTH)
        for what, (mean, median) in ALL_ROWS.items():
            for subset in ("stated", "all_plausible"):
                s = report[what]["shipped"][subset]
                self.assertTrue(COVERAGE[0] <= s["coverage"] <= COVERAGE[1], (what, subset, s))
            self.assertLessEqual(s["mean_ape"], mean)
            self.assertLessEqual(s["median_ape"], median)
            self.assertGreaterEqual(len(report[what]["models"]), 5)
        for kind, median in LATENCY.items():
            s = report[kind]["models"]["work, rate and pooled runtime effects (shipped)"]
            self.assertLessEqual(s["median_ape"], median)
            self.assertTrue(COVERAGE[0] <= s["coverage"] <= COVERAGE[1], (kind, s))

    def test_model_and_report_are_of_one_fit(self):
        model, report = load("fit/speed_model.json"), load("fit/report.json")
        self.assertEqual(model["provenance"], report["provenance"])
        self.assertEqual(model["decode"]["residuals"]["stated"], report["decode"]["shipped"]["stated"])

    def test_model_keeps_its_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("jsonschema is not installed (tools/fit/requirements.txt)")
        jsonschema.validate(load("fit/speed_model.json"), load("schemas/speed_model.schema.json"))

    def test_unseen_names_and_missing_cells_are_answered_or_declined_with_a_reason(self):
        model = load("fit/speed_model.json")
        text = ("device\tmemory_bandwidth_GBps\tmodel\tquant\tn_params_B\tfile_GiB\tbackend\n"
                "rtx4070ti super\t\tnew-9b\tQ5_K_M\t\t\tCUDA\n"
                "Never Seen GPU\t400\tQwen3-8B\tQ4_K_M\t8.19\t\tVulkan\n"
                "Never Seen GPU\t\tQwen3-8B\tQ4_K_M\t8.19\t\tVulkan\n"
                "RTX 4090\t1008\tnameless\tQ4_K_M\t\t\tCUDA\n")
        lines = [line.split("\t") for line in evaluate.project(model, text).split("\n")]
        self.assertEqual(lines[0][-7:], evaluate.ADDED)
        for row in (lines[1], lines[2]):
            pp, pp_low, pp_high, tg, tg_low, tg_high = map(float, row[7:13])
            self.assertTrue(0 < pp_low < pp < pp_high and 0 < tg_low < tg < tg_high)
        for row, reason in ((lines[3], "bandwidth unknown"), (lines[4], "size unknown")):
            self.assertEqual(row[7:13], [""] * 6)
            self.assertIn(reason, row[13])

    def test_names_are_read(self):
        self.assertEqual(evaluate.normalise("RTX4070 Ti+"), " rtx 4070 ti plus ")
        self.assertEqual(evaluate.sizes_in_name("Qwen3-30B-A3B-Q4_K_M.gguf"), (30.0, 3.0))
        self.assertEqual(evaluate.sizes_in_name("phi-4-4bit"), (None, None))
        self.assertIsNone(evaluate.number("nan"))
        self.assertIsNone(evaluate.number("-3"))


@unittest.skipUnless(np, "a package is missing (tools/fit/requirements.txt): " + ("" if np else MISSING))
@unittest.skipUnless(os.path.exists(ROWS), "the measured rows are not at " + ROWS)
class MeasuredRows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cases, _ = dataset.load_cases(ROWS, tables.build())
        cls.design = roofline.Design(cls.cases, "decode")

    def test_rows_are_those_of_the_fit(self):
        self.assertEqual(load("fit/speed_model.json")["provenance"]["device_bench.tsv"]["sha256"], dataset.sha256(ROWS))

    def test_evaluator_equals_the_fit(self):
        beta = self.design.fit(np.ones(len(self.cases), bool))
        part = self.design.as_json(beta)
        fitted = self.design.predict(beta, np.arange(len(self.cases)))
        for case, y in zip(self.cases, fitted):
            self.assertLess(abs(evaluate.log_seconds(part, case, "decode") - y), 1e-9)
        shipped = load("fit/speed_model.json")["decode"]
        for name, value in shipped["effects"].items():
            self.assertLess(abs(part["effects"][name] - value), 1e-4, name)

    def test_decode_of_devices_left_out(self):
        stated = np.array([c["stated"] for c in self.cases])
        p = self.design.leave_one_device_out(sorted(set(self.design.device[stated])))
        s = fit.score(self.design.y, p, stated)
        self.assertLessEqual(s["mean_ape"], DECODE["mean_ape"])
        self.assertLessEqual(s["median_ape"], DECODE["median_ape"])

    def test_a_device_left_out_leaves_no_row_and_no_effect(self):
        held = self.design.device == "RTX 4090"
        self.assertGreater(len({c["row"]["device"] for c, h in zip(self.cases, held) if h}), 5, "spellings of one device are one group")
        part = self.design.as_json(self.design.fit(~held))
        for name, value in part["effects"].items():
            if name.startswith("device") and name.split(":")[1].split("|")[0] == "RTX 4090":
                self.assertLess(abs(value), 1e-12)

    def test_interval_groups_exist_for_every_case(self):
        model = load("fit/speed_model.json")
        for case in self.cases:
            for what in ("decode", "prefill"):
                band = model[what]["intervals"][evaluate.group_of(model[what], case)]
                self.assertTrue(band["log_low"] < 0 < band["log_high"] and math.isfinite(band["log_high"]))
        self.assertGreater(intervals.LEVEL, 0.9)


if __name__ == "__main__":
    unittest.main()
