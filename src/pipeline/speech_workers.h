// The threads that streams of speech share: ends of utterances first, partial results with what is left.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/call_bounds.h"

namespace hearth {

// What a stream wants done. Called on a worker's thread, one call at a time for a stream.
class SpeechTask {
 public:
  virtual ~SpeechTask() = default;
  virtual void run_final() = 0;
  virtual void run_draft() = 0;
};

// Thread-safe. Finals are done in the order in which they were wanted, of all streams together; drafts only where no
// final waits, and never on all of several threads, so that a final doesn't wait for them.
class SpeechWorkers {
 public:
  // At least one thread. `n_drafting_max`: utterances at once that an engine may hold partial results of.
  explicit SpeechWorkers(unsigned n_threads, std::size_t n_drafting_max = 4);
  // No task may be left.
  ~SpeechWorkers();
  SpeechWorkers(const SpeechWorkers&) = delete;
  SpeechWorkers& operator=(const SpeechWorkers&) = delete;

  void add(SpeechTask& task);
  // Drops what waits of it and waits for what runs.
  void remove(SpeechTask& task);

  void want_final(SpeechTask& task);
  // False: one waits already, and is all that is done.
  bool want_draft(SpeechTask& task);
  // Until at most `n` finals of the task wait or run. False: cancelled, or the deadline is over.
  [[nodiscard]] bool wait_finals(SpeechTask& task, std::size_t n, const CallBounds& bounds);
  // Until no draft of the task waits or runs.
  [[nodiscard]] bool wait_draft(SpeechTask& task, const CallBounds& bounds);

  // A place for an utterance whose partial results an engine holds; false: all are taken.
  [[nodiscard]] bool take_drafting_place();
  void leave_drafting_place();

 private:
  struct Entry {
    std::size_t n_finals = 0;  // waiting and running
    bool has_draft = false;    // likewise
    bool draft_waits = false;
    bool is_busy = false;
  };
  struct Choice {
    SpeechTask* task = nullptr;
    bool is_final = false;
  };
  void work();
  [[nodiscard]] Choice choose();  // the gate is held
  void done(const Choice& choice);
  template <class Condition>
  bool wait(Condition condition, const CallBounds& bounds);

  const std::size_t n_drafts_max_;
  const std::size_t n_drafting_max_;
  std::mutex gate_;  // of all below
  std::condition_variable changed_;
  std::map<SpeechTask*, Entry> tasks_;
  std::deque<SpeechTask*> finals_;
  std::deque<SpeechTask*> drafts_;
  std::size_t n_drafts_running_ = 0;
  std::size_t n_drafting_ = 0;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hearth
