// The header of a ggml Whisper file: what it takes is told from it, before anything is loaded.
#pragma once

#include <cstdint>
#include <string>

#include "hearth/sdk/plugin.h"

namespace hearth::whisper {

// Source: whisper.cpp, models/convert-pt-to-ggml.py: a magic number, then eleven 32-bit numbers.
struct WhisperHeader {
  std::int32_t n_vocab = 0;
  std::int32_t n_audio_ctx = 0;
  std::int32_t n_audio_state = 0;
  std::int32_t n_audio_head = 0;
  std::int32_t n_audio_layer = 0;
  std::int32_t n_text_ctx = 0;
  std::int32_t n_text_state = 0;
  std::int32_t n_text_head = 0;
  std::int32_t n_text_layer = 0;
  std::int32_t n_mels = 0;
  std::int32_t ftype = 0;
  std::uint64_t file_bytes = 0;
};

// Throws NOT_FOUND, and INVALID_DATA for what is no such file or has sizes that no Whisper model has.
[[nodiscard]] WhisperHeader read_header(const std::string& path);

// The weights, and what `n_states` utterances at once take beside them.
[[nodiscard]] sdk::MemoryItems memory_of(const WhisperHeader& header, std::uint64_t n_states);

}  // namespace hearth::whisper
