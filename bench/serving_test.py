"""Tests of bench/serving: what the client reads from pieces, the figures, the mix, the arrivals."""
import asyncio
import unittest

from serving import arrivals, figures, prompt_mix, roofline
from serving.stream_client import StreamResult, dechunk, read_pieces, request_bytes, stream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def event(text):
    return b'data: {"choices": [{"text": "%s"}]}\n\n' % text


RESPONSE = (HEAD + chunk(event(b"a")) + chunk(event(b"b") + event(b"c")) +
            chunk(b'data: {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 5}}}\n\n') +
            chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")


class Reading(unittest.TestCase):
    def test_any_cut_gives_the_same(self):
        for size in (1, 2, 3, 7, 50, len(RESPONSE)):
            pieces = [(float(i), RESPONSE[i:i + size]) for i in range(0, len(RESPONSE), size)]
            found = read_pieces(pieces)
            self.assertEqual((found.status, found.error, found.text), (200, "", "abc"), size)
            self.assertEqual((found.prompt_tokens, found.completion_tokens, found.cached_tokens), (7, 3, 5))
            self.assertEqual(len(found.token_times), 3)
            self.assertEqual(found.token_times, sorted(found.token_times))

    def test_an_event_has_the_time_of_its_last_byte(self):
        whole = chunk(event(b"a"))
        found = read_pieces([(0.0, HEAD), (1.0, whole[:10]), (2.0, whole[10:]), (3.0, chunk(b"data: [DONE]\n\n"))])
        self.assertEqual(found.token_times, [2.0])

    def test_chunks_hold_line_ends(self):
        self.assertEqual(b"".join(data for _, data in dechunk([(0, chunk(b"a\r\nb")), (0, chunk(b"\r\n"))])), b"a\r\nb\r\n")

    def test_what_breaks_off_is_an_error(self):
        self.assertIn("complete response head", read_pieces([(0.0, HEAD[:20])]).error)
        self.assertIn("without [DONE]", read_pieces([(0.0, HEAD + chunk(event(b"a")))]).error)

    def test_an_error_status_keeps_its_body(self):
        found = read_pieces([(0.0, b"HTTP/1.1 429 Too Many\r\nContent-Length: 4\r\n\r\nbusy")])
        self.assertEqual((found.status, found.error, found.ok), (429, "busy", False))

    def test_an_error_inside_a_stream_is_an_error(self):
        found = read_pieces([(0.0, HEAD + chunk(b'data: {"error": {"message": "lost"}}\n\n'))])
        self.assertIn("lost", found.error)

    def test_nobody_listens(self):
        found = asyncio.run(stream(("127.0.0.1", 1), request_bytes("/", {})))
        self.assertIn("cannot connect", found.error)


class Figures(unittest.TestCase):
    def test_percentile_is_a_sample(self):
        values = list(range(1, 101))
        self.assertEqual([figures.percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)], [50, 95, 99, 100])
        self.assertEqual(figures.percentile([], 0.5), 0.0)

    def result(self, times, tokens=None):
        return StreamResult(started=times[0] - 1, ended=times[-1], status=200, token_times=times, completion_tokens=tokens or len(times), prompt_tokens=10)

    def test_times_of_a_stream(self):
        found = self.result([1.0, 1.5, 3.0])
        self.assertEqual((found.ttft_s, found.tpot_s, found.gaps_s()), (1.0, 1.0, [0.5, 1.5]))

    def test_gap_bound(self):
        steady = self.result([0.1 * i for i in range(20)])
        stalled = self.result([0.1 * i for i in range(20)] + [2.9])
        # Eight times a slow median is allowed, though it is above the floor.
        slow = self.result([0.4 * i for i in range(10)] + [3.6 + 3.0])
        found = figures.gap_figures([steady, stalled, slow])
        self.assertEqual(found["streams_over_gap_bound"], 1)
        self.assertAlmostEqual(found["worst_gap_ms"], 3000, places=3)

    def test_failures_are_counted_and_nothing_else(self):
        load = arrivals.LoadResult([self.result([1.0, 2.0]), StreamResult(status=500, error="no")], window_s=2.0)
        found = figures.load_figures(load)
        self.assertEqual((found["requests"], found["failed"], found["completion_tok_s"], found["first_error"]), (2, 1, 1.0, "no"))


class Mix(unittest.TestCase):
    def test_recorded_mix_is_what_it_says(self):
        rows = prompt_mix.read_mix()
        self.assertEqual(len(rows), prompt_mix.REQUESTS)
        self.assertTrue(all(prompt_mix.WORDS_MIN <= row.words <= prompt_mix.WORDS_MAX for row in rows))
        self.assertEqual(len({row.seed for row in rows}), len(rows))
        for count in (8, 16, 48, 256):
            self.assertAlmostEqual(sum(row.words for row in rows[:count]) / count, 408, delta=8)

    def test_prompts_have_their_words(self):
        self.assertEqual(len(prompt_mix.words_text(100, 1, synthetic=True)), 100)
        self.assertEqual(len(prompt_mix.words_text(100, 1, synthetic=False).split()), 100)
        self.assertEqual(prompt_mix.words_text(9, 1, True), prompt_mix.words_text(9, 1, True))

    def test_poisson_arrivals(self):
        times = arrivals.poisson_times(4000, 10.0, seed=1)
        self.assertEqual(times, sorted(times))
        self.assertAlmostEqual(times[-1], 400, delta=20)

    def test_roofline(self):
        self.assertEqual(roofline.least_time_s({"prefill_tok_s": 100, "decode_tok_s": 10}, 200, 30), 5.0)


if __name__ == "__main__":
    unittest.main()
