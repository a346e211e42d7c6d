#include "plan/request_words.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/contains.h"
#include "base/units.h"
#include "plan/task_spec.h"
#include "plan/word_reader.h"

namespace hearth {
namespace {

struct PhraseRule {
  std::string_view phrase, field, value;
};

// Longer phrases first within a field: they are tried in this order.
constexpr std::array kPhrases = {
    PhraseRule{"voice assistant", "task", "voice chat"},
    PhraseRule{"speech to text", "task", "stt"},
    PhraseRule{"text to speech", "task", "tts"},
    PhraseRule{"image search", "task", "image_embed"},
    PhraseRule{"semantic search", "task", "embed"},
    PhraseRule{"object detection", "task", "detect"},
    PhraseRule{"real time video", "task", "detect"},
    PhraseRule{"image chat", "task", "image_chat"},
    PhraseRule{"vision language", "task", "image_chat"},
    PhraseRule{"voice", "task", "voice"},
    PhraseRule{"talk", "task", "voice"},
    PhraseRule{"speech", "task", "voice"},
    PhraseRule{"assistant", "task", "chat"},
    PhraseRule{"chatbot", "task", "chat"},
    PhraseRule{"chat", "task", "chat"},
    PhraseRule{"llm", "task", "chat"},
    PhraseRule{"transcription", "task", "stt"},
    PhraseRule{"transcribe", "task", "stt"},
    PhraseRule{"transcribes", "task", "stt"},
    PhraseRule{"dictation", "task", "stt"},
    PhraseRule{"subtitles", "task", "stt"},
    PhraseRule{"stt", "task", "stt"},
    PhraseRule{"asr", "task", "stt"},
    PhraseRule{"tts", "task", "tts"},
    PhraseRule{"narration", "task", "tts"},
    PhraseRule{"read-aloud", "task", "tts"},
    PhraseRule{"speaks", "task", "tts"},
    PhraseRule{"vision", "task", "vision"},
    PhraseRule{"camera", "task", "detect"},
    PhraseRule{"cameras", "task", "detect"},
    PhraseRule{"detection", "task", "detect"},
    PhraseRule{"detect", "task", "detect"},
    PhraseRule{"yolo", "task", "detect"},
    PhraseRule{"classification", "task", "classify"},
    PhraseRule{"classify", "task", "classify"},
    PhraseRule{"segmentation", "task", "segment"},
    PhraseRule{"embeddings", "task", "embed"},
    PhraseRule{"embedding", "task", "embed"},
    PhraseRule{"embed", "task", "embed"},
    PhraseRule{"rag", "task", "rag"},
    PhraseRule{"search", "task", "embed"},
    PhraseRule{"documents", "task", "rag"},
    PhraseRule{"pictures", "task", "image_chat"},
    PhraseRule{"photos", "task", "image_chat"},
    PhraseRule{"coding", "use", "code"},
    PhraseRule{"code", "use", "code"},
    PhraseRule{"programming", "use", "code"},
    PhraseRule{"maths", "use", "maths"},
    PhraseRule{"math", "use", "maths"},
    PhraseRule{"reasoning", "use", "reasoning"},
    PhraseRule{"legal", "use", "retrieval"},
    PhraseRule{"medical", "use", "retrieval"},
    PhraseRule{"contracts", "use", "retrieval"},
    PhraseRule{"retrieval", "use", "retrieval"},
    PhraseRule{"fully offline", "offline", "true"},
    PhraseRule{"no internet", "offline", "true"},
    PhraseRule{"no cloud", "offline", "true"},
    PhraseRule{"without internet", "offline", "true"},
    PhraseRule{"air-gapped", "offline", "true"},
    PhraseRule{"airgapped", "offline", "true"},
    PhraseRule{"airgap", "offline", "true"},
    PhraseRule{"offline", "offline", "true"},
    PhraseRule{"private", "privacy", "true"},
    PhraseRule{"privacy", "privacy", "true"},
    PhraseRule{"confidential", "privacy", "true"},
    PhraseRule{"on battery", "power", "battery"},
    PhraseRule{"battery", "power", "battery"},
    PhraseRule{"plugged in", "power", "ac"},
    PhraseRule{"mains", "power", "ac"},
    PhraseRule{"best quality", "quality", "high"},
    PhraseRule{"high quality", "quality", "high"},
    PhraseRule{"high fidelity", "quality", "high"},
    PhraseRule{"fastest", "quality", "fast"},
    PhraseRule{"fast", "quality", "fast"},
    PhraseRule{"low latency", "quality", "fast"},
    PhraseRule{"commercial", "commercial", "true"},
    PhraseRule{"streaming", "streaming", "true"},
};

void add_wish(PlanRequest& request, std::string_view task, std::string_view model = {}) {
  for (auto& wish : request.wishes) {
    if (wish.task != task || (!model.empty() && !wish.model.empty())) continue;
    if (!model.empty()) wish.model = model;
    return;
  }
  request.wishes.push_back({std::string(task), std::string(model), false});
}

void add_use(PlanRequest& request, std::string_view use) {
  if (!contains(request.uses, use)) request.uses.emplace_back(use);
}

void add_task(PlanRequest& request, std::string_view task) {
  if (task == "voice" || task == "voice chat") {
    add_wish(request, plan_task::kStt);
    add_wish(request, plan_task::kChat);
    add_wish(request, plan_task::kTts);
  } else if (task == "rag") {
    add_wish(request, plan_task::kChat);
    add_wish(request, plan_task::kEmbed);
    add_use(request, "retrieval");
  } else {
    add_wish(request, task);
  }
}

// Every name of every record, longest first, so that "orin nano super" is not read as "nano".
template <class Record>
std::vector<std::pair<std::string, const Record*>> names_by_length(std::span<const Record> records) {
  std::vector<std::pair<std::string, const Record*>> out;
  for (const auto& record : records) {
    out.emplace_back(record.id, &record);
    for (const auto& alias : record.aliases) out.emplace_back(alias, &record);
  }
  for (auto& [name, record] : out)
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return out;
}

class RequestReader {
 public:
  RequestReader(std::string_view words, const PlanRequest& base, const PlanCatalog& catalog)
      : words_(words), catalog_(catalog) {
    out_.request = base;
  }

  Result<PlanUnderstanding> read() {
    // numbers before names, so that "8 users" is no part of a name; names before phrases, so that a device may be
    // called "vision" and a model "chat"
    read_numbers();
    read_models();
    read_device();
    read_precision();
    read_sizes();
    read_phrases();
    auto unread = words_.left_over();
    // "Mac Studio" beside "M2 Ultra" says what the device's id says already
    std::erase_if(unread, [&](const std::string& word) {
      return std::any_of(out_.readings.begin(), out_.readings.end(), [&](const PlanReading& reading) {
        return (reading.field == "device" || reading.field == "model") && reading.value.find(word) != std::string::npos;
      });
    });
    if (!found_ && out_.request.wishes.empty())
      return fail(ErrorCode::kInvalidArgument, "nothing in these words can be planned",
                  "name a task, a model or a device: hearth plan \"voice assistant on a Raspberry Pi 5, offline\"");
    if (!unread.empty())
      out_.readings.push_back(
          {"not understood", fmt::format("{}", fmt::join(unread, " ")), "left out of the plan", true});
    return std::move(out_);
  }

 private:
  void note(std::string field, std::string value, std::string from) {
    found_ = true;
    out_.readings.push_back({std::move(field), std::move(value), std::move(from), false});
  }

  void read_models() {
    for (const auto& [name, model] : names_by_length(catalog_.models)) {
      if (name.size() < 3) continue;
      while (const auto text = words_.take_name(name)) {
        add_wish(out_.request, task_of_model(*model), model->id);
        note("model", model->id, *text);
      }
    }
  }

  void read_device() {
    for (const auto& [name, device] : names_by_length(catalog_.devices)) {
      if (!out_.request.device.empty()) return;
      if (const auto text = words_.take_name(name)) {
        out_.request.device = device->id;
        note("device", device->id, *text);
      }
    }
    for (const std::string_view here : {"this computer", "this machine", "here"})
      if (const auto text = out_.request.device.empty() ? words_.take_phrase(here) : std::nullopt) {
        out_.request.device = "probe";
        note("device", "probe", *text);
      }
  }

  void read_precision() {
    for (const auto& [name, precision] : names_by_length(catalog_.precisions)) {
      if (precision->group == "kv_cache" || name.size() < 3) continue;
      if (const auto text = words_.take_name(name)) {
        out_.request.precision = precision->id;
        note("precision", precision->id, *text);
        return;
      }
    }
  }

  void read_numbers() {
    auto& request = out_.request;
    if (const auto q = words_.take_quantity({"users", "user", "people", "clients", "streams"});
        q && q->value >= 1 && q->value <= 4096) {
      request.users = static_cast<std::uint32_t>(q->value);
      note("users", fmt::format("{}", request.users), q->text);
    }
    if (const auto q = words_.take_quantity({"x", "gpus", "cards"}); q && q->value >= 1 && q->value <= 64) {
      request.accelerators = static_cast<std::uint32_t>(q->value);
      note("accelerators", fmt::format("{}", *request.accelerators), q->text);
    } else if (const auto dual = words_.take_phrase("dual")) {
      request.accelerators = 2;
      note("accelerators", "2", *dual);
    }
    if (const auto q = words_.take_quantity({"gb", "gib"}); q && q->value > 0 && q->value < 1e5) {
      request.memory_bytes = static_cast<std::uint64_t>(q->value * static_cast<double>(kGiB));
      note("memory", format_bytes(*request.memory_bytes), q->text);
    }
    if (const auto q = words_.take_quantity({"tok/s", "tokens/s", "tps"})) {
      request.slo_tok_s = q->value;
      note("slo_tok_s", fmt::format("{:g}", q->value), q->text);
    }
    if (const auto q = words_.take_quantity({"k", "kctx"}); q && q->value > 0 && q->value < 1e5) {
      request.context_length = static_cast<std::uint64_t>(std::lround(q->value * 1024));
      (void)(words_.take_phrase("context") || words_.take_phrase("ctx") || words_.take_phrase("tokens"));
      note("context", fmt::format("{}", *request.context_length), q->text);
    } else if (const auto t = words_.take_quantity({"ctx", "context", "tokens"}); t && t->value >= 1) {
      request.context_length = static_cast<std::uint64_t>(t->value);
      note("context", fmt::format("{}", *request.context_length), t->text);
    }
  }

  // "70B": the model of about that size with the best published score.
  void read_sizes() {
    const auto q = words_.take_billions();
    if (!q || q->value <= 0) return;
    const auto named = std::find_if(out_.request.wishes.begin(), out_.request.wishes.end(),
                                    [](const auto& wish) { return wish.task == plan_task::kChat; });
    if (named != out_.request.wishes.end() && !named->model.empty()) return;
    const CatalogModel* best = nullptr;
    double best_score = -1;
    for (const auto& model : catalog_.models) {
      const double size = static_cast<double>(model.parameters_total) / 1e9;
      if (model.kind != "llm" || model.parameters_active || std::abs(std::log(size / q->value)) > 0.08) continue;
      double score = 0;
      for (const auto& quality : model.quality)
        if (quality.benchmark.rfind("MMLU", 0) == 0) score = std::max(score, quality.score);
      if (score > best_score) {
        best = &model;
        best_score = score;
      }
    }
    if (!best) return;
    add_wish(out_.request, plan_task::kChat, best->id);
    found_ = true;
    out_.readings.push_back({"model", best->id,
                             fmt::format("{}: the best published score among dense models of that size", q->text),
                             true});
  }

  void read_phrases() {
    for (const auto& rule : kPhrases) {
      const auto text = words_.take_phrase(rule.phrase);
      if (!text) continue;
      apply(rule);
      note(std::string(rule.field), std::string(rule.value), *text);
    }
  }

  void apply(const PhraseRule& rule) {
    auto& request = out_.request;
    if (rule.field == "task") add_task(request, rule.value);
    if (rule.field == "use") add_use(request, rule.value);
    if (rule.field == "offline") request.offline = true;
    if (rule.field == "privacy") request.privacy = true;
    if (rule.field == "commercial") request.commercial = true;
    if (rule.field == "power") request.power = rule.value == "battery" ? PlanPower::kBattery : PlanPower::kMains;
    if (rule.field == "quality") request.quality = rule.value == "high" ? PlanQuality::kHigh : PlanQuality::kFast;
    if (rule.field == "streaming")
      for (auto& wish : request.wishes)
        if (wish.task == plan_task::kStt) wish.streaming = true;
  }

  WordReader words_;
  const PlanCatalog& catalog_;
  PlanUnderstanding out_;
  bool found_ = false;
};

}  // namespace

Result<PlanUnderstanding> read_request_words(std::string_view words, const PlanRequest& base,
                                             const PlanCatalog& catalog) {
  return RequestReader(words, base, catalog).read();
}

}  // namespace hearth
