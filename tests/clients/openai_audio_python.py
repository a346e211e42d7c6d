#!/usr/bin/env python3
"""The official openai package against hearth serve's audio endpoints, with the floor of speech recognition behind them."""
import io
import os
import unittest
import wave
from pathlib import Path

import openai

MODEL = "ears"
RECORDING = Path(__file__).resolve().parents[2].parent / "shared" / "media" / "speech" / "jfk.wav"


def silence(seconds):
    """A WAV file without a sound in it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(bytes(int(seconds * 32000)))
    return ("silence.wav", file.getvalue())


class Transcriptions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = openai.OpenAI(base_url=os.environ["HEARTH_URL"] + "/v1", api_key="none", max_retries=0)

    def ask(self, file, **more):
        return self.client.audio.transcriptions.create(model=MODEL, file=file, **more)

    def test_silence(self):
        self.assertEqual(self.ask(silence(1)).text, "")
        verbose = self.ask(silence(1), response_format="verbose_json", language="en")
        self.assertEqual((verbose.language, verbose.duration, verbose.segments), ("en", 1.0, []))
        self.assertEqual(self.ask(silence(1), response_format="vtt").strip(), "WEBVTT")
        self.assertEqual([event.type for event in self.ask(silence(1), stream=True)], ["transcript.text.done"])

    @unittest.skipUnless(RECORDING.exists(), f"no recording at {RECORDING}")
    def test_speech(self):
        text = self.ask(RECORDING).text
        self.assertIn("country", text)
        verbose = self.ask(RECORDING, response_format="verbose_json", timestamp_granularities=["word", "segment"])
        self.assertEqual(verbose.text, text)
        self.assertAlmostEqual(verbose.duration, 11.0, places=1)
        self.assertEqual(" ".join(word.word for word in verbose.words), text)
        self.assertGreater(verbose.segments[0].end, verbose.segments[0].start)
        self.assertIn("-->", self.ask(RECORDING, response_format="srt"))
        self.assertEqual(self.ask(RECORDING, response_format="text").strip(), text)

    @unittest.skipUnless(RECORDING.exists(), f"no recording at {RECORDING}")
    def test_stream(self):
        events = list(self.ask(RECORDING, stream=True))
        self.assertEqual(events[-1].type, "transcript.text.done")
        self.assertEqual("".join(event.delta for event in events[:-1]), events[-1].text)

    def test_bad_requests(self):
        for more, word in (({"language": "fr"}, "'fr'"), ({"response_format": "xml"}, "response_format"), ({"temperature": 9}, "temperature")):
            with self.assertRaises(openai.BadRequestError) as caught:
                self.ask(silence(1), **more)
            self.assertIn(word, caught.exception.message)
        for content in (b"no sound at all, but text", silence(1)[1][:30]):
            with self.assertRaises(openai.APIStatusError) as caught:
                self.ask(("bad.wav", content))
            self.assertIn(caught.exception.status_code, (400, 422))
        with self.assertRaises(openai.NotFoundError):
            self.client.audio.transcriptions.create(model="nowhere", file=silence(1))

    def test_translation_is_refused_by_a_model_that_cant(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            self.client.audio.translations.create(model=MODEL, file=silence(1))
        self.assertIn("translate", caught.exception.message)


if __name__ == "__main__":
    unittest.main(verbosity=1)
