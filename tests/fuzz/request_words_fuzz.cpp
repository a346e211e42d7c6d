// A wish in any bytes: refused with a sentence, or understood as something that is complete or refused in turn.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "plan/request_words.h"

namespace {

// A handful of records is enough: names are data to the reader.
struct Records {
  std::vector<hearth::CatalogDevice> devices{2};
  std::vector<hearth::CatalogModel> models{2};
  std::vector<hearth::CatalogPrecision> precisions{2};
  Records() {
    devices[0].id = "pi5-8gb";
    devices[0].aliases = {"pi-5", "pi5"};
    devices[1].id = "rtx-4090";
    models[0].id = "qwen3-8b";
    models[0].kind = "llm";
    models[0].parameters_total = 8'000'000'000;
    models[1].id = "whisper-tiny";
    models[1].kind = "stt";
    precisions[0].id = "q4-k-m";
    precisions[0].aliases = {"q4_k_m"};
    precisions[1].id = "kv-q8-0";
    precisions[1].group = "kv_cache";
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Records records;
  const hearth::PlanCatalog catalog{records.devices, records.models, {}, records.precisions, {}, {}};
  auto read = hearth::read_request_words(std::string_view(reinterpret_cast<const char*>(data), size), {}, catalog);
  if (!read) {
    if (read.error().message.empty() || read.error().hint.empty()) std::abort();
    return 0;
  }
  if (const auto complete = hearth::complete_request(*read, catalog); !complete && complete.error().message.empty())
    std::abort();
  for (const auto& wish : read->request.wishes)
    if (wish.task.empty()) std::abort();
  return 0;
}
