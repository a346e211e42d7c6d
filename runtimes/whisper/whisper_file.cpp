#include "whisper_file.h"

#include <array>
#include <filesystem>
#include <fstream>

namespace hearth::whisper {
namespace {

constexpr std::uint32_t kMagic = 0x67676d6c;  // "ggml"
constexpr std::uint64_t kFloat16Bytes = 2;

// Graphs' buffers of a state, as a multiple of the encoder's activations. Source: whisper.cpp README, "Memory usage":
// memory less the file is 80 to 130 times n_audio_ctx x n_audio_state in float32, from tiny to large.
constexpr std::uint64_t kActivationCopies = 100;

std::int32_t number(const std::array<unsigned char, 48>& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8U | bytes[at + i];
  return static_cast<std::int32_t>(value);
}

bool within(std::int32_t value, std::int32_t least, std::int32_t most) { return value >= least && value <= most; }

}  // namespace

WhisperHeader read_header(const std::string& path) {
  std::error_code absent;
  WhisperHeader header;
  header.file_bytes = std::filesystem::file_size(path, absent);
  if (absent) throw sdk::Error(HEARTH_NOT_FOUND, "there is no file " + path);
  std::array<unsigned char, 48> bytes{};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (file.gcount() != static_cast<std::streamsize>(bytes.size()))
    throw sdk::Error(HEARTH_INVALID_DATA, path + " ends within its header; get the whole file");
  if (static_cast<std::uint32_t>(number(bytes, 0)) != kMagic)
    throw sdk::Error(HEARTH_INVALID_DATA, path + " is no Whisper model in ggml's form; give a file like ggml-tiny.bin");
  std::int32_t* const fields[] = {&header.n_vocab,      &header.n_audio_ctx,   &header.n_audio_state,
                                  &header.n_audio_head, &header.n_audio_layer, &header.n_text_ctx,
                                  &header.n_text_state, &header.n_text_head,   &header.n_text_layer,
                                  &header.n_mels,       &header.ftype};
  for (std::size_t i = 0; i < std::size(fields); ++i) *fields[i] = number(bytes, 4 + 4 * i);
  // Far beyond every published model; what is outside makes the library allocate until it aborts.
  const bool sane = within(header.n_vocab, 50'000, 100'000) && within(header.n_audio_ctx, 1, 6'000) &&
                    within(header.n_audio_state, 1, 8'192) && within(header.n_audio_head, 1, 128) &&
                    within(header.n_audio_layer, 1, 128) && within(header.n_text_ctx, 1, 4'096) &&
                    within(header.n_text_state, 1, 8'192) && within(header.n_text_head, 1, 128) &&
                    within(header.n_text_layer, 1, 128) && within(header.n_mels, 1, 256) &&
                    header.n_audio_state % header.n_audio_head == 0 && header.n_text_state % header.n_text_head == 0;
  if (!sane)
    throw sdk::Error(HEARTH_INVALID_DATA, path + " has sizes in its header that no Whisper model has; it is damaged");
  return header;
}

sdk::MemoryItems memory_of(const WhisperHeader& header, std::uint64_t n_states) {
  const auto size = [](std::int32_t value) { return static_cast<std::uint64_t>(value); };
  // Keys and values: of the text so far and of what was heard, in every layer of the decoder.
  const std::uint64_t kv = 2 * size(header.n_text_layer) * size(header.n_text_state) *
                           (size(header.n_text_ctx) + size(header.n_audio_ctx)) * kFloat16Bytes;
  const std::uint64_t compute =
      size(header.n_audio_ctx) * size(header.n_audio_state) * sizeof(float) * kActivationCopies;
  return {{"cpu", "CPU", HEARTH_MEM_WEIGHTS, header.file_bytes},
          {"cpu", "CPU", HEARTH_MEM_KV_CACHE, kv * n_states},
          {"cpu", "CPU", HEARTH_MEM_COMPUTE, compute * n_states}};
}

}  // namespace hearth::whisper
