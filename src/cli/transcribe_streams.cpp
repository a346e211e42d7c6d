#include "cli/transcribe_streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>

#include "cli/transcript_json.h"

namespace hearth::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kShownCharacters = 100;  // the end of a partial result: one line of a terminal

class Streams {
 public:
  Streams(const CommandContext& context, TranscribeSession& session, const StreamFlags& flags, const CallBounds& bounds)
      : out_(context.output()),
        session_(session),
        flags_(flags),
        bounds_(bounds),
        shows_partials_(context.stderr_is_terminal && !out_.json() && !flags.no_partials) {}

  int run(const std::vector<std::string>& paths) {
    named_ = paths.size() > 1;
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> threads;
    const std::size_t n_threads = std::clamp<std::size_t>(flags_.at_once, 1, paths.size());
    for (std::size_t i = 0; i < n_threads; ++i)
      threads.emplace_back([&] {
        for (std::size_t at = next++; at < paths.size(); at = next++) stream(paths[at]);
      });
    for (auto& thread : threads) thread.join();
    return worst_;
  }

 private:
  void stream(const std::string& path) {
    const Status done = listen(path);
    const std::lock_guard lock(gate_);
    if (done) return;
    clear_line();
    worst_ = std::max(worst_, report(path, done.error()));
  }

  Status listen(const std::string& path) {
    const auto start = SteadyClock::now();
    LiveSoundOptions sound_options;
    sound_options.sample_rate_hz = session_.sample_rate_hz();
    sound_options.realtime = flags_.realtime;
    sound_options.bounds = bounds_;
    if (flags_.pcm_rate_hz > 0)
      sound_options.raw = PcmFormat{PcmEncoding::kS16, flags_.pcm_rate_hz, flags_.pcm_channels};
    HEARTH_ASSIGN(sound, open_live_sound(path, stdin, sound_options));
    LiveOptions options;
    options.partials = out_.json() ? !flags_.no_partials : shows_partials_;
    options.may_drop_partials = flags_.realtime || path == "-";
    std::vector<TranscriptSegment> all;
    HEARTH_ASSIGN(listening, session_.listen(
                                 options,
                                 [&](const LiveEvent& event) {
                                   tell(path, event);
                                   all.insert(all.end(), event.segments.begin(), event.segments.end());
                                 },
                                 bounds_));
    for (std::vector<float> block;;) {
      HEARTH_TRY(sound->next(block));
      if (block.empty()) break;
      HEARTH_TRY(listening->stream().push(block));
    }
    HEARTH_TRY(listening->stream().finish());
    if (!out_.json()) return note(path, sound->note());
    const double took_s = std::chrono::duration<double>(SteadyClock::now() - start).count();
    const LiveCounts counts = listening->stream().counts();
    nlohmann::ordered_json line = {{"event", "end"},
                                   {"path", path},
                                   {"text", transcript_text(all)},
                                   {"audio_s", time_json(listening->stream().seconds())},
                                   {"took_s", time_json(took_s)},
                                   {"utterances", counts.finals},
                                   {"partials", counts.partials},
                                   {"partials_dropped", counts.partials_dropped},
                                   {"delay_max_s", time_json(counts.delay_max_s)}};
    if (!sound->note().empty()) line["note"] = sound->note();
    const std::lock_guard lock(gate_);
    out_.print_json(line);
    return {};
  }

  Status note(const std::string& path, const std::string& text) {
    const std::lock_guard lock(gate_);
    clear_line();
    if (!text.empty()) out_.note(path + ": " + text);
    return {};
  }

  void tell(const std::string& path, const LiveEvent& event) {
    const std::lock_guard lock(gate_);
    if (out_.json()) return out_.print_json(line_of(path, event));
    clear_line();
    if (event.is_final) return out_.print(named_ ? fmt::format("{}: {}\n", path, event.text) : event.text + "\n");
    if (!shows_partials_ || event.text.empty()) return;
    const std::size_t skipped = event.text.size() - std::min(event.text.size(), kShownCharacters);
    std::fputs(out_.dim(event.text.substr(skipped)).c_str(), stderr);
    line_shown_ = true;
  }

  static nlohmann::ordered_json line_of(const std::string& path, const LiveEvent& event) {
    nlohmann::ordered_json line = {{"event", event.is_final ? "final" : "partial"},
                                   {"path", path},
                                   {"start_s", time_json(event.start_s)},
                                   {"end_s", time_json(event.end_s)},
                                   {"text", event.text}};
    if (!event.is_final) line["stable_text"] = event.stable_text;
    if (event.is_final) line["segments"] = segments_json(event.segments);
    if (event.is_final) line["delay_s"] = time_json(event.delay_s);
    if (!event.language.empty()) line["language"] = event.language;
    return line;
  }

  int report(const std::string& path, const Error& error) {
    if (!out_.json()) {
      Error named = error;
      named.message = path + ": " + named.message;
      return out_.report(named);
    }
    nlohmann::ordered_json document = {{"path", path}};
    document.update(error_to_json(error));
    out_.print_json(document);
    return error_code_info(error.code).exit_status;
  }

  void clear_line() {
    if (line_shown_) std::fputs("\r\x1b[K", stderr);
    line_shown_ = false;
  }

  Output out_;
  TranscribeSession& session_;
  const StreamFlags& flags_;
  const CallBounds& bounds_;
  const bool shows_partials_;
  bool named_ = false;
  std::mutex gate_;  // of what is printed
  bool line_shown_ = false;
  int worst_ = 0;
};

}  // namespace

int transcribe_streams(const CommandContext& context, TranscribeSession& session, const std::vector<std::string>& paths,
                       const StreamFlags& flags, const CallBounds& bounds) {
  return Streams(context, session, flags, bounds).run(paths);
}

}  // namespace hearth::cli
