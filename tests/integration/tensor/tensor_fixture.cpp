#include "tensor_fixture.h"

#include <algorithm>

#include "support/paths.h"

namespace hearth::tensor_tests {

namespace fs = std::filesystem;

RegistryOptions registry_options() {
  const fs::path build = test::build_dir();
  return {{build / "lib/hearth/runtimes"}, build / "libexec/hearth/hearth-worker", nullptr};
}

bool is_here(RuntimeRegistry& registry, const std::string& runtime, std::string& why) {
  const auto names = registry.names();
  if (std::ranges::find(names, runtime) == names.end()) {
    why = "the runtime '" + runtime + "' was not built here";
    return false;
  }
  const auto opened = registry.open(runtime, Transport::kInProcess);
  const auto score = opened ? (*opened)->score() : Result<RuntimeScore>(fail(opened.error()));
  if (score && score->score > 0) return true;
  why = "the runtime '" + runtime + "' can't run here: " + (score ? score->reason : score.error().message);
  return false;
}

std::string shared_model(const std::string& name) {
  const auto path = test::shared_dir() / "models" / name;
  return fs::exists(path) ? path.string() : std::string();
}

void fill_pattern(const TensorView& view, float scale) {
  const auto n = view.n_elements();
  // Steps of a prime over another prime: every value differs from its neighbours and from its column's.
  const auto value = [&](std::uint64_t i) { return static_cast<float>((i * 7919) % 1009) / 1009.0F * scale; };
  if (view.type == DataType::kF32) {
    const auto data = view.span<float>().value();
    for (std::uint64_t i = 0; i < n; ++i) data[i] = value(i);
  } else if (view.type == DataType::kU8) {
    const auto data = view.span<std::uint8_t>().value();
    for (std::uint64_t i = 0; i < n; ++i) data[i] = static_cast<std::uint8_t>(value(i));
  } else if (view.type == DataType::kI8) {
    const auto data = view.span<std::int8_t>().value();
    for (std::uint64_t i = 0; i < n; ++i) data[i] = static_cast<std::int8_t>(value(i) - 128.0F);
  }
}

Result<Loaded> open_model(const std::shared_ptr<Runtime>& runtime, const LoadOptions& load,
                          const TensorOptions& options, float scale) {
  Loaded loaded;
  HEARTH_ASSIGN(model, runtime->load(load));
  HEARTH_ASSIGN(tensor, TensorModel::from(std::move(model)));
  loaded.model = std::move(tensor);
  HEARTH_ASSIGN(session, loaded.model->new_session(options));
  loaded.session = std::move(session);
  HEARTH_ASSIGN(request, TensorSession::new_request(loaded.session));
  loaded.request = std::move(request);
  const auto& inputs = loaded.session->ports().inputs;
  for (std::uint32_t i = 0; i < inputs.size(); ++i) {
    auto shape = inputs[i].shape;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) shape[axis] = std::max<std::int64_t>(shape[axis], 1);
    HEARTH_ASSIGN(view, loaded.request->allocate(Port::kInput, i, shape));
    fill_pattern(view, scale);
  }
  return loaded;
}

Result<std::vector<float>> floats_of(const TensorView& view) {
  std::vector<float> values;
  if (view.type == DataType::kU8) {
    HEARTH_ASSIGN(data, view.span<const std::uint8_t>());
    values.assign(data.begin(), data.end());
  } else if (view.type == DataType::kI8) {
    HEARTH_ASSIGN(data, view.span<const std::int8_t>());
    values.assign(data.begin(), data.end());
  } else {
    HEARTH_ASSIGN(data, view.span<const float>());
    values.assign(data.begin(), data.end());
  }
  return values;
}

}  // namespace hearth::tensor_tests
