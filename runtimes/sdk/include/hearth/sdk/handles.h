// What the opaque handles of the border point to. Each keeps alive what it was made from, so that a host that frees
// in the wrong order harms nobody.
#pragma once

#include <memory>
#include <vector>

#include "hearth/sdk/text.h"

namespace hearth::sdk {

struct ModelHandle {
  const Host* host;                    // the plugin's, alive to the end of the process
  std::shared_ptr<Model> model;        // shared: contexts and adapters keep their model
  std::vector<Key> session_keys = {};  // of the runtime's description
};

struct AdapterHandle {
  std::shared_ptr<Model> model;
  std::shared_ptr<Adapter> adapter;  // shared: contexts keep the adapters they have set
};

struct ContextHandle {
  const Host* host;
  std::shared_ptr<Model> model;
  std::uint32_t n_vocab = 0;
  TextOptions granted = {};
  std::vector<ScaledAdapter> adapters = {};
  std::vector<BatchEntry> batch = {};         // scratch of decode
  std::unique_ptr<TextContext> context = {};  // last, so that it goes first
};

inline ModelHandle& handle(hearth_model* model) {
  return required(reinterpret_cast<ModelHandle*>(model), "the model handle");
}
inline AdapterHandle& handle(hearth_adapter* adapter) {
  return required(reinterpret_cast<AdapterHandle*>(adapter), "the adapter handle");
}
inline ContextHandle& handle(hearth_text_context* context) {
  return required(reinterpret_cast<ContextHandle*>(context), "the context handle");
}

inline TextModel& text_of(hearth_model* model) {
  TextModel* text = handle(model).model->text();
  if (text == nullptr) throw Error(HEARTH_UNSUPPORTED, "this model is no language model; ask for another capability");
  return *text;
}

}  // namespace hearth::sdk
