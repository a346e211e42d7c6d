#include "serve/stream_sink.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <variant>

namespace hearth::serve {
namespace {

// The ids of an answer's requests, to cancel them. Internally locked; never calls the service with the lock held, nor
// does the disconnect callback take any other lock.
class Cancellation {
 public:
  Cancellation(TextService& service, std::size_t parts) : service_(service), ids_(parts, 0) {}

  void note(std::size_t part, std::uint64_t id) {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(ids_[part], id) == id || !wanted_) return;
    }
    service_.cancel(id);
  }
  void cancel_all() {
    std::vector<std::uint64_t> ids;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(wanted_, true)) return;
      ids = ids_;
    }
    for (const std::uint64_t id : ids) {
      if (id != 0) service_.cancel(id);
    }
  }
  [[nodiscard]] bool wanted() const {
    const std::lock_guard lock(mutex_);
    return wanted_;
  }

 private:
  TextService& service_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> ids_;  // 0: not known yet
  bool wanted_ = false;
};

// Internally locked: parts may run on different threads. The exchange keeps no strong reference to it, so that the
// answer ends with the listeners.
class Sink {
 public:
  Sink(TextService& service, std::shared_ptr<Exchange> exchange, AnswerOrder& order)
      : cancellation_(std::make_shared<Cancellation>(service, order.requests.size())),
        exchange_(std::move(exchange)),
        form_(std::move(order.form)),
        headers_(std::move(order.headers)),
        stream_(order.stream),
        writes_(stream_ || form_->follows()),
        parts_left_(order.requests.size()),
        to_accept_(order.requests.size()) {
    if (!writes_) whole_.choices.resize(order.requests.size() * order.requests.front().choices);
  }

  [[nodiscard]] const std::shared_ptr<Cancellation>& cancellation() const { return cancellation_; }

  void accepted(const TextAccepted& part) {
    if (!take(part)) cancellation_->cancel_all();
  }
  template <class Event>
  void happened(Event event) {
    if (!take(std::move(event))) cancellation_->cancel_all();
  }

  void ended(const TextEnd& part) {
    const std::lock_guard lock(mutex_);
    if (is_over()) return;
    add(part);
    if (--parts_left_ > 0) return;
    over_ = true;
    if (!stream_) return exchange_->respond({.body = form_->whole(whole_), .headers = std::move(headers_)});
    std::string out;
    form_->end(whole_.end, out);
    if (out.empty() || exchange_->write(std::move(out))) exchange_->end_stream();
  }

  void failed(const Error& error) {
    {
      const std::lock_guard lock(mutex_);
      if (is_over()) return;
      over_ = true;
      if (!stream_ || to_accept_ > 0) {
        exchange_->respond_error(form_->in_dialect(error));
      } else {
        std::string out;
        form_->error(error, out);
        if (exchange_->write(std::move(out))) exchange_->end_stream();
      }
    }
    cancellation_->cancel_all();  // the other prompts
  }

 private:
  using Event = std::variant<TextDelta, ChoiceEnd>;

  [[nodiscard]] bool is_over() const { return over_ || cancellation_->wanted(); }

  // take() is false when the client turned out to be gone.
  bool take(const TextAccepted& part) {
    const std::lock_guard lock(mutex_);
    TextAccepted& all = whole_.accepted;
    if (all.id == 0) all.id = part.id;
    if (all.model.empty()) all.model = part.model;
    all.prompt_tokens += part.prompt_tokens;
    all.notices.insert(all.notices.end(), part.notices.begin(), part.notices.end());
    if (--to_accept_ > 0 || !writes_ || is_over()) return true;
    std::string out;
    if (stream_) exchange_->start_stream("text/event-stream", std::move(headers_));
    form_->begin(all, out);
    for (auto& event : early_) write_event(event, out);
    early_ = {};
    return send(std::move(out));
  }
  template <class Known>
  bool take(Known event) {
    const std::lock_guard lock(mutex_);
    if (is_over()) return true;
    if (!writes_) {
      keep(std::move(event));
      return true;
    }
    if (to_accept_ > 0) {
      early_.emplace_back(std::move(event));
      return true;
    }
    std::string out;
    write_event(event, out);
    return send(std::move(out));
  }
  template <class Known>
  void write_event(const Known& event, std::string& out) {
    if constexpr (std::same_as<Known, TextDelta>) form_->delta(event, out);
    if constexpr (std::same_as<Known, ChoiceEnd>) form_->choice_end(event, out);
    if constexpr (std::same_as<Known, Event>) std::visit([&](const auto& known) { write_event(known, out); }, event);
  }
  bool send(std::string out) {
    if (out.empty() || !stream_ || exchange_->write(std::move(out))) return true;
    over_ = true;
    return false;
  }

  void keep(TextDelta delta) {
    WholeChoice& choice = whole_.choices.at(delta.choice);
    for (const OutputEvent& event : delta.events) choice.output.add(event);
    choice.reasoning.add(delta);
    choice.tokens.insert(choice.tokens.end(), delta.tokens.begin(), delta.tokens.end());
    std::move(delta.logprobs.begin(), delta.logprobs.end(), std::back_inserter(choice.logprobs));
  }
  void keep(ChoiceEnd end) {
    WholeChoice& choice = whole_.choices.at(end.choice);
    choice.finish = end.finish;
    choice.stop_matched = std::move(end.stop_matched);
  }
  void add(const TextEnd& part) {
    TextUsage& usage = whole_.end.usage;
    usage.prompt_tokens += part.usage.prompt_tokens;
    usage.completion_tokens += part.usage.completion_tokens;
    usage.drafted_tokens += part.usage.drafted_tokens;
    usage.accepted_tokens += part.usage.accepted_tokens;
    for (std::size_t tier = 0; tier < kCacheTiers; ++tier) usage.cached_tokens[tier] += part.usage.cached_tokens[tier];
    whole_.end.queued_ms = std::max(whole_.end.queued_ms, part.queued_ms);
    if (whole_.end.metrics.completion_tokens == 0) whole_.end.metrics = part.metrics;
  }

  const std::shared_ptr<Cancellation> cancellation_;  // shared: the exchange's callback keeps only this
  const std::shared_ptr<Exchange> exchange_;
  std::mutex mutex_;
  const std::unique_ptr<AnswerForm> form_;
  Headers headers_;
  const bool stream_;
  const bool writes_;  // else the choices are kept
  bool over_ = false;
  std::size_t parts_left_;
  std::size_t to_accept_;
  std::vector<Event> early_;  // came before all parts were accepted
  WholeAnswer whole_;
};

// Hears one of the requests and counts its choices from `first_choice` on.
class PartListener final : public TextListener {
 public:
  PartListener(std::shared_ptr<Sink> sink, std::size_t part, std::uint32_t first_choice)
      : sink_(std::move(sink)), part_(part), first_choice_(first_choice) {}

  void on_accepted(const TextAccepted& accepted) override {
    sink_->cancellation()->note(part_, accepted.id);
    sink_->accepted(accepted);
  }
  void on_delta(TextDelta delta) override {
    delta.choice += first_choice_;
    sink_->happened(std::move(delta));
  }
  void on_choice_end(const ChoiceEnd& end) override {
    ChoiceEnd moved = end;
    moved.choice += first_choice_;
    sink_->happened(std::move(moved));
  }
  void on_end(const TextEnd& end) override { sink_->ended(end); }
  void on_error(const Error& error) override { sink_->failed(error); }

 private:
  const std::shared_ptr<Sink> sink_;  // shared by the listeners of all parts
  const std::size_t part_;
  const std::uint32_t first_choice_;
};

}  // namespace

void answer_text(TextService& service, std::shared_ptr<Exchange> exchange, AnswerOrder order) {
  const auto sink = std::make_shared<Sink>(service, exchange, order);
  const auto cancellation = sink->cancellation();
  exchange->on_disconnect([cancellation] { cancellation->cancel_all(); });
  std::uint32_t first_choice = 0;
  for (std::size_t part = 0; part < order.requests.size(); ++part) {
    if (cancellation->wanted()) return;  // one was refused, or the client left
    TextRequest& request = order.requests[part];
    auto listener = std::make_shared<PartListener>(sink, part, first_choice);
    first_choice += request.choices;
    cancellation->note(part, service.submit(std::move(request), std::move(listener)));
  }
}

}  // namespace hearth::serve
