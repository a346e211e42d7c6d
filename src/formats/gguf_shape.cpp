#include "formats/gguf_shape.h"

#include <algorithm>

namespace hearth {
namespace {

// No model has more; bounds the per-layer vectors. Source: llama.cpp 0.5.0, LLAMA_MAX_LAYERS is 512.
constexpr std::uint64_t kLayersMax = 512;
// No dimension of a model reaches this; keeps products of two dimensions within 64 bits.
constexpr std::uint64_t kDimMax = 1ULL << 31;

// Looks keys up under the architecture's name and remembers the first that is wrong.
class ShapeReader {
 public:
  ShapeReader(const GgufFile& file, std::string architecture) : file_(file), prefix_(std::move(architecture) + ".") {}

  // `otherwise` when absent.
  std::uint64_t uint(const std::string& key, std::uint64_t otherwise = 0) {
    const GgufValue* value = file_.find(prefix_ + key);
    if (value == nullptr) return otherwise;
    const auto number = value->as_uint();
    if (number && *number <= kDimMax) return *number;
    reject(key, "is no number a model could have");
    return otherwise;
  }

  std::uint64_t required(const std::string& key) {
    const std::uint64_t number = uint(key);
    if (number == 0) reject(key, file_.find(prefix_ + key) == nullptr ? "is missing" : "is 0");
    return number;
  }

  double number(const std::string& key) { return file_.find_number(prefix_ + key).value_or(0.0); }
  std::string text(const std::string& key) { return file_.find_text(prefix_ + key); }

  // One number for all layers, or a list with one for each; `otherwise` when absent.
  std::vector<std::uint64_t> per_layer(const std::string& key, const std::vector<std::uint64_t>& otherwise) {
    const GgufValue* value = file_.find(prefix_ + key);
    if (value == nullptr) return otherwise;
    if (value->as_array() == nullptr) return std::vector<std::uint64_t>(otherwise.size(), uint(key));
    auto numbers = list(key);
    if (numbers.size() != otherwise.size()) reject(key, "does not have one entry for each layer");
    numbers.resize(otherwise.size());
    return numbers;
  }

  // A list of numbers; empty when absent or a single number.
  std::vector<std::uint64_t> list(const std::string& key) {
    const GgufValue* value = file_.find(prefix_ + key);
    const GgufArray* array = value == nullptr ? nullptr : value->as_array();
    std::vector<std::uint64_t> numbers;
    if (array == nullptr) return numbers;
    if (const auto* plain = std::get_if<0>(&array->elements)) numbers = *plain;
    if (const auto* with_sign = std::get_if<1>(&array->elements)) {
      for (const std::int64_t number : *with_sign)
        numbers.push_back(number < 0 ? kDimMax + 1 : static_cast<std::uint64_t>(number));
    }
    const bool sane = std::all_of(numbers.begin(), numbers.end(), [](std::uint64_t n) { return n <= kDimMax; });
    if (!sane || numbers.size() != array->count) {
      reject(key, "is no list of numbers a model could have");
      numbers.clear();
    }
    return numbers;
  }

  void reject(const std::string& key, const std::string& found) {
    if (error_) return;
    error_ = Error(ErrorCode::kInvalidData,
                   "'" + file_.name + "' describes no model that can run: '" + prefix_ + key + "' " + found,
                   "the file is damaged or made by an unknown tool: get another conversion of the model");
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const GgufFile& file_;
  std::string prefix_;
  std::optional<Error> error_;
};

std::uint64_t vocabulary_size(const GgufFile& file, ShapeReader& reader) {
  if (const GgufValue* tokens = file.find("tokenizer.ggml.tokens"); tokens != nullptr && tokens->as_array() != nullptr)
    return tokens->as_array()->count;
  if (const std::uint64_t told = reader.uint("vocab_size"); told != 0) return told;
  const GgufTensor* embedding = file.find_tensor("token_embd.weight");
  return embedding == nullptr ? 0 : embedding->dims[1];
}

void read_attention(ShapeReader& reader, GgufModelShape& shape) {
  const std::vector<std::uint64_t> none(shape.n_layer, 0);
  shape.n_head = reader.per_layer("attention.head_count", none);
  shape.n_head_kv = reader.per_layer("attention.head_count_kv", shape.n_head);
  shape.n_ff = reader.per_layer("feed_forward_length", none);
  const std::uint64_t heads = shape.n_head.empty() ? 0 : *std::max_element(shape.n_head.begin(), shape.n_head.end());
  const std::uint64_t head_dim = heads == 0 ? 0 : shape.n_embd / heads;
  shape.head_dim_k = reader.uint("attention.key_length", head_dim);
  shape.head_dim_v = reader.uint("attention.value_length", head_dim);
  for (std::size_t i = 0; i < shape.n_head.size(); ++i)
    if (shape.n_head_kv[i] > 0 && shape.n_head[i] % shape.n_head_kv[i] != 0)
      reader.reject("attention.head_count_kv", "does not divide the number of heads");
  if (heads > 0 && (shape.head_dim_k == 0 || shape.head_dim_v == 0))
    reader.reject("attention.head_count", "is larger than the width of the model");
  if (const std::uint64_t rank = reader.uint("attention.kv_lora_rank"); rank != 0)
    shape.latent =
        GgufLatentAttention{rank, reader.uint("attention.q_lora_rank"), reader.uint("attention.key_length_mla"),
                            reader.uint("attention.value_length_mla")};
}

void read_window(ShapeReader& reader, GgufModelShape& shape) {
  shape.window.tokens = reader.uint("attention.sliding_window");
  shape.window.head_dim_k = reader.uint("attention.key_length_swa");
  shape.window.head_dim_v = reader.uint("attention.value_length_swa");
  shape.window.shared_kv_layers = reader.uint("attention.shared_kv_layers");
  const auto layers = reader.list("attention.sliding_window_pattern");
  shape.window.layer_is_windowed.assign(layers.begin(), layers.end());
  if (!layers.empty() && layers.size() != shape.n_layer)
    reader.reject("attention.sliding_window_pattern", "does not have one entry for each layer");
  if (layers.empty()) shape.window.period = reader.uint("attention.sliding_window_pattern");
}

void read_experts(ShapeReader& reader, GgufModelShape& shape) {
  GgufExperts& experts = shape.experts;
  experts.count = reader.uint("expert_count");
  const auto used = reader.per_layer("expert_used_count", std::vector<std::uint64_t>(shape.n_layer, 0));
  experts.used = used.empty() ? 0 : *std::max_element(used.begin(), used.end());
  experts.shared = reader.uint("expert_shared_count");
  const auto widths = reader.per_layer("expert_feed_forward_length", std::vector<std::uint64_t>(shape.n_layer, 0));
  experts.feed_forward = widths.empty() ? 0 : *std::max_element(widths.begin(), widths.end());
  experts.shared_feed_forward = reader.uint("expert_shared_feed_forward_length");
  experts.leading_dense_layers = reader.uint("leading_dense_block_count");
  if (experts.used > experts.count) reader.reject("expert_used_count", "is larger than the number of experts");
  if (experts.count > 0 && experts.used == 0)
    reader.reject("expert_used_count", "is missing although there are experts");
}

void read_rope(ShapeReader& reader, GgufModelShape& shape) {
  shape.rope.dimension_count = reader.uint("rope.dimension_count", shape.head_dim_k);
  shape.rope.freq_base = reader.number("rope.freq_base");
  shape.rope.freq_base_window = reader.number("rope.freq_base_swa");
  shape.rope.scaling_type = reader.text("rope.scaling.type");
  shape.rope.scaling_factor = reader.number("rope.scaling.factor");
  shape.rope.original_context = reader.uint("rope.scaling.original_context_length");
}

void read_state(ShapeReader& reader, GgufModelShape& shape) {
  if (const std::uint64_t inner = reader.uint("ssm.inner_size"); inner != 0)
    shape.recurrence = GgufRecurrence{reader.uint("ssm.conv_kernel"), inner, reader.uint("ssm.state_size"),
                                      reader.uint("ssm.time_step_rank"), reader.uint("ssm.group_count")};
  shape.other_state = {reader.uint("wkv.head_size"), reader.uint("token_shift_count"), reader.uint("shortconv.l_cache"),
                       reader.uint("kda.head_dim")};
  shape.full_attention_interval = reader.uint("full_attention_interval");
  shape.recurrent_layers = reader.list("attention.recurrent_layers");
}

}  // namespace

Result<GgufModelShape> read_model_shape(const GgufFile& file) {
  GgufModelShape shape;
  shape.architecture = file.architecture();
  if (shape.architecture.empty())
    return fail(ErrorCode::kInvalidData, "'" + file.name + "' does not name its architecture ('general.architecture')",
                "check that this is a language model and not an adapter or a vocabulary");
  ShapeReader reader(file, shape.architecture);
  shape.n_layer = reader.required("block_count");
  shape.n_embd = reader.required("embedding_length");
  if (shape.n_layer > kLayersMax) {
    reader.reject("block_count", "is more than the " + std::to_string(kLayersMax) + " layers a model may have");
    shape.n_layer = 0;
  }
  shape.n_prediction_layer = reader.uint("nextn_predict_layers");
  if (shape.n_prediction_layer > shape.n_layer) reader.reject("nextn_predict_layers", "is more than there are layers");
  shape.context_length = reader.uint("context_length");
  shape.n_vocab = vocabulary_size(file, reader);
  read_attention(reader, shape);
  read_window(reader, shape);
  read_experts(reader, shape);
  read_rope(reader, shape);
  read_state(reader, shape);
  if (reader.error()) return fail(*reader.error());
  return shape;
}

}  // namespace hearth
