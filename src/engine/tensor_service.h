// Tensor models as endpoints, pipelines and commands see them: jobs in, outputs out, or a lane of one's own for a
// stream.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call_bounds.h"
#include "domain/tensor.h"
#include "hearth/result.h"
#include "plugin_host/tensor_model.h"

namespace hearth {

// What is known of a loaded graph. Immutable.
struct TensorModelFacts {
  std::string name;
  std::string format;
  std::string runtime;
  std::string runtime_version;
  TensorPorts ports;  // of the compiled graph
  TensorSessionInfo session;
  std::map<std::string, std::string> metadata;  // the file's own
  std::string record_json;                      // see OpenedTensorModel
  // Items that jobs of one group are computed in at once: 1 unless the first dimension of every port is open.
  std::uint32_t batch_max = 1;
};

// One run, as a job sees its end. Views are valid during the call.
struct TensorRun {
  std::span<const TensorView> outputs;
  std::size_t item = 0;     // this job's place in the batch
  std::uint32_t batch = 1;  // items of the batch
  double queue_ms = 0;      // from submit to the run's start
  double infer_ms = 0;      // of the whole batch
};

// One item for a graph. Called on the engine's threads, one call at a time.
class TensorJob {
 public:
  virtual ~TensorJob() = default;
  // Jobs of one group differ in nothing but their item, and may be computed together; empty: alone, with whatever
  // first dimension shape() gives.
  [[nodiscard]] virtual std::string_view group() const { return {}; }
  // The shape of an input for `n` items at once; n is 1 without a group.
  [[nodiscard]] virtual Result<Shape> shape(const TensorModelFacts& facts, std::size_t input,
                                            std::uint32_t n) const = 0;
  // Writes the item into the model's own input memory.
  [[nodiscard]] virtual Status fill(const TensorModelFacts& facts, std::span<const TensorView> inputs,
                                    std::size_t item) = 0;
  // Once, with the outputs or why there are none.
  virtual void finish(const TensorModelFacts* facts, const Result<TensorRun>& run) = 0;
  [[nodiscard]] virtual CallBounds bounds() const { return {}; }
};

// One set of bound tensors on a loaded graph, with its memory kept from run to run. One thread at a time. While it is
// held the model is not evicted.
class TensorLane {
 public:
  virtual ~TensorLane() = default;
  [[nodiscard]] virtual const TensorModelFacts& facts() const = 0;
  // The model's own memory for its inputs, in their order; the same memory while the shapes stay. kInvalidArgument as
  // TensorRequest::allocate.
  [[nodiscard]] virtual Result<std::span<const TensorView>> inputs(std::span<const Shape> shapes) = 0;
  // The caller's memory instead, until inputs() or the next bind.
  [[nodiscard]] virtual Status bind(std::size_t input, const TensorView& view) = 0;
  // Valid until the next run. Allocates nothing in the steady state.
  [[nodiscard]] virtual Result<std::span<const TensorView>> run(const CallBounds& bounds) = 0;
};

// Thread-safe.
class TensorService {
 public:
  virtual ~TensorService() = default;
  // Loads the model where need be. Errors come to the job's finish(), maybe before this returns: kNotFound,
  // kOverloaded, what loading gives, kCancelled and kDeadlineExceeded while it waited.
  virtual void submit(const std::string& model, std::shared_ptr<TensorJob> job) = 0;
  // Loads the model where need be. `done` may take its time: with facts it is called on a thread of the engine's.
  virtual void with_facts(const std::string& model,
                          std::function<void(Result<std::shared_ptr<const TensorModelFacts>>)> done) = 0;
  // Blocks until the model is loaded and one of its lanes is free: not for the engine's own threads.
  [[nodiscard]] virtual Result<std::unique_ptr<TensorLane>> borrow(const std::string& model,
                                                                   const CallBounds& bounds) = 0;
};

// Counts a copy between buffers for the metrics, by reason; both places as TensorDevice::text().
class CopyCounter {
 public:
  virtual ~CopyCounter() = default;
  virtual void count(const std::string& from, const std::string& to, const std::string& why, std::uint64_t bytes) = 0;
};

}  // namespace hearth
