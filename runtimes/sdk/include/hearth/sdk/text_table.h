// The C table of the text capability over TextModel and TextContext: checks what comes in, traps what is thrown.
#pragma once

#include <span>
#include <string>

#include "hearth/sdk/handles.h"

namespace hearth::sdk::text_table {

inline hearth_status info(hearth_model* model, hearth_text_info* out) {
  return trap([&] {
    const TextInfo from = text_of(model).info();
    hearth_text_info to{};
    to.n_vocab = from.n_vocab;
    to.n_ctx_train = from.n_ctx_train;
    to.n_embd = from.n_embd;
    to.n_layer = from.n_layer;
    to.bos = from.bos;
    to.eos = from.eos;
    to.eot = from.eot;
    to.pad = from.pad;
    to.add_bos = from.add_bos ? 1 : 0;
    to.add_eos = from.add_eos ? 1 : 0;
    to.n_params = from.n_params;
    to.n_bytes = from.n_bytes;
    to.is_recurrent = from.is_recurrent ? 1 : 0;
    to.has_encoder = from.has_encoder ? 1 : 0;
    to.n_swa = from.n_swa;
    write_struct(to, out);
  });
}

inline hearth_status metadata(hearth_model* model, hearth_str key, const hearth_sink* out) {
  return trap([&] {
    const auto value = text_of(model).metadata(view(key));
    if (!value) throw Error(HEARTH_NOT_FOUND, "the model has no metadata '" + std::string(view(key)) + "'");
    Writer(out).text(*value);
  });
}

inline hearth_status tokenize(hearth_model* model, hearth_str text, std::int32_t add_special,
                              std::int32_t parse_special, const hearth_tokens_emit* emit) {
  return trap([&] {
    const auto& sink = required(emit, "the tokens emit callback");
    const auto tokens = text_of(model).tokenize(view(text), add_special != 0, parse_special != 0);
    if (!tokens.empty()) sink.tokens(sink.ctx, tokens.data(), tokens.size());
  });
}

inline void check_token(Token token, std::uint32_t n_vocab, const std::string& where) {
  if (token < 0 || static_cast<std::uint32_t>(token) >= n_vocab) {
    throw Error(HEARTH_INVALID_ARGUMENT,
                where + " is " + std::to_string(token) + "; the vocabulary has 0 to " + std::to_string(n_vocab - 1));
  }
}

inline hearth_status token_bytes(hearth_model* model, Token token, std::int32_t special, const hearth_sink* out) {
  return trap([&] {
    auto& text = text_of(model);
    check_token(token, text.n_vocab(), "the token");
    Writer(out).text(text.token_bytes(token, special != 0));
  });
}

inline hearth_status token_attributes(hearth_model* model, Token token, std::uint32_t* out) {
  return trap([&] {
    auto& text = text_of(model);
    check_token(token, text.n_vocab(), "the token");
    required(out, "the result") = text.token_attributes(token);
  });
}

inline hearth_status context_new(hearth_model* model, const hearth_text_options* options, hearth_text_context** out) {
  return trap([&] {
    auto& result = required(out, "the result");
    auto& text = text_of(model);
    auto made = std::make_unique<ContextHandle>(ContextHandle{handle(model).host, handle(model).model});
    made->n_vocab = text.n_vocab();
    made->context = text.new_context(read_text_options(options));
    made->granted = made->context->granted();
    result = reinterpret_cast<hearth_text_context*>(made.release());
  });
}

inline void context_free(hearth_text_context* context) { delete reinterpret_cast<ContextHandle*>(context); }

// The text in `out` is the context's own and lives as long as it.
inline hearth_status context_info(hearth_text_context* context, hearth_text_options* out) {
  return trap([&] { write_struct(borrow_text_options(handle(context).granted), out); });
}

inline void check_sequence(const ContextHandle& context, std::int32_t sequence, const char* what = "the sequence") {
  if (sequence < 0 || static_cast<std::uint32_t>(sequence) >= context.granted.n_seq_max) {
    throw Error(HEARTH_INVALID_ARGUMENT, std::string(what) + " is " + std::to_string(sequence) +
                                             "; this context has 0 to " +
                                             std::to_string(context.granted.n_seq_max - 1));
  }
}

// Copies the batch's arrays into the context's scratch and checks each entry.
inline std::span<const BatchEntry> read_batch(ContextHandle& context, const hearth_batch* raw) {
  const auto batch = read_struct(&required(raw, "the batch"), hearth_batch{});
  if (batch.n_tokens == 0 || batch.n_tokens > context.granted.n_batch) {
    throw Error(HEARTH_INVALID_ARGUMENT, "the batch has " + std::to_string(batch.n_tokens) +
                                             " tokens; this context takes 1 to " +
                                             std::to_string(context.granted.n_batch));
  }
  if (!batch.tokens || !batch.positions || !batch.sequences || !batch.wants_output) {
    throw Error(HEARTH_INVALID_ARGUMENT,
                "the batch lacks an array; give tokens, positions, sequences and wants_output");
  }
  context.batch.resize(batch.n_tokens);
  for (std::uint32_t i = 0; i < batch.n_tokens; ++i) {
    context.batch[i] = {batch.tokens[i], batch.positions[i], batch.sequences[i], batch.wants_output[i] != 0};
    check_token(batch.tokens[i], context.n_vocab, "the token of batch entry " + std::to_string(i));
    check_sequence(context, batch.sequences[i], "the sequence of a batch entry");
    if (batch.positions[i] < 0)
      throw Error(HEARTH_INVALID_ARGUMENT, "a position of the batch is negative; positions start at 0");
  }
  return context.batch;
}

inline hearth_status decode(hearth_text_context* context, const hearth_batch* batch, const hearth_call* call,
                            hearth_rows* out) {
  return trap([&] {
    auto& on = handle(context);
    auto& result = required(out, "the result");
    result = {};
    const CallGuard guard(*on.host, call);
    const auto entries = read_batch(on, batch);
    guard.check("decoding");
    const Rows rows = on.context->decode(entries, guard);
    result = {rows.data, rows.n_rows, rows.row_size};
  });
}

inline hearth_status sequence_trim(hearth_text_context* context, std::int32_t sequence, std::int32_t p0,
                                   std::int32_t p1) {
  return trap([&] {
    auto& on = handle(context);
    if (sequence >= 0) check_sequence(on, sequence);
    on.context->trim(sequence < 0 ? -1 : sequence, p0, p1);
  });
}

inline hearth_status sequence_copy(hearth_text_context* context, std::int32_t from, std::int32_t to, std::int32_t p0,
                                   std::int32_t p1) {
  return trap([&] {
    auto& on = handle(context);
    check_sequence(on, from, "the sequence to copy from");
    check_sequence(on, to, "the sequence to copy to");
    on.context->copy(from, to, p0, p1);
  });
}

inline hearth_status sequence_shift(hearth_text_context* context, std::int32_t sequence, std::int32_t p0,
                                    std::int32_t p1, std::int32_t delta) {
  return trap([&] {
    auto& on = handle(context);
    check_sequence(on, sequence);
    on.context->shift(sequence, p0, p1, delta);
  });
}

inline hearth_status sequence_range(hearth_text_context* context, std::int32_t sequence, std::int32_t* first,
                                    std::int32_t* last) {
  return trap([&] {
    auto& on = handle(context);
    check_sequence(on, sequence);
    const Range range = on.context->range(sequence);
    required(first, "the result 'first'") = range.first;
    required(last, "the result 'last'") = range.last;
  });
}

inline hearth_status sequence_save(hearth_text_context* context, std::int32_t sequence, const hearth_sink* out) {
  return trap([&] {
    auto& on = handle(context);
    check_sequence(on, sequence);
    on.context->save(sequence, Writer(out));
  });
}

// Whatever fails leaves the sequence empty, as the border asks.
inline hearth_status sequence_restore(hearth_text_context* context, std::int32_t sequence, const hearth_source* in) {
  return trap([&] {
    auto& on = handle(context);
    check_sequence(on, sequence);
    try {
      on.context->restore(sequence, Reader(in));
    } catch (...) {
      on.context->trim(sequence, -1, -1);
      throw;
    }
  });
}

inline hearth_status adapter_load(hearth_model* model, hearth_str path, hearth_adapter** out) {
  return trap([&] {
    auto& result = required(out, "the result");
    auto made = std::make_unique<AdapterHandle>(AdapterHandle{handle(model).model, nullptr});
    if (path.size == 0) throw Error(HEARTH_INVALID_ARGUMENT, "no adapter file was named; give its path");
    made->adapter = text_of(model).load_adapter(std::string(view(path)));
    result = reinterpret_cast<hearth_adapter*>(made.release());
  });
}

inline void adapter_free(hearth_adapter* adapter) { delete reinterpret_cast<AdapterHandle*>(adapter); }

inline hearth_status context_set_adapters(hearth_text_context* context, hearth_adapter* const* adapters,
                                          const float* scales, std::size_t n) {
  return trap([&] {
    auto& on = handle(context);
    if (n != 0) required(adapters, "the list of adapters");
    std::vector<ScaledAdapter> wanted;
    for (std::size_t i = 0; i < n; ++i) {
      auto& each = handle(adapters[i]);
      if (each.model != on.model)
        throw Error(HEARTH_INVALID_ARGUMENT, "an adapter belongs to another model; load it on this one");
      wanted.push_back({each.adapter, scales == nullptr ? 1.0F : scales[i]});
    }
    on.context->set_adapters(wanted);
    on.adapters = std::move(wanted);
  });
}

inline hearth_status token_table(hearth_model* model, const hearth_token_emit* emit) {
  return trap([&] {
    const auto& out = required(emit, "the token emit callback");
    text_of(model).token_table([&](const TokenRow& row) {
      const hearth_token_row raw = {sizeof(hearth_token_row), row.token, row.attributes, borrow(row.bytes),
                                    borrow(row.written)};
      out.token(out.ctx, &raw);
    });
  });
}

inline const hearth_text& table() {
  static const hearth_text kTable = {
      sizeof(hearth_text), HEARTH_CAP_TEXT_MAJOR, &info,           &metadata,      &tokenize,         &token_bytes,
      &token_attributes,   &context_new,          &context_free,   &context_info,  &decode,           &sequence_trim,
      &sequence_copy,      &sequence_shift,       &sequence_range, &sequence_save, &sequence_restore, &adapter_load,
      &adapter_free,       &context_set_adapters, &token_table};
  return kTable;
}

}  // namespace hearth::sdk::text_table
