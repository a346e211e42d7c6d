// Routing a request: what is asked, in which state the machine is, and what the first two stages found. Plain values
// that borrow the request's text, so that routing copies and allocates nothing.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hearth {

enum class Intent : std::uint8_t {
  kChat,
  kCode,
  kVision,
  kStt,
  kTts,
  kToolUse,
  kLongForm,
  kSummarize,
  kClassify,
  kRouteOnly,  // a question about models, engines or this device: answered by the router, not by a model
};
inline constexpr std::size_t kIntentCount = 10;

// In order of value; the names are those of the data, the commands and the API.
inline constexpr std::array<std::string_view, kIntentCount> kIntentNames = {
    "chat", "code", "vision", "stt", "tts", "tool-use", "long-form", "summarize", "classify", "route-only"};

[[nodiscard]] constexpr std::string_view to_string(Intent intent) {
  return kIntentNames[static_cast<std::size_t>(intent)];
}
// Absent for a name that is none.
[[nodiscard]] constexpr std::optional<Intent> intent_of(std::string_view name) {
  for (std::size_t i = 0; i < kIntentCount; ++i)
    if (kIntentNames[i] == name) return static_cast<Intent>(i);
  return std::nullopt;
}

enum class AttachmentKind : std::uint8_t { kImage, kAudio, kVideo, kDocument };

// What came with the text. Evidence, not the verdict: a client may set a flag for nothing.
struct RouteAttachment {
  AttachmentKind kind = AttachmentKind::kImage;
  bool decoded = false;     // its bytes were read and are what they claim; false: only announced
  std::uint64_t bytes = 0;  // 0: not known
};

// Open: wherever the policy allows. Private: never leaves the machine. Airgap: this machine's CPU engines, nothing
// else.
enum class SecurityLevel : std::uint8_t { kOpen, kPrivate, kAirgap };
inline constexpr std::array<std::string_view, 3> kSecurityNames = {"open", "private", "airgap"};

enum class QualityWish : std::uint8_t { kUnsaid, kFast, kBalanced, kBest };
inline constexpr std::array<std::string_view, 4> kQualityNames = {"unsaid", "fast", "balanced", "best"};

[[nodiscard]] constexpr std::string_view to_string(SecurityLevel level) {
  return kSecurityNames[static_cast<std::size_t>(level)];
}
[[nodiscard]] constexpr std::string_view to_string(QualityWish wish) {
  return kQualityNames[static_cast<std::size_t>(wish)];
}

// Borrows text and attachments for the call.
struct RouteRequest {
  std::string_view text;      // any bytes; not trusted to be UTF-8
  std::uint64_t n_chars = 0;  // of the whole text where `text` is a part of it; 0: text is whole
  std::span<const RouteAttachment> attachments;
  bool has_tools = false;
  bool has_json_schema = false;
  bool audio_wanted = false;        // the answer is to be heard
  std::uint32_t prompt_tokens = 0;  // exact, where somebody counted them; 0: nobody did
  std::uint32_t max_tokens = 0;     // of the answer; 0: not said
  SecurityLevel security = SecurityLevel::kOpen;
  QualityWish quality = QualityWish::kUnsaid;
  std::chrono::milliseconds slo{0};  // the whole answer is wanted within this; 0: nothing said
  std::uint64_t session = 0;         // requests of one conversation share it; 0: none
  std::string_view context = {};     // earlier turns: looked at for personal data, and for nothing else
};

// Most targets of one machine that a route weighs; more are left out when the table is made, and said so there.
inline constexpr std::size_t kRouteTargetsMax = 32;

// What is true of one target just now. Parallel to the table of targets (domain/route_target.h).
struct TargetState {
  bool available = true;  // its runtime and file are there and have not failed
  bool loaded = false;
  std::uint32_t warm_prefix_tokens = 0;  // of this request's prompt, already computed in its cache
  std::uint16_t queue = 0;               // requests waiting for or running on it
};

// The machine when the request came. Absent: nobody could read it, and rules about it don't apply.
struct MachineState {
  std::optional<float> temperature_c;  // the hottest sensor
  std::optional<float> battery;        // charge, 0..1; absent: the machine has none
  bool on_ac = true;
  std::optional<std::uint64_t> memory_free_bytes, vram_free_bytes;
  std::optional<float> cpu_load, gpu_load;  // 0..1
  std::optional<float> clock_share;         // the CPU's clock now as a share of its most, 0..1
  std::uint16_t queue = 0;                  // requests waiting in the whole server
  std::span<const TargetState> targets;     // borrowed; empty: all available, nothing loaded
  std::int8_t session_target = -1;          // where this request's session went last; -1: nowhere yet
  bool remote_allowed = false;              // the plan names remote targets and nothing says offline
};

// Stage 1. What the text shows by its structure. Counts saturate at their type's most.
struct RouteFeatures {
  std::uint64_t n_chars = 0;      // of the whole text, in code points where it is UTF-8
  std::uint32_t n_looked = 0;     // bytes that were looked at
  std::uint32_t n_tokens = 0;     // exact where the request says, else estimated
  std::uint16_t n_fences = 0;     // ``` and ~~~
  std::uint16_t n_questions = 0;  // question marks of all scripts
  std::uint16_t n_sentences = 0;
  std::uint16_t n_urls = 0;
  std::uint16_t n_lines = 0;
  float code_score = 0;                  // 0..1, by structure: operators, brackets, indentation, line ends
  float json_score = 0;                  // 0..1
  bool image = false, audio = false;     // decoded
  bool video = false, document = false;  // decoded
  bool image_flag = false;               // announced or decoded
  bool audio_flag = false;               // announced or decoded
  bool refers_to_image = false;          // the text names a picture
  bool refers_to_audio = false;          // the text names a sound, or something said
  bool has_tools = false, has_json_schema = false, audio_wanted = false;
  std::array<char, 4> language = {};  // ISO 639-1, NUL-terminated; empty: none told
  float language_confidence = 0;      // 0..1
};

// Why a route ended after stage 1.
enum class ExitReason : std::uint8_t { kNone, kImage, kAudio, kAudioWanted, kShort, kAirgap };
inline constexpr std::array<std::string_view, 6> kExitNames = {"none",         "image", "audio without text",
                                                               "audio wanted", "short", "airgap"};
[[nodiscard]] constexpr std::string_view to_string(ExitReason reason) {
  return kExitNames[static_cast<std::size_t>(reason)];
}

// Stage 2, or what an early exit stands for.
struct IntentVerdict {
  std::array<float, kIntentCount> probability{};  // calibrated; sums to 1
  Intent intent = Intent::kChat;                  // the likeliest
  float confidence = 0;                           // its probability
  bool abstained = false;                         // too unsure to act on: small first, promoted when it fails
  bool degrade_ok = false;                        // a smaller model will do
  float degrade_confidence = 0;                   // 0..1, of degrade_ok
  float difficulty = 0;                           // 0 trivial .. 1 hard
};

// What stage 1 concludes. `reason` kNone: go on to stage 2, `verdict` means nothing.
struct EarlyExit {
  ExitReason reason = ExitReason::kNone;
  IntentVerdict verdict;
};

}  // namespace hearth
