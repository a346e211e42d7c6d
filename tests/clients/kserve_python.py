"""Triton's own HTTP client against hearth serve: health, metadata, JSON and binary tensors, errors."""
import os
import unittest

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


def client():
    return triton.InferenceServerClient(os.environ["HEARTH_URL"].removeprefix("http://"))


def tensor(values, binary):
    data = np.array(values, dtype=np.float32)
    made = triton.InferInput("x", list(data.shape), "FP32")
    made.set_data_from_numpy(data, binary_data=binary)
    return made


class Kserve(unittest.TestCase):
    def setUp(self):
        self.client = client()

    def tearDown(self):
        self.client.close()

    def test_server_and_model_are_live_and_ready(self):
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("doubler"))
        self.assertFalse(self.client.is_model_ready("nobody"))
        self.assertEqual(self.client.get_server_metadata()["name"], "hearth")
        self.assertIn("doubler", [entry["name"] for entry in self.client.get_model_repository_index()])

    def test_metadata_names_ports(self):
        metadata = self.client.get_model_metadata("doubler")
        self.assertEqual(metadata["inputs"], [{"name": "x", "datatype": "FP32", "shape": [-1, 3]}])
        self.assertEqual(metadata["outputs"][0]["name"], "y")

    def test_tensors_in_json_and_binary_give_the_same(self):
        for binary_in in (False, True):
            for binary_out in (False, True):
                outputs = [triton.InferRequestedOutput("y", binary_data=binary_out)]
                result = self.client.infer("doubler", [tensor([[1, 2, 3], [4, 5, 6]], binary_in)], outputs=outputs, request_id="7")
                np.testing.assert_array_equal(result.as_numpy("y"), np.array([[3, 5, 7], [9, 11, 13]], dtype=np.float32))
                self.assertEqual(result.get_response()["id"], "7")

    def test_without_outputs_all_come(self):
        result = self.client.infer("doubler", [tensor([[1, 2, 3]], True)], model_version="1")
        np.testing.assert_array_equal(result.as_numpy("y"), np.array([[3, 5, 7]], dtype=np.float32))

    def test_many_at_once(self):
        pending = [self.client.async_infer("doubler", [tensor([[i, i, i]], True)]) for i in range(20)]
        for i, each in enumerate(pending):
            np.testing.assert_array_equal(each.get_result().as_numpy("y"), np.full((1, 3), 2 * i + 1, dtype=np.float32))

    def test_errors_are_the_clients(self):
        with self.assertRaises(InferenceServerException) as wrong:
            self.client.infer("doubler", [tensor([[1, 2, 3, 4]], True)])
        self.assertIn("shape", str(wrong.exception))
        with self.assertRaises(InferenceServerException) as unknown:
            self.client.infer("nobody", [tensor([[1, 2, 3]], True)])
        self.assertIn("nobody", str(unknown.exception))

    def test_a_body_over_the_servers_bound_is_refused_by_its_size(self):
        locked = triton.InferenceServerClient(os.environ["HEARTH_LOCKED_URL"].removeprefix("http://"))
        headers = {"Authorization": "Bearer " + os.environ["HEARTH_KEY"]}
        locked.infer("doubler", [tensor(np.zeros((100, 3)), True)], headers=headers)
        with self.assertRaises(InferenceServerException) as large:
            locked.infer("doubler", [tensor(np.zeros((20_000, 3)), True)], headers=headers)
        self.assertIn("65536 bytes", str(large.exception))
        locked.close()


if __name__ == "__main__":
    unittest.main()
