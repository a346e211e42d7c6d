#!/usr/bin/env python3
"""The official openai package's realtime interface against hearth serve: the starter model, the floor of speech recognition, a voice."""
import array
import asyncio
import base64
import os
import unittest
import wave
from pathlib import Path

import openai
import websockets

MODEL = "chat"
RATE = 24000
PATIENCE_S = 120
RECORDING = Path(__file__).resolve().parents[2].parent / "shared" / "media" / "speech" / "jfk.wav"
HAS_VOICE = bool(os.environ.get("HEARTH_VOICE"))


def silence(seconds):
    """16-bit samples of nothing."""
    return bytes(2 * int(seconds * RATE))


def recording():
    """The recording at 24 kHz, by straight lines between its samples."""
    with wave.open(str(RECORDING), "rb") as sound:
        rate, samples = sound.getframerate(), array.array("h", sound.readframes(sound.getnframes()))
    out = array.array("h")
    for i in range((len(samples) - 1) * RATE // rate):
        at, part = divmod(i * rate, RATE)
        out.append(samples[at] + (samples[at + 1] - samples[at]) * part // RATE)
    return out.tobytes()


class Realtime(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.client = openai.AsyncOpenAI(base_url=os.environ["HEARTH_URL"] + "/v1", api_key="none", max_retries=0)

    async def until(self, connection, kind):
        """The events up to and with one of this type."""
        events = []
        async with asyncio.timeout(PATIENCE_S):
            while not events or events[-1].type != kind:
                events.append(await connection.recv())
        return events

    async def say(self, connection, samples):
        for at in range(0, len(samples), RATE // 5):
            await connection.input_audio_buffer.append(audio=base64.b64encode(samples[at:at + RATE // 5]).decode())

    async def ask(self, connection, text):
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})
        return (await self.until(connection, "conversation.item.done"))[-1].item

    async def test_text(self):
        async with self.client.realtime.connect(model=MODEL) as connection:
            created = (await self.until(connection, "session.created"))[-1]
            self.assertEqual(created.session.model, MODEL)
            await connection.session.update(session={"type": "realtime", "output_modalities": ["text"], "instructions": "Be brief.",
                                                     "max_output_tokens": 16})
            updated = (await self.until(connection, "session.updated"))[-1]
            self.assertEqual((updated.session.instructions, updated.session.output_modalities), ("Be brief.", ["text"]))
            item = await self.ask(connection, "How are you?")
            self.assertEqual(item.content[0].text, "How are you?")
            await connection.response.create()
            events = await self.until(connection, "response.done")
            text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
            self.assertEqual(events[-1].response.output[0].content[0].text, text)
            self.assertIn(events[-1].response.status, ("completed", "incomplete"))
            self.assertGreater(events[-1].response.usage.output_tokens, 0)

    @unittest.skipUnless(HAS_VOICE, "no voice is built here")
    async def test_spoken_answer(self):
        async with self.client.realtime.connect(model=MODEL) as connection:
            await self.ask(connection, "Tell me about the sea.")
            await connection.response.create(response={"max_output_tokens": 24})
            events = await self.until(connection, "response.done")
            sound = b"".join(base64.b64decode(event.delta) for event in events if event.type == "response.output_audio.delta")
            self.assertGreater(len(sound), RATE)  # half a second
            self.assertGreater(max(array.array("h", sound)), 1000)
            words = "".join(event.delta for event in events if event.type == "response.output_audio_transcript.delta")
            self.assertEqual(events[-1].response.output[0].content[0].transcript, words)

    @unittest.skipUnless(HAS_VOICE, "no voice is built here")
    async def test_cancel(self):
        async with self.client.realtime.connect(model=MODEL) as connection:
            await self.ask(connection, "Tell me a long story.")
            await connection.response.create(response={"max_output_tokens": 400})
            await self.until(connection, "response.output_audio_transcript.delta")
            await connection.response.cancel()
            done = (await self.until(connection, "response.done"))[-1].response
            self.assertIn(done.status, ("cancelled", "incomplete", "completed"))  # it may have ended by itself before
            await self.ask(connection, "And now?")
            await connection.response.create(response={"max_output_tokens": 8})
            self.assertIn((await self.until(connection, "response.done"))[-1].response.status, ("completed", "incomplete"))

    @unittest.skipUnless(RECORDING.exists(), f"no recording at {RECORDING}")
    async def test_speech_that_the_client_commits(self):
        async with self.client.realtime.connect(model=MODEL) as connection:
            await connection.session.update(session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
            await self.until(connection, "session.updated")
            await self.say(connection, recording())
            await connection.input_audio_buffer.commit()
            committed = (await self.until(connection, "input_audio_buffer.committed"))[-1]
            heard = (await self.until(connection, "conversation.item.input_audio_transcription.completed"))[-1]
            self.assertEqual(heard.item_id, committed.item_id)
            self.assertIn("country", heard.transcript)
            await connection.response.create(response={"output_modalities": ["text"], "max_output_tokens": 8})
            self.assertIn((await self.until(connection, "response.done"))[-1].response.status, ("completed", "incomplete"))

    @unittest.skipUnless(RECORDING.exists(), f"no recording at {RECORDING}")
    async def test_speech_in_turns(self):
        async with self.client.realtime.connect(model=MODEL) as connection:
            await connection.session.update(session={
                "type": "realtime", "output_modalities": ["text"], "max_output_tokens": 8,
                "audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 2000}}}})
            await self.say(connection, silence(1) + recording() + silence(3))
            events = await self.until(connection, "response.done")
            kinds = [event.type for event in events]
            wanted = ["input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped", "input_audio_buffer.committed",
                      "conversation.item.input_audio_transcription.delta", "conversation.item.input_audio_transcription.completed",
                      "response.created", "response.output_text.delta", "response.done"]
            self.assertEqual(sorted(wanted, key=kinds.index), wanted)
            started = events[kinds.index(wanted[0])]
            stopped = events[kinds.index(wanted[1])]
            self.assertLess(started.audio_start_ms, 1600)
            self.assertGreater(stopped.audio_end_ms, 11000)
            self.assertIn("country", events[kinds.index(wanted[4])].transcript)

    async def test_errors(self):
        async with self.client.realtime.connect(model=MODEL) as connection:
            await connection.input_audio_buffer.append(audio="!!!", event_id="mine")
            error = (await self.until(connection, "error"))[-1].error
            self.assertEqual((error.type, error.event_id, error.param), ("invalid_request_error", "mine", "audio"))
            await connection.input_audio_buffer.commit()
            self.assertEqual((await self.until(connection, "error"))[-1].error.code, "input_audio_buffer_commit_empty")
            await connection.response.cancel()
            self.assertEqual((await self.until(connection, "error"))[-1].error.code, "response_cancel_not_active")
            await self.ask(connection, "Are you still there?")

    async def test_refusals(self):
        for url, model, status in ((os.environ["HEARTH_URL"], "nowhere", 404), (os.environ["HEARTH_LOCKED_URL"], MODEL, 401)):
            client = openai.AsyncOpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
            with self.assertRaises(websockets.exceptions.InvalidStatus) as caught:
                async with client.realtime.connect(model=model):
                    pass
            self.assertEqual(caught.exception.response.status_code, status)
        client = openai.AsyncOpenAI(base_url=os.environ["HEARTH_LOCKED_URL"] + "/v1", api_key=os.environ["HEARTH_KEY"], max_retries=0)
        async with client.realtime.connect(model=MODEL) as connection:
            await self.until(connection, "session.created")


if __name__ == "__main__":
    unittest.main(verbosity=1)
