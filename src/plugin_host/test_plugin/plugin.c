/* A plugin in C11 for the tests of plugin_host: small, deterministic, and faulty on request.
 * Built once for each VARIANT_*; the tokens of a decode and the path of a load ask for the rest. */
#define _POSIX_C_SOURCE 200809L
#include <hearth/abi/hearth_plugin.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VARIANT_WHOLE 0
#define VARIANT_MAJOR_2 1
#define VARIANT_BAD_JSON 2
#define VARIANT_NO_ENTRY 3
#define VARIANT_SHORT 4
#define VARIANT_REFUSES 5
#define VARIANT_ABORTS 6
#ifndef VARIANT
#define VARIANT VARIANT_WHOLE
#endif

enum {
  N_VOCAB = 32768,      /* a row is 128 KiB: large enough for the host's shared memory */
  TOKEN_WAIT = 30000,   /* decode waits until it is cancelled or its deadline is over */
  TOKEN_DEAF = 30001,   /* decode takes 3 s and heeds neither */
  TOKEN_ABORT = 30002,  /* decode prints a last word and aborts */
  TOKEN_ABSURD = 30003, /* decode claims rows it does not have */
  STATE_BYTES = (1 << 20) + 3
};

struct hearth_model {
  int shared; /* rows in memory of the host's allocator */
  int n_contexts;
};
struct hearth_text_context {
  hearth_model* model;
  float* rows;
  size_t rows_bytes;
  float scale_sum;
  int32_t last[4];
};
struct hearth_adapter {
  int unused;
};

static const hearth_host* host;

static void free_message(char* message) { free(message); }

static hearth_status ok(void) {
  hearth_status status = {HEARTH_OK, NULL, NULL};
  return status;
}

static hearth_status failed(int32_t code, const char* text) {
  hearth_status status = {code, malloc(strlen(text) + 1), &free_message};
  strcpy(status.message, text);
  return status;
}

static hearth_str str(const char* text) {
  hearth_str out = {text, strlen(text)};
  return out;
}

static int is(hearth_str text, const char* wanted) {
  return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

static void sleep_1ms(void) {
  struct timespec pause = {0, 1000000};
  nanosleep(&pause, NULL);
}

/* Waits until `call` says stop. */
static hearth_status wait_for_stop(const hearth_call* call) {
  for (;;) {
    if (call != NULL && call->is_cancelled != NULL && call->is_cancelled(call->ctx))
      return failed(HEARTH_CANCELLED, "cancelled as asked");
    if (call != NULL && call->deadline_ns != 0 && host->now_ns(host->ctx) >= call->deadline_ns)
      return failed(HEARTH_DEADLINE_EXCEEDED, "the deadline is over");
    sleep_1ms();
  }
}

static hearth_status describe(void* self, const hearth_sink* json) {
  static const char* const text =
      VARIANT == VARIANT_BAD_JSON
          ? "{\"name\":\"test\",\"devices\":{}"
          : "{\"name\":\"test\",\"version\":\"1.2\",\"formats\":[\"gguf\"],\"capabilities\":[\"text\"],"
            "\"devices\":[{\"id\":\"cpu\",\"kind\":\"cpu\",\"description\":\"a processor\",\"total_bytes\":1024}]}";
  (void)self;
  return json->write(json->ctx, text, strlen(text)) ? failed(HEARTH_CANCELLED, "stopped") : ok();
}

static hearth_status score(void* self, const hearth_sink* json) {
  static const char* const text =
      VARIANT == VARIANT_BAD_JSON ? "{\"score\":1e9}" : "{\"score\":60,\"reason\":\"always here\"}";
  (void)self;
  return json->write(json->ctx, text, strlen(text)) ? failed(HEARTH_CANCELLED, "stopped") : ok();
}

static void emit_item(const hearth_memory_emit* emit, const char* component, uint64_t bytes) {
  const hearth_memory_item item = {sizeof(item), str("cpu"), str("TEST"), str(component), bytes, bytes / 2};
  emit->item(emit->ctx, &item);
}

static hearth_status estimate(void* self, const hearth_load_options* load, const hearth_text_options* text,
                              const hearth_memory_emit* emit) {
  (void)self;
  emit_item(emit, HEARTH_MEM_WEIGHTS, load->path.size);
  emit_item(emit, HEARTH_MEM_KV_CACHE, text == NULL ? 0 : text->n_ctx);
  return ok();
}

static hearth_status load(void* self, const hearth_load_options* options, const hearth_call* call, hearth_model** out) {
  (void)self;
  if (is(options->path, "missing")) return failed(HEARTH_NOT_FOUND, "there is no file 'missing'");
  if (is(options->path, "slow")) return wait_for_stop(call);
  if (is(options->path, "nothing")) return ok();
  if (is(options->path, "strange")) return failed(77, "a code that means nothing");
  *out = calloc(1, sizeof(**out));
  (*out)->shared = is(options->path, "shared");
  host->log(host->ctx, HEARTH_LOG_INFO, str("test"), str("loaded"));
  return ok();
}

static hearth_status memory(hearth_model* model, const hearth_memory_emit* emit) {
  emit_item(emit, HEARTH_MEM_WEIGHTS, 1000);
  emit_item(emit, HEARTH_MEM_KV_CACHE, (uint64_t)model->n_contexts * 100);
  return ok();
}

static void free_model(hearth_model* model) { free(model); }

static hearth_status info(hearth_model* model, hearth_text_info* out) {
  (void)model;
  out->n_vocab = N_VOCAB;
  out->n_ctx_train = 128;
  out->bos = 1;
  out->eos = 2;
  out->eot = N_VOCAB + 5;
  out->n_params = 7;
  return ok();
}

static hearth_status metadata(hearth_model* model, hearth_str key, const hearth_sink* out) {
  (void)model;
  if (!is(key, "general.architecture")) return failed(HEARTH_NOT_FOUND, "no such key");
  return out->write(out->ctx, "test", 4) ? failed(HEARTH_CANCELLED, "stopped") : ok();
}

/* A byte is a token. */
static hearth_status tokenize(hearth_model* model, hearth_str text, int32_t add_special, int32_t parse_special,
                              const hearth_tokens_emit* emit) {
  hearth_token* tokens = malloc((text.size + 1) * sizeof(*tokens));
  size_t n = 0;
  (void)model;
  (void)parse_special;
  if (add_special) tokens[n++] = 1;
  for (size_t i = 0; i < text.size; ++i) tokens[n++] = (unsigned char)text.data[i];
  emit->tokens(emit->ctx, tokens, n);
  free(tokens);
  return ok();
}

static hearth_status token_bytes(hearth_model* model, hearth_token token, int32_t special, const hearth_sink* out) {
  const char byte = (char)token;
  (void)model;
  (void)special;
  return out->write(out->ctx, &byte, 1) ? failed(HEARTH_CANCELLED, "stopped") : ok();
}

static hearth_status token_attributes(hearth_model* model, hearth_token token, uint32_t* out) {
  (void)model;
  *out = token == 2 ? HEARTH_TOKEN_END : 0;
  return ok();
}

static hearth_status context_new(hearth_model* model, const hearth_text_options* options, hearth_text_context** out) {
  if (options->n_ctx > 4096) return failed(HEARTH_OUT_OF_MEMORY, "no memory for so many cells");
  *out = calloc(1, sizeof(**out));
  (*out)->model = model;
  ++model->n_contexts;
  return ok();
}

static void drop_rows(hearth_text_context* context) {
  if (context->model->shared && context->rows != NULL)
    host->dealloc(host->ctx, context->rows, context->rows_bytes);
  else
    free(context->rows);
  context->rows = NULL;
}

static void context_free(hearth_text_context* context) {
  if (context == NULL) return;
  drop_rows(context);
  --context->model->n_contexts;
  free(context);
}

static hearth_status context_info(hearth_text_context* context, hearth_text_options* out) {
  (void)context;
  out->n_ctx = 64;
  out->n_seq_max = 4;
  out->kv_type_k = str("f16");
  return ok();
}

static hearth_status decode(hearth_text_context* context, const hearth_batch* batch, const hearth_call* call,
                            hearth_rows* out) {
  uint32_t n_rows = 0;
  for (uint32_t i = 0; i < batch->n_tokens; ++i) {
    if (batch->tokens[i] == TOKEN_WAIT) return wait_for_stop(call);
    if (batch->tokens[i] == TOKEN_DEAF)
      for (int ms = 0; ms < 3000; ++ms) sleep_1ms();
    if (batch->tokens[i] == TOKEN_ABORT) {
      fputs("GGML_ASSERT(false) failed\n", stderr);
      abort();
    }
    context->last[batch->sequences[i] & 3] = batch->positions[i];
    n_rows += batch->wants_output[i];
  }
  const size_t row_bytes = N_VOCAB * sizeof(float);
  if (n_rows * row_bytes > context->rows_bytes) {
    drop_rows(context);
    context->rows_bytes = n_rows * row_bytes;
    context->rows =
        context->model->shared ? host->alloc(host->ctx, context->rows_bytes, 64) : malloc(context->rows_bytes);
    if (context->rows == NULL) return failed(HEARTH_OUT_OF_MEMORY, "no memory for rows");
  }
  float* row = context->rows;
  for (uint32_t i = 0; i < batch->n_tokens; ++i) {
    if (!batch->wants_output[i]) continue;
    for (int v = 0; v < N_VOCAB; ++v) row[v] = (float)(batch->tokens[i] + v) + context->scale_sum;
    row += N_VOCAB;
  }
  out->data = context->rows;
  out->n_rows = batch->tokens[0] == TOKEN_ABSURD ? 1u << 30 : n_rows;
  out->row_size = N_VOCAB;
  return ok();
}

static hearth_status sequence_trim(hearth_text_context* context, int32_t sequence, int32_t p0, int32_t p1) {
  (void)p1;
  context->last[sequence & 3] = p0 - 1;
  return ok();
}

static hearth_status sequence_copy(hearth_text_context* context, int32_t from, int32_t to, int32_t p0, int32_t p1) {
  (void)p0;
  (void)p1;
  context->last[to & 3] = context->last[from & 3];
  return ok();
}

static hearth_status sequence_shift(hearth_text_context* context, int32_t sequence, int32_t p0, int32_t p1,
                                    int32_t delta) {
  (void)context, (void)sequence, (void)p0, (void)p1, (void)delta;
  return failed(HEARTH_UNSUPPORTED, "this memory can't be shifted");
}

static hearth_status sequence_range(hearth_text_context* context, int32_t sequence, int32_t* first, int32_t* last) {
  *first = 0;
  *last = context->last[sequence & 3];
  return ok();
}

static unsigned char state_byte(size_t i) { return (unsigned char)(i * 7 + i / 251); }

static hearth_status sequence_save(hearth_text_context* context, int32_t sequence, const hearth_sink* out) {
  unsigned char part[1000];
  (void)context;
  (void)sequence;
  for (size_t done = 0; done < STATE_BYTES;) {
    size_t n = 0;
    for (; n < sizeof(part) && done < STATE_BYTES; ++n, ++done) part[n] = state_byte(done);
    if (out->write(out->ctx, part, n)) return failed(HEARTH_CANCELLED, "the receiver stopped");
  }
  return ok();
}

static hearth_status sequence_restore(hearth_text_context* context, int32_t sequence, const hearth_source* in) {
  unsigned char* all = malloc(STATE_BYTES);
  size_t done = 0;
  int same = 1;
  for (size_t n; done < STATE_BYTES && (n = in->read(in->ctx, all + done, STATE_BYTES - done)) > 0;) done += n;
  for (size_t i = 0; i < done; ++i) same = same && all[i] == state_byte(i);
  free(all);
  context->last[sequence & 3] = same && done == STATE_BYTES ? 99 : -1;
  return same && done == STATE_BYTES ? ok() : failed(HEARTH_INVALID_DATA, "the state is damaged");
}

static hearth_status adapter_load(hearth_model* model, hearth_str path, hearth_adapter** out) {
  (void)model;
  if (is(path, "missing")) return failed(HEARTH_NOT_FOUND, "no such adapter");
  *out = calloc(1, sizeof(**out));
  return ok();
}

static void adapter_free(hearth_adapter* adapter) { free(adapter); }

static hearth_status context_set_adapters(hearth_text_context* context, hearth_adapter* const* adapters,
                                          const float* scales, size_t n) {
  (void)adapters;
  context->scale_sum = 0;
  for (size_t i = 0; i < n; ++i) context->scale_sum += scales[i];
  return ok();
}

static const hearth_text text_table = {
    VARIANT == VARIANT_SHORT ? offsetof(hearth_text, sequence_save) : sizeof(hearth_text),
    HEARTH_CAP_TEXT_MAJOR,
    &info,
    &metadata,
    &tokenize,
    &token_bytes,
    &token_attributes,
    &context_new,
    &context_free,
    &context_info,
    &decode,
    &sequence_trim,
    &sequence_copy,
    &sequence_shift,
    &sequence_range,
    &sequence_save,
    &sequence_restore,
    &adapter_load,
    &adapter_free,
    &context_set_adapters,
    NULL}; /* token_table: the host asks token by token */

static const void* capability(void* self, hearth_str id, uint32_t major) {
  (void)self;
  return is(id, HEARTH_CAP_TEXT) && major == HEARTH_CAP_TEXT_MAJOR ? &text_table : NULL;
}

/* The short variant also claims a newer minor and a longer table, as a plugin of next year would. */
static const hearth_plugin plugin = {VARIANT == VARIANT_SHORT ? sizeof(hearth_plugin) + 64 : sizeof(hearth_plugin),
                                     VARIANT == VARIANT_MAJOR_2 ? 2 : HEARTH_ABI_MAJOR,
                                     VARIANT == VARIANT_SHORT ? 9 : HEARTH_ABI_MINOR,
                                     NULL,
                                     &describe,
                                     &score,
                                     &estimate,
                                     &load,
                                     &memory,
                                     &memory,
                                     &free_model,
                                     &capability};

#if VARIANT == VARIANT_NO_ENTRY
#define ENTRY some_other_function
#else
#define ENTRY hearth_plugin_entry
#endif
HEARTH_PLUGIN_EXPORT hearth_status ENTRY(const hearth_host* given, uint32_t abi_major, const hearth_plugin** out);
HEARTH_PLUGIN_EXPORT hearth_status ENTRY(const hearth_host* given, uint32_t abi_major, const hearth_plugin** out) {
  if (abi_major != HEARTH_ABI_MAJOR || VARIANT == VARIANT_REFUSES)
    return failed(HEARTH_UNSUPPORTED, "no driver for this plugin");
  if (VARIANT == VARIANT_ABORTS) {
    fputs("vendor library: no such device\n", stderr);
    abort();
  }
  host = given;
  *out = &plugin;
  return ok();
}
