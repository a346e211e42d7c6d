// The official Node client `openai` against hearth serve; started by run_clients.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";

const MODEL = "clients";
const GREETING = "Hello there. I am a script and know only what was written down.";
const connect = (url = process.env.HEARTH_URL, apiKey = "none") => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, timeout: 60000 });
const client = connect();
const user = (content) => [{ role: "user", content }];
const chat = (content, more = {}) => client.chat.completions.create({ model: MODEL, messages: user(content), temperature: 0, ...more });
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const WEATHER = { type: "function", function: { name: "get_weather", description: "The weather of a city", parameters } };
const PERSON = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer" }, tags: { type: "array", items: { type: "string" } } },
  required: ["name", "age", "tags"],
  additionalProperties: false,
};

test("chat", async () => {
  const done = await chat("hello");
  assert.equal(done.choices[0].message.content, GREETING);
  assert.equal(done.choices[0].finish_reason, "stop");
  assert.equal(done.usage.total_tokens, done.usage.prompt_tokens + done.usage.completion_tokens);
});

test("chat, streamed", async () => {
  let text = "", pieces = 0, usage = null;
  for await (const chunk of await chat("hello", { stream: true, stream_options: { include_usage: true } })) {
    const piece = chunk.choices[0]?.delta?.content ?? "";
    text += piece;
    pieces += piece !== "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, GREETING);
  assert.ok(pieces > 3 && usage.completion_tokens > 3);
});

test("a stream that is given up leaves the server as it was", async () => {
  const stream = await chat("Count", { stream: true });
  for await (const chunk of stream) {
    assert.ok(chunk.id);
    stream.controller.abort();
    break;
  }
  assert.equal((await chat("hello")).choices[0].message.content, GREETING);
});

test("tools", async () => {
  const question = user("What is the weather in Oslo?");
  const first = await client.chat.completions.create({ model: MODEL, messages: question, tools: [WEATHER], temperature: 0 });
  const call = first.choices[0].message.tool_calls[0];
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments), first.choices[0].finish_reason], ["get_weather", { city: "Oslo" }, "tool_calls"]);
  const messages = [...question, first.choices[0].message, { role: "tool", tool_call_id: call.id, content: '{"temperature_c": 21}' }];
  const second = await client.chat.completions.create({ model: MODEL, messages, tools: [WEATHER], temperature: 0 });
  assert.equal(second.choices[0].message.content, "It is 21 degrees in Oslo.");
});

test("tools, streamed by the helper", async () => {
  const runner = client.chat.completions.stream({ model: MODEL, messages: user("The weather in Oslo and Bergen?"), tools: [WEATHER], temperature: 0 });
  const final = await runner.finalChatCompletion();
  assert.deepEqual(final.choices[0].message.tool_calls.map((call) => JSON.parse(call.function.arguments).city), ["Oslo", "Bergen"]);
});

test("tools that run by themselves", async () => {
  const getWeather = { ...WEATHER.function, parse: JSON.parse, function: async ({ city }) => `{"temperature_c": 21, "city": "${city}"}` };
  const runner = client.chat.completions.runTools({ model: MODEL, messages: user("What is the weather in Oslo?"), temperature: 0,
                                                    tools: [{ type: "function", function: getWeather }] });
  assert.equal(await runner.finalContent(), "It is 21 degrees in Oslo.");
});

test("JSON Schema", async () => {
  const done = await chat("A person as JSON", { response_format: { type: "json_schema", json_schema: { name: "person", strict: true, schema: PERSON } } });
  assert.deepEqual(JSON.parse(done.choices[0].message.content), { name: "Ada", age: 36, tags: ["math", "code"] });
});

test("embeddings", async () => {
  // The client asks for base64 unless told otherwise, and decodes it.
  const inBase64 = await client.embeddings.create({ model: MODEL, input: ["hello", "there"] });
  const inFloats = await client.embeddings.create({ model: MODEL, input: "hello", encoding_format: "float" });
  assert.equal(inBase64.data.length, 2);
  assert.equal(inFloats.data[0].embedding.length, 32);
  inFloats.data[0].embedding.forEach((x, i) => assert.ok(Math.abs(x - inBase64.data[0].embedding[i]) < 1e-4));
});

test("completions", async () => {
  const done = await client.completions.create({ model: MODEL, prompt: "Once upon a time", temperature: 0, max_tokens: 100 });
  assert.equal(done.choices[0].text, ", there was a script that knew one story. The end.");
});

test("responses", async () => {
  const done = await client.responses.create({ model: MODEL, input: "hello", temperature: 0 });
  assert.equal(done.output_text, GREETING);
  let text = "", last = "";
  for await (const event of await client.responses.create({ model: MODEL, input: "hello", temperature: 0, stream: true })) {
    text += event.type === "response.output_text.delta" ? event.delta : "";
    last = event.type;
  }
  assert.deepEqual([text, last], [GREETING, "response.completed"]);
});

test("models", async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.ok(ids.includes(MODEL));
});

test("errors", async () => {
  await assert.rejects(() => client.chat.completions.create({ model: "nowhere", messages: user("x") }), OpenAI.NotFoundError);
  await assert.rejects(() => chat("x", { temperature: 9 }), OpenAI.BadRequestError);
  await assert.rejects(() => connect(process.env.HEARTH_LOCKED_URL, "a-key-that-nobody-gave-out").models.list(), OpenAI.AuthenticationError);
  const limited = connect(process.env.HEARTH_LOCKED_URL, process.env.HEARTH_LIMITED_KEY);
  await assert.rejects(async () => {
    for (let i = 0; i < 5; ++i) await limited.chat.completions.create({ model: MODEL, messages: user("x"), max_tokens: 1 });
  }, OpenAI.RateLimitError);
});
