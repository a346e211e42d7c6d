"""The official Python client `anthropic` against hearth serve; started by run_clients.py."""
import json
import os
import unittest

import anthropic

MODEL = "clients"
WEATHER = {"name": "get_weather", "description": "The weather of a city", "input_schema": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
GREETING = "Hello there. I am a script and know only what was written down."


def client_of(url_name="HEARTH_URL", key="none"):
    return anthropic.Anthropic(base_url=os.environ[url_name], api_key=key, max_retries=0, timeout=60)


def prompt_tokens(usage):
    """Those that were computed and those that came from the cache, which the API counts apart."""
    return usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)


class ClientCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = client_of()

    def ask(self, content, **more):
        return self.client.messages.create(**self.request(content, **more))

    def request(self, content, **more):
        messages = content if isinstance(content, list) else [{"role": "user", "content": content}]
        # The newest client names no temperature; the script is said word for word at 0 only.
        body = {"temperature": 0, **more.pop("extra_body", {})}
        return {"model": MODEL, "max_tokens": 300, "messages": messages, "extra_body": body, **more}


class Messages(ClientCase):
    def test_answer_and_usage(self):
        done = self.ask("hello")
        self.assertEqual((done.type, done.role, done.model, done.stop_reason), ("message", "assistant", MODEL, "end_turn"))
        self.assertEqual([(block.type, block.text) for block in done.content], [("text", GREETING)])
        self.assertGreater(prompt_tokens(done.usage), 3)
        self.assertGreater(done.usage.output_tokens, 3)

    def test_system_and_blocks(self):
        done = self.ask([{"role": "user", "content": [{"type": "text", "text": "hello", "cache_control": {"type": "ephemeral"}}]}],
                        system=[{"type": "text", "text": "Be short."}])
        self.assertEqual(done.content[0].text, GREETING)

    def test_max_tokens(self):
        done = self.ask("Count", max_tokens=5)
        self.assertEqual((done.stop_reason, done.usage.output_tokens), ("max_tokens", 5))

    def test_stop_sequence(self):
        done = self.ask("Count", stop_sequences=[" four"])
        self.assertEqual((done.stop_reason, done.stop_sequence, done.content[0].text), ("stop_sequence", " four", "one two three"))

    def test_stream_helper(self):
        with self.client.messages.stream(**self.request("hello")) as stream:
            self.assertEqual("".join(stream.text_stream), GREETING)
            final = stream.get_final_message()
        self.assertEqual((final.stop_reason, final.content[0].text), ("end_turn", GREETING))
        self.assertGreater(final.usage.output_tokens, 3)

    def test_stream_events(self):
        kinds = [event.type for event in self.client.messages.create(**self.request("hello"), stream=True)]
        self.assertEqual(kinds[:2], ["message_start", "content_block_start"])
        self.assertEqual(kinds[-3:], ["content_block_stop", "message_delta", "message_stop"])
        self.assertGreater(kinds.count("content_block_delta"), 3)

    def test_thinking(self):
        for wish in ({"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}):
            done = self.ask("Think about it", thinking=wish, max_tokens=2048)
            self.assertEqual([block.type for block in done.content], ["thinking", "text"])
            self.assertIn("Two and two", done.content[0].thinking)
            self.assertEqual(done.content[1].text.strip(), "The answer is 4.")

    def test_json_schema(self):
        schema = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"},
                                                   "tags": {"type": "array", "items": {"type": "string"}}},
                  "required": ["name", "age", "tags"], "additionalProperties": False}
        done = self.ask("A person as JSON", output_config={"format": {"type": "json_schema", "schema": schema}})
        self.assertEqual(json.loads(done.content[0].text)["age"], 36)


class Tools(ClientCase):
    def test_call_and_answer(self):
        question = "What is the weather in Oslo?"
        first = self.ask(question, tools=[WEATHER])
        self.assertEqual(first.stop_reason, "tool_use")
        call = first.content[-1]
        self.assertEqual((call.type, call.name, call.input), ("tool_use", "get_weather", {"city": "Oslo"}))
        second = self.ask([{"role": "user", "content": question}, {"role": "assistant", "content": first.content},
                           {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": '{"temperature_c": 21}'}]}],
                          tools=[WEATHER])
        self.assertEqual(second.content[0].text, "It is 21 degrees in Oslo.")

    def test_parallel_calls(self):
        done = self.ask("The weather in Oslo and Bergen?", tools=[WEATHER])
        self.assertEqual([block.input["city"] for block in done.content if block.type == "tool_use"], ["Oslo", "Bergen"])
        done = self.ask("The weather in Oslo and Bergen?", tools=[WEATHER], tool_choice={"type": "auto", "disable_parallel_tool_use": True})
        self.assertEqual(sum(block.type == "tool_use" for block in done.content), 1)

    def test_streamed_input(self):
        pieces = []
        with self.client.messages.stream(**self.request("What is the weather in Oslo?", tools=[WEATHER])) as stream:
            for event in stream:
                if event.type == "input_json":
                    pieces.append(event.partial_json)
            final = stream.get_final_message()
        self.assertEqual(final.content[-1].input, {"city": "Oslo"})
        self.assertGreater(len([p for p in pieces if p]), 2, "the input came in one piece")

    def test_choices(self):
        for choice in ({"type": "any"}, {"type": "tool", "name": "get_weather"}):
            done = self.ask("What is the weather in Oslo?", tools=[WEATHER], tool_choice=choice)
            self.assertEqual((done.content[-1].type, done.content[-1].input), ("tool_use", {"city": "Oslo"}))
        self.assertEqual(self.ask("hello", tools=[WEATHER], tool_choice={"type": "none"}).content[0].text, GREETING)


class Counting(ClientCase):
    def test_counts_what_a_message_would_use(self):
        request = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]}
        counted = self.client.messages.count_tokens(**request).input_tokens
        self.assertEqual(counted, prompt_tokens(self.ask("hello").usage))
        self.assertGreater(self.client.messages.count_tokens(**request, tools=[WEATHER]).input_tokens, counted)


class Models(ClientCase):
    def test_list(self):
        self.assertIn(MODEL, [model.id for model in self.client.models.list()])


class Errors(ClientCase):
    def test_unknown_model(self):
        with self.assertRaises(anthropic.NotFoundError) as caught:
            self.ask("hello", model="nowhere")
        self.assertEqual(caught.exception.body["error"]["type"], "not_found_error")

    def test_bad_requests(self):
        for more in ({"max_tokens": 0}, {"extra_body": {"temperature": 9}}, {"messages": []}, {"messages": [{"role": "nobody", "content": "x"}]}):
            with self.assertRaises(anthropic.BadRequestError) as caught:
                self.client.messages.create(**{**self.request("hello"), **more})
            self.assertEqual(caught.exception.body["type"], "error")
            self.assertEqual(caught.exception.body["error"]["type"], "invalid_request_error")

    def test_keys(self):
        with self.assertRaises(anthropic.AuthenticationError) as caught:
            client_of("HEARTH_LOCKED_URL", "a-key-that-nobody-gave-out").messages.create(**self.request("hello"))
        self.assertEqual(caught.exception.body["error"]["type"], "authentication_error")
        good = client_of("HEARTH_LOCKED_URL", os.environ["HEARTH_KEY"])
        self.assertEqual(good.messages.create(**self.request("hello")).content[0].text, GREETING)

    def test_rate_limit(self):
        limited = client_of("HEARTH_LOCKED_URL", os.environ["HEARTH_LIMITED_KEY"])
        with self.assertRaises(anthropic.RateLimitError) as caught:
            for _ in range(5):
                limited.messages.create(**self.request("hello"))
        self.assertEqual(caught.exception.body["error"]["type"], "rate_limit_error")


if __name__ == "__main__":
    unittest.main(verbosity=1)
