// One realtime session: a client's events in, the server's out.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/speech_input.h"
#include "pipeline/turn_cutter.h"
#include "pipeline/utterance_scribe.h"
#include "serve/realtime_responder.h"
#include "serve/realtime_state.h"

namespace hearth::serve {

// run() on one thread; what it hears and answers comes on threads of its own. Parts, ids and socket outlive it.
class RealtimeSession {
 public:
  RealtimeSession(const RealtimeParts& parts, AnswerIds& ids, std::shared_ptr<WebSocket> socket, RealtimeOffer offer,
                  std::shared_ptr<Speaker> speaker);
  ~RealtimeSession();
  RealtimeSession(const RealtimeSession&) = delete;
  RealtimeSession& operator=(const RealtimeSession&) = delete;

  // Until the connection is over.
  void run();

 private:
  struct Handler;
  [[nodiscard]] Status handle(const std::string& message, std::string& client_event);
  [[nodiscard]] Status update_session(ObjectReader& event);
  [[nodiscard]] Status append(ObjectReader& event);
  [[nodiscard]] Status commit(ObjectReader& event);
  [[nodiscard]] Status clear(ObjectReader& event);
  [[nodiscard]] Status create_item(ObjectReader& event);
  [[nodiscard]] Status retrieve_item(ObjectReader& event);
  [[nodiscard]] Status delete_item(ObjectReader& event);
  [[nodiscard]] Status truncate_item(ObjectReader& event);
  [[nodiscard]] Status create_response(ObjectReader& event);
  [[nodiscard]] Status cancel_response(ObjectReader& event);

  [[nodiscard]] Status set_turns(const std::optional<RealtimeTurns>& turns);
  [[nodiscard]] Status hear(std::span<const float> samples);
  void on_turn_started(std::uint64_t begin);
  void on_turn_stopped(std::uint64_t end);
  void begin_turn();
  void commit_turn(bool wants_response);
  void on_words(const std::string& id, const std::string& text);
  void on_written(const std::string& id, Result<WrittenUtterance> written);
  [[nodiscard]] UtteranceScribe::Ports scribe_ports();

  struct Heard {
    bool wants_response = false;
    std::chrono::steady_clock::time_point at;
  };
  AnswerIds& ids_;
  RealtimeState state_;
  CancelToken over_;
  // Of the thread that runs.
  std::optional<RealtimeTurns> turns_;  // what the cutter was made for
  std::unique_ptr<SpeechInput> input_;  // null: nothing was heard yet
  std::unique_ptr<TurnCutter> cutter_;  // null: the client commits
  std::string turn_;                    // the item that is being heard; empty: none
  std::size_t n_uncommitted_ = 0;       // samples of the client's
  std::map<std::string, Heard> heard_;  // items without words yet; under the state's gate
  std::unique_ptr<RealtimeResponder> responder_;
  std::unique_ptr<UtteranceScribe> scribe_;  // goes before the responder, which it tells of words
};

}  // namespace hearth::serve
