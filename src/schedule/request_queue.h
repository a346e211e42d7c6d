// Requests that wait for a model: bounded, fair by tokens between API keys and between priorities, with deadlines.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hearth/error.h"
#include "schedule/schedule_types.h"

namespace hearth {

enum class RequestPriority { kInteractive, kNormal, kBackground };
inline constexpr std::size_t kRequestPriorities = 3;

struct QueuedRequest {
  RequestId id = 0;
  std::string key;  // the API key's name, "" where there are none
  RequestPriority priority = RequestPriority::kNormal;
  std::uint32_t cost_tokens = 1;  // prompt not yet cached plus the answer as expected; settle() corrects it
  std::optional<Instant> deadline;
  Instant arrived;  // set by push()
};

struct QueueLimits {
  std::size_t requests = 1024;
  std::size_t requests_per_key = 256;
  std::uint64_t tokens = 4'000'000;
  std::size_t remembered_flows = 4096;                              // idle keys whose debt is remembered
  std::array<double, kRequestPriorities> priority_share{16, 4, 1};  // of the service while all have work
  double retry_after_min_s = 1;
  double retry_after_max_s = 600;
};

// Why a request was not taken, and when to come again.
struct QueueRefusal {
  double retry_after_s = 0;
  Error error;  // kOverloaded with the limit and the numbers; kInvalidArgument for an id that waits already
};

// Within a priority the key that had the fewest tokens (over its weight) is next; between priorities likewise with
// their shares, so that none starves. This is deficit round robin with the deficit kept as virtual time: choosing costs
// O(log keys) however large a request is, instead of as many rounds as it has quanta.
// Source: Goyal, Vin, Cheng, "Start-time Fair Queueing", 1996; Sheng et al., "Fairness in Serving Large Language
// Models", 2024 (charging for tokens as they turn out). Every operation is O(log n). Externally synchronised.
class RequestQueue {
 public:
  explicit RequestQueue(const QueueLimits& limits) : limits_(limits) {}

  // Nothing when taken.
  [[nodiscard]] std::optional<QueueRefusal> push(QueuedRequest request, Instant now);
  // The request that is next; null when none waits. Valid until the queue changes.
  [[nodiscard]] const QueuedRequest* front(Instant now);
  std::optional<QueuedRequest> pop(Instant now);
  // False when it does not wait here.
  bool cancel(RequestId id);
  // Requests whose deadline passed while they waited, each once; front() and pop() never give these.
  [[nodiscard]] std::vector<QueuedRequest> take_expired(Instant now);

  // A popped request turned out to use `used_tokens`: its key is charged or credited the difference.
  void settle(const QueuedRequest& request, std::uint64_t used_tokens);
  // A step of the engine served `tokens` within `seconds`: the rate that Retry-After is reckoned with.
  void note_service(double tokens, double seconds);
  // Share of `key` among the keys of a priority; 1 where not set. Not above zero: ignored.
  void set_key_weight(const std::string& key, double weight);

  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] std::uint64_t waiting_tokens() const { return tokens_; }
  [[nodiscard]] std::size_t flows() const { return flows_.size(); }
  // 0 until measured.
  [[nodiscard]] double service_tok_s() const { return served_s_ > 0 ? served_tokens_ / served_s_ : 0; }

 private:
  using Order = std::pair<double, std::uint64_t>;  // virtual time, then age
  struct Flow {
    std::string key;
    std::size_t level = 0;
    std::uint64_t age = 0;
    double time = 0;  // tokens had, over the weight
    std::list<QueuedRequest> waiting;
  };
  struct Level {
    double time = 0;                // of the level against the others
    double now = 0;                 // virtual time of the flow last served
    std::map<Order, Flow*> active;  // flows with requests
    std::map<Order, Flow*> idle;    // flows without, whose debt is not yet worked off
    std::size_t requests = 0;
  };
  struct Place {
    Flow* flow = nullptr;
    std::list<QueuedRequest>::iterator at;
  };

  Flow& flow_of(const std::string& key, std::size_t level);
  void activate(Flow& flow);
  void set_time(Flow& flow, double time);
  void forget_idle(Level& level);
  void drop_flow(std::map<Order, Flow*>::iterator at, Level& level);
  QueuedRequest take_out(std::unordered_map<RequestId, Place>::iterator place);
  void expire(Instant now);
  [[nodiscard]] Level* next_level();
  [[nodiscard]] double weight_of(const std::string& key) const;
  [[nodiscard]] std::optional<QueueRefusal> refusal(const QueuedRequest& request);
  [[nodiscard]] double retry_after(double tokens_to_leave);

  QueueLimits limits_;
  std::array<Level, kRequestPriorities> levels_;
  double now_ = 0;  // virtual time of the level last served
  std::map<std::pair<std::string, std::size_t>, std::unique_ptr<Flow>> flows_;
  std::unordered_map<RequestId, Place> places_;
  std::map<std::string, std::size_t> requests_by_key_;
  std::map<std::string, double> weights_;
  std::set<std::pair<Instant, RequestId>> deadlines_;
  std::vector<QueuedRequest> expired_;
  std::uint64_t tokens_ = 0;
  std::uint64_t next_age_ = 0;
  double served_tokens_ = 0;
  double served_s_ = 0;
  double refused_ahead_ = 0;  // refused ones that will come again before this one
};

}  // namespace hearth
