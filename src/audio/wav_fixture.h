// WAV files made byte by byte, sound ones and others; tests only.
#pragma once

#include <cmath>
#include <cstring>
#include <memory>
#include <numbers>
#include <string_view>
#include <vector>

#include "audio/byte_input.h"

namespace hearth {

struct WavFields {
  std::uint16_t tag = 1;  // 1: integers, 3: floats
  std::uint16_t n_channels = 1;
  std::uint32_t sample_rate_hz = 16'000;
  std::uint16_t bits = 16;
  std::int64_t claimed_bytes = -1;  // of the chunk "data"; negative: the truth
};

template <class T>
void put_value(std::vector<std::byte>& out, T value) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof(value));
}

inline void put_text(std::vector<std::byte>& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
}

template <class Sample>
std::vector<std::byte> wav_of(const std::vector<Sample>& samples, const WavFields& fields = {}) {
  const auto n_bytes = static_cast<std::uint32_t>(samples.size() * sizeof(Sample));
  const auto block = static_cast<std::uint16_t>(fields.n_channels * fields.bits / 8);
  std::vector<std::byte> out;
  put_text(out, "RIFF");
  put_value(out, std::uint32_t{36} + n_bytes);
  put_text(out, "WAVEfmt ");
  put_value(out, std::uint32_t{16});
  put_value(out, fields.tag);
  put_value(out, fields.n_channels);
  put_value(out, fields.sample_rate_hz);
  put_value(out, fields.sample_rate_hz * block);
  put_value(out, block);
  put_value(out, fields.bits);
  put_text(out, "data");
  put_value(out, fields.claimed_bytes < 0 ? n_bytes : static_cast<std::uint32_t>(fields.claimed_bytes));
  for (const Sample sample : samples) put_value(out, sample);
  return out;
}

inline std::vector<float> sine(double hz, std::uint32_t sample_rate_hz, std::size_t n, double amplitude = 0.5) {
  std::vector<float> out(n);
  for (std::size_t i = 0; i < n; ++i)
    out[i] =
        static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / sample_rate_hz));
  return out;
}

inline std::vector<std::int16_t> as_int16(const std::vector<float>& samples) {
  std::vector<std::int16_t> out;
  for (const float value : samples) out.push_back(static_cast<std::int16_t>(std::lround(value * 32767.0F)));
  return out;
}

// `bytes` outlive it.
inline std::unique_ptr<ByteInput> input_of(const std::vector<std::byte>& bytes) {
  return std::make_unique<MemoryInput>(bytes);
}

// Of two signals of one length; 1 for equal shapes.
inline double correlation(std::span<const float> a, std::span<const float> b) {
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace hearth
