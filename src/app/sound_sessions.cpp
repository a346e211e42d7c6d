#include "app/sound_sessions.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "audio/audio_encoding.h"
#include "audio/mono_reader.h"
#include "platform/file.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The lanes go before the host does.
struct SoundGraphs {
  std::unique_ptr<TensorHost> host;
  std::vector<std::unique_ptr<TensorLane>> lanes;  // in the order of the models
};

Result<SoundGraphs> open_graphs(const TensorHostParts& parts, const SoundGraphOptions& options, std::size_t n_models,
                                const CallBounds& bounds) {
  if (options.models.size() != n_models)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} models were given, where {} belong together", options.models.size(), n_models),
                "name each with -m, in the order that --help says");
  std::vector<TensorModelSettings> settings;
  for (const auto& model : options.models) {
    TensorModelSettings wanted;
    wanted.name = model;
    wanted.reference = model;
    wanted.runtime = options.runtime;
    wanted.transport = options.transport;
    wanted.tensor.n_threads = 1;  // a step of such a graph is too little work to share
    settings.push_back(std::move(wanted));
  }
  SoundGraphs graphs;
  HEARTH_ASSIGN(host, TensorHost::create(parts, std::move(settings)));
  for (const auto& model : options.models) {
    HEARTH_ASSIGN(lane, host->engine().borrow(model, bounds));
    graphs.lanes.push_back(std::move(lane));
  }
  graphs.host = std::move(host);
  return graphs;
}

// Hands the blocks of a recording to `each`; its length in seconds.
Result<double> for_each_block(std::unique_ptr<ByteInput> input, const CallBounds& bounds,
                              const std::function<Status(std::span<const float>)>& each) {
  HEARTH_ASSIGN(reader, MonoReader::open(std::move(input)));
  for (std::vector<float> block;;) {
    HEARTH_TRY(reader->next(block));
    if (block.empty()) return reader->seconds_read();
    if (bounds.cancel != nullptr && bounds.cancel->requested()) return fail(ErrorCode::kCancelled, "cancelled");
    HEARTH_TRY(each(block));
  }
}

}  // namespace

Result<std::unique_ptr<DenoiseSession>> DenoiseSession::open(const TensorHostParts& parts,
                                                             const SoundGraphOptions& options,
                                                             const CallBounds& bounds) {
  auto session = std::make_unique<DenoiseSession>();
  HEARTH_ASSIGN(graphs, open_graphs(parts, options, 2, bounds));
  session->host_ = std::move(graphs.host);
  HEARTH_ASSIGN(suppressor, NoiseSuppressor::create(std::move(graphs.lanes[0]), std::move(graphs.lanes[1])));
  session->suppressor_ = std::move(suppressor);
  return session;
}

Result<DenoisedRecording> DenoiseSession::run(std::unique_ptr<ByteInput> input, const std::filesystem::path& out,
                                              const CallBounds& bounds) {
  const auto encoding = audio_encoding_of_name(out.native());
  if (!encoding)
    return fail(ErrorCode::kInvalidArgument, "'" + out.native() + "' ends in no kind of sound file that can be written",
                "let it end in .wav, .flac, .ogg, .opus or .pcm");
  const auto start = SteadyClock::now();
  std::vector<float> quiet;
  const auto read = for_each_block(std::move(input), bounds, [&](std::span<const float> block) {
    return suppressor_->process(block, quiet, bounds);
  });
  const Status finished = suppressor_->finish(quiet, bounds);  // also after an error: it is to forget the recording
  if (!read) return fail(Error(read.error()));
  HEARTH_TRY(finished);
  HEARTH_ASSIGN(bytes, encode_audio(quiet, NoiseSuppressor::kSampleRateHz, *encoding));
  HEARTH_TRY(write_file_atomic(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  return DenoisedRecording{*read, std::chrono::duration<double>(SteadyClock::now() - start).count(),
                           NoiseSuppressor::kSampleRateHz};
}

Result<std::unique_ptr<SoundEventSession>> SoundEventSession::open(const TensorHostParts& parts,
                                                                   const SoundGraphOptions& options,
                                                                   const SoundEventOptions& events,
                                                                   std::filesystem::path labels,
                                                                   const CallBounds& bounds) {
  auto session = std::make_unique<SoundEventSession>();
  HEARTH_ASSIGN(graphs, open_graphs(parts, options, 1, bounds));
  session->host_ = std::move(graphs.host);
  HEARTH_ASSIGN(detector, SoundEventDetector::create(std::move(graphs.lanes[0]), events));
  session->detector_ = std::move(detector);
  if (labels.empty()) {
    const std::filesystem::path model = options.models.front();
    labels = model.parent_path() / (model.stem().native() + "_class_map.csv");  // where YAMNet's own names mostly lie
    std::error_code absent;
    if (!std::filesystem::exists(labels, absent)) return session;
  }
  constexpr std::uint64_t kLabelBytesMax = 1U << 20U;
  HEARTH_ASSIGN(text, read_file(labels, kLabelBytesMax));
  HEARTH_ASSIGN(names, read_sound_labels(text, session->detector_->n_labels()));
  session->names_ = std::move(names);
  return session;
}

Result<SoundEventList> SoundEventSession::run(std::unique_ptr<ByteInput> input, const CallBounds& bounds) {
  std::vector<SoundEvent> found;
  const auto read = for_each_block(
      std::move(input), bounds, [&](std::span<const float> block) { return detector_->process(block, found, bounds); });
  const Status finished = detector_->finish(found, bounds);
  if (!read) return fail(Error(read.error()));
  HEARTH_TRY(finished);
  std::ranges::sort(found, [](const SoundEvent& a, const SoundEvent& b) {
    return a.start_s != b.start_s ? a.start_s < b.start_s : a.score > b.score;
  });
  SoundEventList list{*read, {}};
  for (const auto& event : found) {
    const std::string name = names_.empty() ? fmt::format("class {}", event.label) : names_[event.label];
    list.events.push_back({name, event.start_s, std::min(event.end_s, *read), event.score});
  }
  return list;
}

Result<std::unique_ptr<WakeWordSession>> WakeWordSession::open(const TensorHostParts& parts,
                                                               const SoundGraphOptions& options,
                                                               const WakeWordOptions& wake, const CallBounds& bounds) {
  auto session = std::make_unique<WakeWordSession>();
  HEARTH_ASSIGN(graphs, open_graphs(parts, options, 3, bounds));
  session->host_ = std::move(graphs.host);
  auto& lanes = graphs.lanes;
  HEARTH_ASSIGN(detector, WakeWordDetector::create({std::move(lanes[0]), std::move(lanes[1]), std::move(lanes[2])},
                                                   wake, bounds));
  session->detector_ = std::move(detector);
  return session;
}

Result<WakeWordList> WakeWordSession::run(std::unique_ptr<ByteInput> input, const CallBounds& bounds) {
  detector_->reset();
  WakeWordList list;
  // Step by step, so that the highest score is known where there is no hit.
  const auto hear = [&](std::span<const float> block) -> Status {
    while (!block.empty()) {
      const auto piece = block.first(std::min(block.size(), WakeWordDetector::kStep));
      HEARTH_TRY(detector_->process(piece, list.hits, bounds));
      list.score_max = std::max(list.score_max, detector_->score());
      block = block.subspan(piece.size());
    }
    return {};
  };
  HEARTH_ASSIGN(audio_s, for_each_block(std::move(input), bounds, hear));
  const std::vector<float> silence(2 * WakeWordDetector::kStep, 0);  // for a word that ends with the recording
  HEARTH_TRY(hear(silence));
  list.audio_s = audio_s;
  for (auto& hit : list.hits) hit.at_s = std::min(hit.at_s, audio_s);
  return list;
}

}  // namespace hearth
