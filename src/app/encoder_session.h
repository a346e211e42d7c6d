// An embedding or reranking model brought up for one command, whatever its format. Graphs are loaded under the ledger
// of tensor models: what does not fit is refused by its estimate before it is loaded.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/tensor_host.h"
#include "app/text_session.h"
#include "base/call_bounds.h"
#include "domain/runtime_info.h"
#include "engine/embedder.h"
#include "engine/sentence_encoder.h"
#include "engine/text_request.h"
#include "hearth/result.h"

namespace hearth {

struct EncoderSessionOptions {
  std::string model;
  std::string runtime;  // empty: the best-scoring one that reads the file
  LoadOptions load;     // path is filled in
  std::uint32_t n_threads = 0;
  TransportChoice transport = TransportChoice::kAuto;
};

// Externally synchronised.
class EncoderSession {
 public:
  // Errors of open_model_file and choose_runtime, of loading, and for graphs of read_encoder_bundle and
  // TensorService::borrow. What `parts` borrow outlives the session.
  static Result<std::unique_ptr<EncoderSession>> open(const TensorHostParts& parts,
                                                      const EncoderSessionOptions& options, const CallBounds& bounds);

  // `request.model` is not read.
  [[nodiscard]] Result<EmbeddingResult> embed(const EmbeddingRequest& request, const CallBounds& bounds);
  [[nodiscard]] Result<RerankResult> rerank(const RerankRequest& request, const CallBounds& bounds);

  [[nodiscard]] const ResolvedModel& model() const { return resolved_; }
  [[nodiscard]] const RuntimeInfo& runtime() const { return runtime_info_; }

 private:
  EncoderSession() = default;
  [[nodiscard]] Status open_graph(const TensorHostParts& parts, const EncoderSessionOptions& options,
                                  const CallBounds& bounds);
  [[nodiscard]] Status open_text_model(const SessionHost& host, const EncoderSessionOptions& options,
                                       const CallBounds& bounds);
  [[nodiscard]] Result<EmbeddingResult> embed_with_text_model(const EmbeddingRequest& request);

  ResolvedModel resolved_;
  RuntimeInfo runtime_info_;
  std::unique_ptr<TensorHost> tensors_;  // either these two: lanes go back before their engine ends
  std::unique_ptr<SentenceEncoder> graph_;
  std::shared_ptr<TextModel> text_model_;  // or these two
  std::unique_ptr<Embedder> embedder_;
};

}  // namespace hearth
