#include "support/sample_plans.h"

namespace hearth::test {
namespace {

constexpr std::uint64_t kMi = 1024ULL * 1024, kGi = 1024 * kMi;

template <typename T>
Known<T> known(T value, Provenance provenance = Provenance::kCatalogue) {
  return Fact<T>{std::move(value), provenance};
}

PlanChoice choice(const std::string& task, const std::string& model, const std::string& name, const std::string& format,
                  const std::string& runtime) {
  PlanChoice out;
  out.task = task;
  out.model = model;
  out.model_name = name;
  out.format = format;
  out.runtime = runtime;
  out.runtime_name = runtime;
  out.backend = "cpu";
  out.device = "cpu";
  out.device_name = "CPU";
  out.licence = "Apache-2.0";
  out.commercial = "yes";
  out.memory_basis = "formula";
  out.placement.kind = "one_device";
  return out;
}

void precision(PlanChoice& out, const std::string& id, const std::string& name) {
  out.precision = id;
  out.precision_name = name;
}

void memory(PlanChoice& out, const std::string& device, std::uint64_t weights, std::uint64_t kv,
            std::uint64_t compute) {
  out.memory.items = {{device, "weights", memory_component::kWeights, weights, device == "cpu" ? weights : 0},
                      {device, "kv", memory_component::kKvCache, kv, 0},
                      {device, "compute", memory_component::kCompute, compute, 0},
                      {"cpu", "runtime", memory_component::kRuntime, 60 * kMi, 0}};
}

void context(PlanChoice& out, std::uint64_t tokens, std::uint32_t users, const std::string& kv) {
  out.context_length = tokens;
  out.users = users;
  out.settings.kv_type = kv;
}

HardwareProfile machine(const std::string& id, const std::string& name, const std::string& os,
                        const std::string& architecture) {
  HardwareProfile out;
  out.id = id;
  out.name = name;
  out.source = "catalogue";
  out.os = os;
  out.architecture = architecture;
  out.os_reserve_bytes = {kGi, Provenance::kCatalogue};
  return out;
}

ProfileAccelerator gpu(const std::string& id, const std::string& name, double gib, double bandwidth_GBps,
                       double fp16_tflops) {
  ProfileAccelerator out;
  out.kind = "gpu";
  out.id = id;
  out.vendor = "nvidia";
  out.name = known(name);
  out.memory_bytes = known(static_cast<std::uint64_t>(gib * static_cast<double>(kGi)));
  out.bandwidth_GBps = known(bandwidth_GBps);
  out.compute.fp16_tflops = fp16_tflops;
  out.backends = {"cuda", "vulkan"};
  return out;
}

PlanChoice pi5_chat() {
  PlanChoice out = choice("chat", "qwen3-1.7b", "Qwen3 1.7B", "gguf", "llama");
  out.runtime_name = "llama.cpp";
  precision(out, "q4-k-m", "Q4_K_M");
  out.hub = "Qwen/Qwen3-1.7B";
  memory(out, "cpu", 1282 * kMi, 448 * kMi, 300 * kMi);
  context(out, 4096, 1, "f16");
  out.settings.threads = 4;
  out.settings.prompt_batch = 512;
  out.settings.prompt_microbatch = 256;
  out.settings.mmap = true;
  out.settings.flash_attention = false;
  out.parameters_B = out.active_B = 1.72;
  out.runtime_present = true;
  out.projection.prefill_tok_s = Interval{92, 70, 118};
  out.projection.decode_tok_s = Interval{9.4, 7.8, 11.1};
  out.projection.sustained_decode_tok_s = Interval{8.1, 6.5, 9.9};
  out.projection.ttft_ms = Interval{2800, 2170, 3660};
  out.projection.ttft_prompt_tokens = 256;
  out.projection.power_w = Interval{9.5, 8, 11};
  out.projection.basis = "fitted roofline";
  out.placement.bytes = {{"ram", out.memory.total_bytes()}};
  out.why = {"Best chat quality among the models that leave room for speech.",
             "Q4_K_M is the lowest precision allowed for chat."};
  out.avoid = {"More than 4 threads: the cores share one memory bus."};
  out.caveats = {"Without a fan the board throttles after about 5 minutes."};
  return out;
}

PlanChoice pi5_stt() {
  PlanChoice out = choice("stt", "whisper-base", "Whisper base", "ggml", "whisper");
  out.runtime_name = "whisper.cpp";
  precision(out, "q5-1", "Q5_1");
  memory(out, "cpu", 57 * kMi, 12 * kMi, 96 * kMi);
  out.settings.threads = 4;
  out.settings.chunk_ms = 10000;
  out.licence = "MIT";
  out.projection.latency_ms = Interval{1900, 1500, 2500};
  out.projection.rtf = Interval{0.19, 0.15, 0.25};
  out.projection.basis = "fitted roofline";
  out.why = {"Fastest model with a word error rate below 10 % on clean speech."};
  return out;
}

PlanChoice pi5_tts() {
  PlanChoice out = choice("tts", "piper-en-medium", "Piper medium", "onnx", "sherpa-onnx");
  precision(out, "fp32", "FP32");
  memory(out, "cpu", 63 * kMi, 0, 40 * kMi);
  out.licence = "GPL-3.0-or-later";
  out.commercial = "restricted";
  out.licence_note = "Selling a product that carries it needs its source to be offered.";
  out.install_hint = "apt install sherpa-onnx";
  out.projection.rtf = Interval{0.18, 0.12, 0.27};
  return out;
}

void add_pi5_judgement(Plan& plan) {
  plan.rejected = {{"chat", "qwen3-8b", "Q4_K_M", "llama", "Decodes 2.6 tok/s; 8 tok/s were asked for.", 0},
                   {"chat", "qwen3-4b", "Q4_K_M", "llama", "Decodes 4.9 tok/s; 8 tok/s were asked for.", 0},
                   {"chat", "qwen3-14b", "Q4_K_M", "llama", "Needs 9.9 GiB of a budget of 6.8 GiB.", 10630044058},
                   {"stt", "whisper-large-v3", "Q5_0", "whisper", "RTF 4.1: slower than speech.", 0}};
  plan.alternatives = {{"chat",
                        "smaller_model",
                        "Qwen3 0.6B is faster and less able.",
                        "qwen3-0.6b",
                        "Q8_0",
                        "llama",
                        "f16",
                        4096,
                        1150 * kMi,
                        true,
                        Interval{17, 14, 21},
                        {},
                        1.8},
                       {"chat",
                        "kv_quantisation",
                        "A q8_0 cache saves 210 MiB.",
                        "qwen3-1.7b",
                        "Q4_K_M",
                        "llama",
                        "q8_0",
                        4096,
                        1880 * kMi,
                        true,
                        Interval{9.1, 7.5, 10.8},
                        {},
                        0.97}};
}

void add_pi5_outlook(Plan& plan) {
  plan.risks = {{"heat", "chat", "The board throttles at 80 degC without a fan.", "high",
                 "Decode falls to about 6 tok/s.", "Fit the active cooler.", "shorter_context"},
                {"licence", "tts", "The voice is under GPL-3.0.", "medium", "A closed product can't carry it.",
                 "Choose Kokoro 82M.", ""}};
  plan.ladders["chat"] = {
      {"as planned", "qwen3-1.7b", "Q4_K_M", "f16", "", 4096, 2090 * kMi, "none", Interval{9.4, 7.8, 11.1}, {}},
      {"shorter_context",
       "qwen3-1.7b",
       "Q4_K_M",
       "f16",
       "Drop the oldest turns.",
       2048,
       1850 * kMi,
       "forgets sooner",
       Interval{9.6, 8, 11.4},
       {}},
      {"smaller_model",
       "qwen3-0.6b",
       "Q8_0",
       "f16",
       "Load the smaller model.",
       2048,
       900 * kMi,
       "clearly weaker",
       Interval{17, 14, 21},
       {}}};
  plan.slos = {{"on-device-chat",
                "On-device chat",
                "chat",
                "decode_tok_s",
                "tok/s",
                10.0,
                {},
                Interval{9.4, 7.8, 11.1},
                "at_risk"},
               {"tts-rtf", "Speech synthesis", "tts", "rtf", "", {}, 0.3, Interval{0.18, 0.12, 0.27}, "meets"}};
  plan.verification = {{"load", "chat", "hearth run chat -m qwen3-1.7b -p hello --json", "exit status 0", "", "", {}},
                       {"decode", "chat", "hearth verify plan.json --json", "decode within its bounds", "decode_tok_s",
                        "tok/s", Interval{9.4, 7.8, 11.1}}};
}

}  // namespace

Plan pi5_voice_plan() {
  Plan plan;
  plan.hearth_version = "0.1.0";
  plan.device = machine("pi5-8gb", "Raspberry Pi 5 8 GB", "linux", "aarch64");
  plan.device.cpu.model = known(std::string("Broadcom BCM2712"));
  plan.device.cpu.cores = known(4);
  plan.device.cpu.kinds = {{"Cortex-A76", 4, 1, 2.4}};
  plan.device.cpu.isa = known(std::vector<std::string>{"neon", "dotprod"});
  plan.device.cpu.f32_tflops = known(0.13);
  plan.device.cpu.int8_tops = known(0.5);
  plan.device.memory.total_bytes = known(8 * kGi);
  plan.device.memory.type = known(std::string("LPDDR4X-4267"));
  plan.device.memory.read_bandwidth_GBps = Fact<double>{14.6, Provenance::kMeasured, 0.03};
  plan.device.power.load_w = known(9.5);
  plan.device.thermal.cooling = "passive";
  plan.device.thermal.throttle_c = 80;
  plan.device.skipped = {{"storage read speed", "the profile comes from a record"}};
  plan.offline = plan.understood.request.offline = true;
  plan.understood.readings = {{"device", "pi5-8gb", "\"Pi 5\"", false},
                              {"offline", "yes", "\"offline\"", false},
                              {"tasks", "chat, stt, tts", "\"voice assistant\"", false},
                              {"context", "4096 tokens", "the preset of the device", true}};
  plan.choices = {pi5_chat(), pi5_stt(), pi5_tts()};
  std::uint64_t planned = 0;
  for (const auto& made : plan.choices) planned += made.memory.total_bytes();
  plan.pools = {{"ram", 8 * kGi, kGi + 200 * kMi, 8 * kGi - kGi - 200 * kMi, planned}};
  add_pi5_judgement(plan);
  add_pi5_outlook(plan);
  return plan;
}

Plan rtx4090_plan() {
  Plan plan;
  plan.hearth_version = "0.1.0";
  plan.device = machine("rtx-4090", "NVIDIA GeForce RTX 4090", "linux", "x86_64");
  plan.device.cpu.model = known(std::string("Ryzen 9 7950X"), Provenance::kAssumed);
  plan.device.cpu.cores = known(16, Provenance::kAssumed);
  plan.device.memory.total_bytes = known(64 * kGi, Provenance::kAssumed);
  plan.device.memory.bus_bandwidth_GBps = known(83.2, Provenance::kAssumed);
  plan.device.accelerators = {gpu("gpu0", "NVIDIA GeForce RTX 4090", 24, 1008, 165.2)};
  plan.device.power.load_w = known(420.0);
  PlanChoice chat = choice("chat", "qwen3-32b", "Qwen3 32B", "safetensors", "vllm");
  precision(chat, "awq", "AWQ 4-bit");
  chat.hub = "Qwen/Qwen3-32B-AWQ";
  chat.runtime_name = "vLLM";
  chat.install_hint = "pip install vllm";
  chat.backend = "cuda";
  chat.device = "gpu0";
  chat.device_name = "NVIDIA GeForce RTX 4090";
  memory(chat, "gpu0", 18300 * kMi, 4096 * kMi, 900 * kMi);
  context(chat, 2048, 8, "f16");
  chat.settings.prompt_batch = 2048;
  chat.parameters_B = chat.active_B = 32.8;
  chat.projection.prefill_tok_s = Interval{1850, 1500, 2250};
  chat.projection.decode_tok_s = Interval{33, 27, 39};
  chat.projection.total_decode_tok_s = Interval{236, 190, 285};
  chat.projection.ttft_ms = Interval{540, 430, 690};
  chat.projection.ttft_prompt_tokens = 1024;
  chat.projection.basis = "fitted roofline";
  chat.placement.bytes = {{"gpu0", chat.memory.total_bytes() - 60 * kMi}, {"ram", 60 * kMi}};
  chat.why = {"Largest Qwen3 that fits 24 GiB with eight users.",
              "vLLM gains 2.1 times over llama.cpp at eight users."};
  plan.choices = {chat};
  plan.pools = {{"ram", 64 * kGi, 4 * kGi, 60 * kGi, 60 * kMi},
                {"gpu0", 24 * kGi, 512 * kMi, 24 * kGi - 512 * kMi, chat.memory.total_bytes() - 60 * kMi}};
  plan.alternatives = {{"chat",
                        "other_runtime",
                        "llama.cpp reaches about half at eight users.",
                        "qwen3-32b",
                        "Q4_K_M",
                        "llama",
                        "q8_0",
                        2048,
                        22 * kGi,
                        true,
                        Interval{15, 12, 18},
                        {},
                        0.47}};
  plan.ladders["chat"] = {{"as planned",
                           "qwen3-32b",
                           "AWQ 4-bit",
                           "f16",
                           "",
                           2048,
                           chat.memory.total_bytes(),
                           "none",
                           Interval{33, 27, 39},
                           {}}};
  plan.risks = {{"memory", "chat", "Eight full contexts leave 0.4 GiB of the card free.", "medium",
                 "A request is put off until another ends.", "Fewer users or a shorter context.", "as planned"}};
  plan.verification = {{"decode", "chat", "hearth verify plan.json --json", "27 to 39 tok/s for each user",
                        "decode_tok_s", "tok/s", Interval{33, 27, 39}}};
  return plan;
}

Plan unserved_plan() {
  Plan plan;
  plan.hearth_version = "0.1.0";
  plan.device = machine("macbook-air-m2-16gb", "MacBook Air M2 16 GB", "macos", "aarch64");
  plan.device.memory.total_bytes = known(16 * kGi);
  plan.device.unified_memory = true;
  plan.pools = {{"ram", 16 * kGi, 4 * kGi, 12 * kGi, 0}};
  plan.unserved = {"chat"};
  plan.understood.request.wishes = {{"chat", "llama-3.3-70b-instruct", false}};
  plan.understood.readings = {{"model", "llama-3.3-70b-instruct", "\"70B\"", false}};
  plan.rejected = {
      {"chat", "llama-3.3-70b-instruct", "Q4_K_M", "llama", "Needs 41.6 GiB of a budget of 12.0 GiB.", 44667659878},
      {"chat", "llama-3.3-70b-instruct", "IQ2_XS", "llama",
       "Below the floor for chat, Q4_K_M; and needs 21 GiB of 12.0 GiB.", 22548578304}};
  plan.alternatives = {{"chat",
                        "smaller_model",
                        "Qwen3 14B in Q4_K_M fits.",
                        "qwen3-14b",
                        "Q4_K_M",
                        "llama",
                        "q8_0",
                        8192,
                        10 * kGi,
                        true,
                        Interval{9.5, 7.8, 11.5},
                        {},
                        {}},
                       {"chat",
                        "lower_precision",
                        "No precision of the 70B model fits: IQ1_S still needs 16.1 GiB.",
                        "llama-3.3-70b-instruct",
                        "IQ1_S",
                        "llama",
                        "q4_0",
                        2048,
                        16 * kGi + 100 * kMi,
                        false,
                        {},
                        {},
                        {}},
                       {"chat",
                        "ssd_tier",
                        "Weights streamed from the SSD: it runs, far below reading speed.",
                        "llama-3.3-70b-instruct",
                        "Q4_K_M",
                        "llama",
                        "q8_0",
                        2048,
                        11 * kGi,
                        true,
                        Interval{0.08, 0.05, 0.11},
                        {},
                        {}},
                       {"chat",
                        "shorter_context",
                        "The cache is not what is too large.",
                        "llama-3.3-70b-instruct",
                        "Q4_K_M",
                        "llama",
                        "f16",
                        512,
                        41 * kGi,
                        false,
                        {},
                        {},
                        {}}};
  return plan;
}

Plan hostile_plan() {
  const std::string evil = "e\"vil'; touch pwned; $(touch pwned) `touch pwned` #%n ${HOME}\n[x]\\";
  Plan plan;
  plan.hearth_version = "0.1.0";
  plan.device = machine("two-gpu-server", "Server <b>&amp;\"two\"</b> | GPUs\x1b[2J", "linux", "x86_64");
  plan.device.memory.total_bytes = known(128 * kGi, Provenance::kSystem);
  plan.device.accelerators = {gpu("gpu0", "A | B", 24, 936, 71), gpu("gpu1", "<script>alert(1)</script>", 24, 936, 71)};
  plan.pools = {{"ram", 128 * kGi, 4 * kGi, 124 * kGi, 30 * kGi},
                {"gpu0", 24 * kGi, kGi, 23 * kGi, 12 * kGi},
                {"gpu1", 24 * kGi, kGi, 23 * kGi, 12 * kGi}};
  const auto on_gpu = [](PlanChoice& out) {
    out.backend = "cuda";
    out.device = "gpu0";
    out.projection.decode_tok_s = Interval{30, 25, 36};
    out.active_B = out.parameters_B = 8;
  };
  PlanChoice chat = choice("chat", "/srv/models/" + evil + ".gguf", evil, "gguf", "llama");
  chat.file = "/srv/models/" + evil + ".gguf";
  precision(chat, "q5-k-m", "Q5_K_M");
  memory(chat, "gpu0", 8 * kGi, kGi, 200 * kMi);
  context(chat, 8192, 4, "q8_0");
  on_gpu(chat);
  chat.placement.kind = "several_gpus";
  chat.placement.bytes = {{"gpu0", 5 * kGi}, {"gpu1", 4 * kGi}, {"ram", 60 * kMi}};
  chat.settings.mlock = true;
  PlanChoice moe = choice("code", "moe-model", "Moe <i>", "gguf", "llama");
  precision(moe, "q4-k-m", "Q4_K_M");
  moe.hub = "owner/moe-model-GGUF";
  memory(moe, "gpu0", 6 * kGi, kGi, 300 * kMi);
  moe.memory.items.push_back({"cpu", "experts", memory_component::kWeights, 20 * kGi, 20 * kGi});
  context(moe, 16384, 1, "f16");
  on_gpu(moe);
  moe.placement = {"experts_on_cpu", {{"gpu0", 7 * kGi}, {"ram", 20 * kGi}}, 12, 48, 0};
  PlanChoice embed = choice("embed", "bge-m3", "BGE M3", "gguf", "llama");
  precision(embed, "q8-0", "Q8_0");
  memory(embed, "cpu", 600 * kMi, 0, 100 * kMi);
  context(embed, 2048, 1, "");
  PlanChoice engine = choice("maths", "qwen3-8b", "Qwen3 8B", "safetensors", "tensorrt-llm");
  precision(engine, "fp8-e4m3", "FP8");
  engine.hub = "Qwen/Qwen3-8B";
  memory(engine, "gpu0", 8 * kGi, 2 * kGi, 500 * kMi);
  context(engine, 4096, 4, "fp8");
  on_gpu(engine);
  PlanChoice detector = choice("vision", "yolo11n", "YOLO11n", "openvino_ir", "openvino");
  precision(detector, "int8", "INT8");
  memory(detector, "cpu", 4 * kMi, 0, 40 * kMi);
  detector.settings.resolution = {640, 640};
  detector.settings.streams = 2;
  detector.settings.threads = 8;
  detector.projection.fps = Interval{85, 70, 100};
  detector.projection.latency_ms = Interval{11.8, 10, 14.3};
  PlanChoice written = choice("image_chat", "qwen3-vl-4b", "Qwen3 VL 4B", "openvino_ir", "ovms");
  precision(written, "int4", "INT4");
  written.hub = "OpenVINO/Qwen3-VL-4B-int4-ov";
  memory(written, "cpu", 3 * kGi, kGi, 100 * kMi);
  context(written, 8192, 2, "u8");
  PlanChoice classifier = choice("classify", "efficientnet-b0", "EfficientNet-B0", "onnx", "onnxruntime");
  precision(classifier, "fp32", "FP32");
  memory(classifier, "gpu0", 21 * kMi, 0, 60 * kMi);
  on_gpu(classifier);
  classifier.projection = {};
  plan.choices = {chat, moe, embed, engine, detector, written, classifier};
  plan.risks = {{"licence", "chat", "a | b <script>alert(1)</script>", "low", evil, "*none*", ""}};
  plan.rejected = {{"chat", evil, "Q2_K", "llama", "Below the floor for chat.", 0}};
  return plan;
}

Plan mac_plan() {
  Plan plan;
  plan.hearth_version = "0.1.0";
  plan.device = machine("macbook-pro-m3-pro-36gb", "MacBook Pro M3 Pro 36 GB", "macos", "aarch64");
  plan.device.unified_memory = true;
  plan.device.memory.total_bytes = known(36 * kGi);
  plan.device.memory.bus_bandwidth_GBps = known(150.0);
  PlanChoice chat = choice("chat", "llama-3-8b", "Llama 3 8B", "mlx", "mlx");
  precision(chat, "int4", "4-bit");
  chat.hub = "meta-llama/Meta-Llama-3-8B-Instruct";
  chat.backend = "metal";
  chat.device = "gpu0";
  memory(chat, "gpu0", 4600 * kMi, 1024 * kMi, 200 * kMi);
  context(chat, 8192, 2, "f16");
  chat.settings.prompt_batch = 1024;
  chat.projection.decode_tok_s = Interval{31, 26, 36};
  plan.choices = {chat};
  plan.pools = {{"ram", 36 * kGi, 6 * kGi, 27 * kGi, chat.memory.total_bytes()}};
  return plan;
}

Plan windows_plan() {
  Plan plan = pi5_voice_plan();
  plan.device = machine("ryzen-7-8845hs-32gb-windows", "Windows mini-PC", "windows", "x86_64");
  plan.offline = plan.understood.request.offline = false;
  plan.understood.request.privacy = true;
  plan.choices.resize(1);
  plan.choices[0].model_name = "it's \u2019odd\u2019";
  return plan;
}

std::vector<std::pair<std::string, Plan>> sample_plans() {
  return {{"pi5", pi5_voice_plan()},   {"rtx4090", rtx4090_plan()}, {"unserved", unserved_plan()},
          {"hostile", hostile_plan()}, {"mac", mac_plan()},         {"windows", windows_plan()}};
}

}  // namespace hearth::test
