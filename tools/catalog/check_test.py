"""The checker must find what it promises to find: each case breaks one thing in a good record."""
import copy
import json
import pathlib
import unittest

import block_bits
import check
import count
import layout

DATA = pathlib.Path(check.ROOT)


def record(folder, name):
    return json.loads((DATA / folder / f"{name}.json").read_text(encoding="utf-8"))


class CountedParameters(unittest.TestCase):
    def test_every_dimension_of_a_dense_model_counts(self):
        good = record("models", "qwen3-8b")
        self.assertEqual(count.count_parameters(good), good["parameters"]["total"])
        for key, more in (("layers", 1), ("hidden", 256), ("vocab", 32768)):
            bad = copy.deepcopy(good)
            bad["decoder"][key] += more
            self.assertTrue(check.check_model(bad, {}), key)

    def test_published_totals_are_met_exactly_across_architectures(self):
        for name in ("llama-3.1-8b-instruct", "gemma-3-1b-it", "phi-2", "gpt-oss-20b", "deepseek-r1", "falcon-mamba-7b-instruct",
                     "lfm2-1.2b", "starcoder2-3b", "qwen3-next-80b-a3b-instruct"):
            model = record("models", name)
            self.assertEqual(count.count_parameters(model), model["parameters"]["total"], name)

    def test_wrong_attention_kind_and_missing_blocks_are_named(self):
        bad = record("models", "llama-3.1-8b-instruct")
        bad["decoder"]["attention"]["kind"] = "mha"
        self.assertIn("should be gqa", check.check_model(bad, {})[0])
        bad = record("models", "gemma-3-1b-it")
        del bad["decoder"]["window"]
        self.assertIn("decoder/window is missing", check.check_model(bad, {})[0])

    def test_active_parameters_of_experts_are_required_and_checked(self):
        bad = record("models", "mixtral-8x7b-instruct-v0.1")
        bad["parameters"]["active"] *= 2
        self.assertIn("parameters/active", check.check_model(bad, {})[0])


class OtherRecords(unittest.TestCase):
    def test_bits_must_follow_from_the_block(self):
        bad = record("precisions", "q4-k")
        bad["bits_per_weight"] = 4.25
        self.assertTrue(block_bits.check(bad))

    def test_names_are_unique_and_dates_are_days(self):
        names = {}
        pi = record("devices", "pi5-8gb")
        path = DATA / "devices" / "pi5-8gb.json"
        self.assertEqual(check.check_identity(path, pi, names), [])
        self.assertIn("also used", check.check_identity(path, pi, names)[0])
        self.assertTrue(check.check_date({"date": "2026-02-30"}))
        self.assertTrue(check.check_date({"date": "2999-01-01"}))

    def test_layout_is_stable_and_keeps_every_key(self):
        schema = json.loads((DATA / "schemas" / "model.schema.json").read_text(encoding="utf-8"))
        model = record("models", "gemma-3-4b-it")
        text = layout.text_of(dict(reversed(model.items())), schema)
        self.assertEqual(text, layout.text_of(model, schema))
        self.assertEqual(json.loads(text), model)


if __name__ == "__main__":
    unittest.main()
