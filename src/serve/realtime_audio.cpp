#include "serve/realtime_audio.h"

#include <cstdint>

#include "serve/base64.h"
#include "serve/json_reader.h"

namespace hearth::serve {

Result<std::vector<float>> read_pcm16(std::string_view base64) {
  auto bytes = decode_base64(base64);
  if (!bytes) return fail(std::move(bytes).error().with("param", "audio"));
  if (bytes->size() % 2 != 0)
    return fail(field_error("audio", "ends within a sample: " + std::to_string(bytes->size()) + " bytes",
                            "send whole samples of 16 bits"));
  std::vector<float> samples(bytes->size() / 2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto low = static_cast<unsigned char>((*bytes)[2 * i]);
    const auto high = static_cast<unsigned char>((*bytes)[2 * i + 1]);
    samples[i] =
        static_cast<float>(static_cast<std::int16_t>(static_cast<std::uint16_t>(low | (high << 8U)))) / 32768.0F;
  }
  return samples;
}

}  // namespace hearth::serve
