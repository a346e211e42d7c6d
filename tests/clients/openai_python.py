"""The official Python client `openai` against hearth serve; started by run_clients.py."""
import json
import os
import unittest

import openai

MODEL = "clients"
WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "The weather of a city", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}}}
TIME = {"type": "function", "function": {"name": "get_time", "description": "The clock", "parameters": {
    "type": "object", "properties": {"zone": {"type": "string", "enum": ["UTC", "CET"]}}, "required": ["zone"], "additionalProperties": False}}}
PERSON = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}},
          "required": ["name", "age", "tags"], "additionalProperties": False}
GREETING = "Hello there. I am a script and know only what was written down."


def client_of(url_name="HEARTH_URL", key="none"):
    return openai.OpenAI(base_url=os.environ[url_name] + "/v1", api_key=key, max_retries=0, timeout=60)


def user(text):
    return [{"role": "user", "content": text}]


class ClientCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = client_of()

    def chat(self, text, **more):
        return self.client.chat.completions.create(model=MODEL, messages=user(text), temperature=0, **more)


class Chat(ClientCase):
    def test_answer_and_usage(self):
        done = self.chat("hello")
        self.assertEqual(done.object, "chat.completion")
        self.assertEqual(done.model, MODEL)
        choice, = done.choices
        self.assertEqual((choice.message.role, choice.message.content, choice.finish_reason), ("assistant", GREETING, "stop"))
        self.assertGreater(done.usage.prompt_tokens, 3)
        self.assertGreater(done.usage.completion_tokens, 3)
        self.assertEqual(done.usage.total_tokens, done.usage.prompt_tokens + done.usage.completion_tokens)
        self.assertTrue(done._request_id)

    def test_system_turn_and_parts(self):
        messages = [{"role": "system", "content": "Be short."}, {"role": "user", "content": [{"type": "text", "text": "hello"}]}]
        self.assertEqual(self.client.chat.completions.create(model=MODEL, messages=messages, temperature=0).choices[0].message.content, GREETING)

    def test_developer_turn(self):
        messages = [{"role": "developer", "content": "Be short."}, *user("hello")]
        self.assertEqual(self.client.chat.completions.create(model=MODEL, messages=messages, temperature=0).choices[0].message.content, GREETING)

    def test_stream(self):
        chunks = list(self.chat("hello", stream=True, stream_options={"include_usage": True}))
        self.assertEqual("".join(c.choices[0].delta.content or "" for c in chunks if c.choices), GREETING)
        self.assertEqual(chunks[0].choices[0].delta.role, "assistant")
        self.assertEqual([c.choices[0].finish_reason for c in chunks if c.choices and c.choices[0].finish_reason], ["stop"])
        self.assertEqual(len({c.id for c in chunks}), 1)
        self.assertFalse(chunks[-1].choices)
        self.assertGreater(chunks[-1].usage.completion_tokens, 3)
        self.assertGreater(sum(1 for c in chunks if c.choices and c.choices[0].delta.content), 3, "the answer came in one piece")

    def test_stream_helper(self):
        with self.client.chat.completions.stream(model=MODEL, messages=user("hello"), temperature=0) as stream:
            self.assertTrue(any(event.type == "content.delta" for event in stream))
            self.assertEqual(stream.get_final_completion().choices[0].message.content, GREETING)

    def test_stream_left_early(self):
        with self.chat("Count", stream=True) as stream:
            next(iter(stream))
        self.assertEqual(self.chat("hello").choices[0].message.content, GREETING)

    def test_max_tokens(self):
        for name in ("max_tokens", "max_completion_tokens"):
            done = self.chat("Count", **{name: 5})
            self.assertEqual((done.choices[0].finish_reason, done.usage.completion_tokens), ("length", 5))

    def test_stop_strings(self):
        self.assertEqual(self.chat("Count", stop=[" four", "zzz"]).choices[0].message.content, "one two three")
        self.assertEqual(self.chat("Count", stop=" two").choices[0].finish_reason, "stop")

    def test_several_choices(self):
        done = self.client.chat.completions.create(model=MODEL, messages=user("anything at all"), n=3, seed=4, temperature=1, max_tokens=8)
        self.assertEqual(sorted(choice.index for choice in done.choices), [0, 1, 2])

    def test_seed_repeats(self):
        said = {self.client.chat.completions.create(model=MODEL, messages=user("a tale"), seed=11, temperature=2, max_tokens=16).choices[0].message.content
                for _ in range(3)}
        self.assertEqual(len(said), 1)

    def test_logprobs(self):
        done = self.chat("hello", logprobs=True, top_logprobs=3, max_tokens=4)
        listed = done.choices[0].logprobs.content
        self.assertEqual(len(listed), 4)
        for token in listed:
            self.assertLessEqual(token.logprob, 0)
            self.assertEqual(len(token.top_logprobs), 3)
            self.assertEqual(token.top_logprobs[0].token, token.token)
        self.assertTrue(done.choices[0].message.content.startswith("".join(bytes(t.bytes).decode() for t in listed)))

    def test_reasoning_apart(self):
        message = self.chat("Think about it").choices[0].message
        self.assertEqual(message.content.strip(), "The answer is 4.")
        self.assertIn("Two and two", message.model_extra["reasoning_content"])

    def test_raw_response(self):
        raw = self.client.chat.completions.with_raw_response.create(model=MODEL, messages=user("hello"), temperature=0)
        self.assertTrue(raw.headers.get("x-request-id"))
        self.assertEqual(raw.parse().choices[0].message.content, GREETING)


class Tools(ClientCase):
    def check_call(self, call, city="Oslo"):
        self.assertEqual((call.type, call.function.name, json.loads(call.function.arguments)), ("function", "get_weather", {"city": city}))
        self.assertTrue(call.id)

    def test_call_and_answer(self):
        first = self.chat("What is the weather in Oslo?", tools=[WEATHER])
        self.assertEqual(first.choices[0].finish_reason, "tool_calls")
        call, = first.choices[0].message.tool_calls
        self.check_call(call)
        messages = [*user("What is the weather in Oslo?"), first.choices[0].message,
                    {"role": "tool", "tool_call_id": call.id, "content": '{"temperature_c": 21}'}]
        second = self.client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER], temperature=0)
        self.assertEqual(second.choices[0].message.content, "It is 21 degrees in Oslo.")
        self.assertIsNone(second.choices[0].message.tool_calls)

    def test_parallel_calls(self):
        calls = self.chat("The weather in Oslo and Bergen?", tools=[WEATHER]).choices[0].message.tool_calls
        self.assertEqual([json.loads(c.function.arguments)["city"] for c in calls], ["Oslo", "Bergen"])
        self.assertEqual(len({c.id for c in calls}), 2)

    def test_parallel_calls_forbidden(self):
        done = self.chat("The weather in Oslo and Bergen?", tools=[WEATHER], parallel_tool_calls=False)
        self.assertEqual(len(done.choices[0].message.tool_calls), 1)
        self.assertEqual(done.choices[0].finish_reason, "tool_calls")

    def streamed(self, text, **more):
        """Calls by index, put together from deltas, and the number of argument deltas."""
        calls, pieces, finish = {}, 0, None
        for chunk in self.chat(text, stream=True, **more):
            for choice in chunk.choices:
                finish = choice.finish_reason or finish
                for delta in choice.delta.tool_calls or []:
                    call = calls.setdefault(delta.index, {"id": delta.id, "name": delta.function.name, "arguments": ""})
                    call["arguments"] += delta.function.arguments or ""
                    pieces += bool(delta.function.arguments)
        return calls, pieces, finish

    def test_streamed_arguments(self):
        calls, pieces, finish = self.streamed("The weather in Oslo and Bergen?", tools=[WEATHER])
        self.assertEqual(finish, "tool_calls")
        self.assertEqual([(c["name"], json.loads(c["arguments"])) for c in calls.values()],
                         [("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Bergen"})])
        self.assertTrue(all(c["id"] for c in calls.values()))
        self.assertGreater(pieces, 3, "the arguments came in one piece")

    def test_stream_helper(self):
        with self.client.chat.completions.stream(model=MODEL, messages=user("The weather in Oslo?"), tools=[WEATHER], temperature=0) as stream:
            kinds = {event.type for event in stream}
            self.check_call(stream.get_final_completion().choices[0].message.tool_calls[0])
        self.assertIn("tool_calls.function.arguments.delta", kinds)

    def test_required(self):
        for streaming in (False, True):
            if streaming:
                calls, _, finish = self.streamed("What is the weather in Oslo?", tools=[WEATHER, TIME], tool_choice="required")
                name, arguments = calls[0]["name"], calls[0]["arguments"]
            else:
                choice = self.chat("What is the weather in Oslo?", tools=[WEATHER, TIME], tool_choice="required").choices[0]
                name, arguments, finish = choice.message.tool_calls[0].function.name, choice.message.tool_calls[0].function.arguments, choice.finish_reason
            self.assertEqual((name, json.loads(arguments), finish), ("get_weather", {"city": "Oslo"}, "tool_calls"))

    def test_named(self):
        choice = self.chat("What time is it?", tools=[WEATHER, TIME], tool_choice={"type": "function", "function": {"name": "get_time"}}).choices[0]
        call, = choice.message.tool_calls
        self.assertEqual((call.function.name, json.loads(call.function.arguments)), ("get_time", {"zone": "UTC"}))
        self.assertIn(choice.finish_reason, ("stop", "tool_calls"))

    def test_named_against_the_models_will(self):
        call, = self.chat("What is the weather in Oslo?", tools=[WEATHER, TIME], max_tokens=200,
                          tool_choice={"type": "function", "function": {"name": "get_time"}}).choices[0].message.tool_calls
        self.assertEqual(call.function.name, "get_time")
        self.assertIn(json.loads(call.function.arguments)["zone"], ("UTC", "CET"))

    def test_none(self):
        message = self.chat("hello", tools=[WEATHER], tool_choice="none").choices[0].message
        self.assertEqual((message.content, message.tool_calls), (GREETING, None))

    def test_unknown_named_tool(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            self.chat("hello", tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "nothing"}})
        self.assertIn("nothing", caught.exception.message)


class Structured(ClientCase):
    FORMAT = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": PERSON}}

    def test_json_schema(self):
        said = json.loads(self.chat("A person as JSON", response_format=self.FORMAT).choices[0].message.content)
        self.assertEqual(said, {"name": "Ada", "age": 36, "tags": ["math", "code"]})

    def test_json_schema_against_the_models_will(self):
        said = json.loads(self.chat("hello", response_format={"type": "json_schema", "json_schema": {"name": "pick", "schema": {
            "type": "object", "properties": {"pick": {"enum": ["yes", "no"]}}, "required": ["pick"], "additionalProperties": False}}}).choices[0].message.content)
        self.assertIn(said["pick"], ("yes", "no"))

    def test_streamed(self):
        text = "".join(c.choices[0].delta.content or "" for c in self.chat("A person as JSON", response_format=self.FORMAT, stream=True) if c.choices)
        self.assertEqual(json.loads(text)["age"], 36)

    def test_parse_helper(self):
        import pydantic

        class Person(pydantic.BaseModel):
            name: str
            age: int
            tags: list[str]

        done = self.client.chat.completions.parse(model=MODEL, messages=user("A person as JSON"), response_format=Person, temperature=0)
        self.assertEqual(done.choices[0].message.parsed, Person(name="Ada", age=36, tags=["math", "code"]))

    def test_json_object(self):
        self.assertEqual(json.loads(self.chat("A person as JSON", response_format={"type": "json_object"}).choices[0].message.content)["name"], "Ada")

    def test_bad_schema(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            self.chat("hello", response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nonsense"}}})
        self.assertIn("nonsense", caught.exception.message)


class Embeddings(ClientCase):
    def test_one_and_many(self):
        one = self.client.embeddings.create(model=MODEL, input="hello")
        self.assertEqual((one.object, len(one.data), len(one.data[0].embedding)), ("list", 1, 32))
        self.assertAlmostEqual(sum(x * x for x in one.data[0].embedding), 1.0, places=3)
        many = self.client.embeddings.create(model=MODEL, input=["hello", "there", "hello"], encoding_format="float")
        self.assertEqual([d.index for d in many.data], [0, 1, 2])
        for a, b, c in zip(one.data[0].embedding, many.data[0].embedding, many.data[2].embedding):
            self.assertAlmostEqual(a, b, places=4)
            self.assertAlmostEqual(b, c, places=4)
        self.assertGreater(many.usage.prompt_tokens, 0)

    def test_fewer_dimensions(self):
        self.assertEqual(len(self.client.embeddings.create(model=MODEL, input="hello", dimensions=8).data[0].embedding), 8)

    def test_tokens(self):
        self.assertEqual(len(self.client.embeddings.create(model=MODEL, input=[[40, 41, 42], [50]]).data), 2)


class Completions(ClientCase):
    def test_text(self):
        done = self.client.completions.create(model=MODEL, prompt="Once upon a time", temperature=0, max_tokens=100)
        self.assertEqual((done.object, done.choices[0].text, done.choices[0].finish_reason),
                         ("text_completion", ", there was a script that knew one story. The end.", "stop"))

    def test_stream(self):
        chunks = list(self.client.completions.create(model=MODEL, prompt="Once upon a time", temperature=0, max_tokens=100, stream=True))
        self.assertEqual("".join(c.choices[0].text for c in chunks if c.choices), ", there was a script that knew one story. The end.")

    def test_several_prompts(self):
        done = self.client.completions.create(model=MODEL, prompt=["Once upon a time", "Once upon a time"], temperature=0, max_tokens=9)
        self.assertEqual([c.index for c in done.choices], [0, 1])

    def test_echo(self):
        text = self.client.completions.create(model=MODEL, prompt="Once upon a time", temperature=0, max_tokens=100, echo=True).choices[0].text
        self.assertTrue(text.startswith("Once upon a time, there was"), text)


class Responses(ClientCase):
    def ask(self, question, **more):
        return self.client.responses.create(model=MODEL, input=question, temperature=0, **more)

    def test_text(self):
        done = self.ask("hello")
        self.assertEqual((done.object, done.status, done.output_text), ("response", "completed", GREETING))
        self.assertEqual(done.usage.total_tokens, done.usage.input_tokens + done.usage.output_tokens)

    def test_instructions_and_items(self):
        done = self.ask([{"role": "user", "content": [{"type": "input_text", "text": "hello"}]}], instructions="Be short.")
        self.assertEqual(done.output_text, GREETING)

    def test_stream(self):
        kinds, text = [], ""
        for event in self.ask("hello", stream=True):
            kinds.append(event.type)
            text += event.delta if event.type == "response.output_text.delta" else ""
        self.assertEqual(text, GREETING)
        self.assertEqual((kinds[0], kinds[-1]), ("response.created", "response.completed"))
        for kind in ("response.output_item.added", "response.content_part.added", "response.output_text.done", "response.output_item.done"):
            self.assertIn(kind, kinds)

    def test_stream_helper(self):
        with self.client.responses.stream(model=MODEL, input="hello", temperature=0) as stream:
            for _ in stream:
                pass
            self.assertEqual(stream.get_final_response().output_text, GREETING)

    def test_tool_call(self):
        tool = {"type": "function", "strict": True, **WEATHER["function"]}
        first = self.ask("What is the weather in Oslo?", tools=[tool])
        call, = [item for item in first.output if item.type == "function_call"]
        self.assertEqual((call.name, json.loads(call.arguments)), ("get_weather", {"city": "Oslo"}))
        second = self.ask([{"role": "user", "content": "What is the weather in Oslo?"}, call.to_dict(),
                           {"type": "function_call_output", "call_id": call.call_id, "output": '{"temperature_c": 21}'}], tools=[tool])
        self.assertEqual(second.output_text, "It is 21 degrees in Oslo.")

    def test_json_schema(self):
        done = self.ask("A person as JSON", text={"format": {"type": "json_schema", "name": "person", "strict": True, "schema": PERSON}})
        self.assertEqual(json.loads(done.output_text)["name"], "Ada")

    def test_max_output_tokens(self):
        done = self.ask("Count", max_output_tokens=16)
        self.assertEqual((done.status, done.incomplete_details.reason), ("incomplete", "max_output_tokens"))


class Models(ClientCase):
    def test_list_and_retrieve(self):
        self.assertIn(MODEL, [model.id for model in self.client.models.list()])
        self.assertEqual(self.client.models.retrieve(MODEL).id, MODEL)
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("nowhere")


@unittest.skipUnless(os.environ.get("HEARTH_VOICE"), "the runtime flite was not built")
class Speech(ClientCase):
    def speak(self, text="Good morning.", **more):
        return self.client.audio.speech.create(**{"model": "voice", "voice": "alloy", "input": text, **more})

    def test_formats(self):
        for form, opening, media in (("wav", b"RIFF", "audio/wav"), ("flac", b"fLaC", "audio/flac"), ("opus", b"OggS", "audio/ogg"),
                                     ("mp3", None, "audio/mpeg"), ("pcm", None, "audio/pcm")):
            answer = self.speak(response_format=form)
            self.assertEqual(answer.response.headers["content-type"], media)
            self.assertTrue(answer.content.startswith(opening or b""))
            self.assertGreater(len(answer.content), 1000)

    def test_default_is_mp3(self):
        self.assertEqual(self.speak().response.headers["content-type"], "audio/mpeg")

    def test_streams(self):
        with self.client.audio.speech.with_streaming_response.create(
                model="voice", voice="rms", input="One. Two. Three.", response_format="pcm") as answer:
            pieces = list(answer.iter_bytes(chunk_size=4096))
        self.assertGreater(len(pieces), 3)

    def test_speed_and_markup(self):
        usual = len(self.speak("one two three", response_format="pcm").content)
        fast = len(self.speak("one two three", response_format="pcm", speed=2).content)
        paused = len(self.speak('<speak>one two three<break time="1s"/></speak>', response_format="pcm").content)
        self.assertLess(fast, 0.75 * usual)
        self.assertEqual(paused, usual + 32_000)

    def test_events(self):
        with self.client.audio.speech.with_streaming_response.create(
                model="voice", voice="alloy", input="Hello.", response_format="pcm", stream_format="sse") as answer:
            events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
        self.assertEqual(events[-1]["type"], "speech.audio.done")
        self.assertEqual({event["type"] for event in events[:-1]}, {"speech.audio.delta"})

    def test_refusals(self):
        for more in ({"text": ""}, {"response_format": "aac"}, {"speed": 9}):
            with self.assertRaises(openai.BadRequestError):
                self.speak(**more)
        with self.assertRaises(openai.NotFoundError):
            self.speak(model="nowhere")
        with self.assertRaises(openai.NotFoundError):
            self.speak(voice="nobody")

    def test_listed(self):
        self.assertIn("voice", [model.id for model in self.client.models.list()])
        self.assertEqual(self.client.models.retrieve("voice").model_extra["hearth"]["kind"], "voice")


class Errors(ClientCase):
    def test_unknown_model(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.client.chat.completions.create(model="nowhere", messages=user("hello"))
        self.assertIn("nowhere", caught.exception.message)
        self.assertEqual(caught.exception.code, "model_not_found")

    def test_bad_requests(self):
        for more, word in (({"temperature": 9}, "temperature"), ({"max_tokens": -1}, "max_tokens"), ({"n": 0}, "n"), ({"top_p": 7}, "top_p")):
            with self.assertRaises(openai.BadRequestError) as caught:
                self.client.chat.completions.create(model=MODEL, messages=user("hello"), **more)
            self.assertIn(word, caught.exception.message)
            self.assertEqual(caught.exception.type, "invalid_request_error")

    def test_no_messages(self):
        with self.assertRaises(openai.BadRequestError):
            self.client.chat.completions.create(model=MODEL, messages=[])

    def test_prompt_too_long(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            self.client.chat.completions.create(model=MODEL, messages=user("hello " * 6000))
        self.assertEqual(caught.exception.code, "context_length_exceeded")
        self.assertRegex(caught.exception.message, "409[56]")

    def test_keys(self):
        locked = client_of("HEARTH_LOCKED_URL", "a-key-that-nobody-gave-out")
        with self.assertRaises(openai.AuthenticationError) as caught:
            locked.models.list()
        self.assertEqual(caught.exception.code, "invalid_api_key")
        good = client_of("HEARTH_LOCKED_URL", os.environ["HEARTH_KEY"])
        self.assertEqual(good.chat.completions.create(model=MODEL, messages=user("hello"), temperature=0).choices[0].message.content, GREETING)

    def test_rate_limit(self):
        limited = client_of("HEARTH_LOCKED_URL", os.environ["HEARTH_LIMITED_KEY"])
        with self.assertRaises(openai.RateLimitError) as caught:
            for _ in range(5):
                limited.chat.completions.create(model=MODEL, messages=user("hello"), max_tokens=1)
        self.assertGreater(int(caught.exception.response.headers["retry-after"]), 0)


class Async(unittest.IsolatedAsyncioTestCase):
    async def test_stream(self):
        async with openai.AsyncOpenAI(base_url=os.environ["HEARTH_URL"] + "/v1", api_key="none", max_retries=0) as client:
            stream = await client.chat.completions.create(model=MODEL, messages=user("hello"), temperature=0, stream=True)
            self.assertEqual("".join([c.choices[0].delta.content or "" async for c in stream if c.choices]), GREETING)


if __name__ == "__main__":
    unittest.main(verbosity=1)
