/* The border between Hearth and a runtime plugin. C11, append-only.
 *
 * A plugin is a shared library that exports one function, HEARTH_PLUGIN_ENTRY. It takes the host's table and the
 * wanted major version and returns the plugin's table.
 *
 * Rules of the border
 *  - Every table and options struct opens with struct_size: the size its maker compiled. A reader touches a field only
 *    if struct_size covers it (HEARTH_HAS_FIELD). Fields are only appended; their meaning never changes.
 *  - Handles are opaque. Text is UTF-8 as pointer and length, not terminated. Borrowed unless said otherwise, and then
 *    valid until the call returns.
 *  - A call returns a hearth_status. Its message is owned by the receiver, who calls free_message once. Nothing is
 *    thrown, and the plugin never exits, aborts or prints on purpose: it logs through the host.
 *  - Lists are handed over through an emit callback, called once an item, on the calling thread, before the call
 *    returns; so nobody allocates for somebody else.
 *  - Threads: a plugin table and a model may be used from any thread at once. A text context, a tensor run and any
 *    other handle made from a model is used by one thread at a time, unless its table says otherwise.
 *  - Sizes are bytes, times are nanoseconds of the host's monotonic clock, unless the name says otherwise.
 */
#ifndef HEARTH_ABI_HEARTH_PLUGIN_H
#define HEARTH_ABI_HEARTH_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEARTH_ABI_MAJOR 1u
#define HEARTH_ABI_MINOR 2u
#define HEARTH_PLUGIN_ENTRY "hearth_plugin_entry"

#define HEARTH_HAS_FIELD(ptr, type, field) ((ptr)->struct_size >= offsetof(type, field) + sizeof(((type*)0)->field))

#if defined(_WIN32)
#define HEARTH_PLUGIN_EXPORT __declspec(dllexport)
#else
#define HEARTH_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

/* Borrowed UTF-8 text. data may be NULL when size is 0. */
typedef struct hearth_str {
  const char* data;
  size_t size;
} hearth_str;

/* 0 is success; other values are hearth::ErrorCode (include/hearth/error.h). */
typedef struct hearth_status {
  int32_t code;
  char* message;                       /* NUL-terminated, NULL on success; owned by the receiver */
  void (*free_message)(char* message); /* NULL when message is NULL */
} hearth_status;

enum {
  HEARTH_OK = 0,
  HEARTH_INTERNAL = 1,
  HEARTH_INVALID_ARGUMENT = 2,
  HEARTH_DOES_NOT_FIT = 3,
  HEARTH_FORBIDDEN = 4,
  HEARTH_NOT_FOUND = 5,
  HEARTH_INVALID_DATA = 6,
  HEARTH_UNSUPPORTED = 7,
  HEARTH_PERMISSION_DENIED = 8,
  HEARTH_UNAVAILABLE = 9,
  HEARTH_WORKER_CRASHED = 10,
  HEARTH_VERIFICATION_FAILED = 11,
  HEARTH_OVERLOADED = 12,
  HEARTH_OUT_OF_MEMORY = 13,
  HEARTH_DEADLINE_EXCEEDED = 14,
  HEARTH_CANCELLED = 15,
  HEARTH_IO = 16
};

enum { HEARTH_LOG_DEBUG = 0, HEARTH_LOG_INFO = 1, HEARTH_LOG_WARN = 2, HEARTH_LOG_ERROR = 3 };

/* What the host gives a plugin for its whole life. All functions may be called from any thread. */
typedef struct hearth_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  void* ctx;
  /* Memory for results that outlive a call; shared with the other process where a worker is involved. NULL on failure.
   */
  void* (*alloc)(void* ctx, size_t size, size_t alignment);
  void (*dealloc)(void* ctx, void* memory, size_t size);
  void (*log)(void* ctx, int32_t level, hearth_str component, hearth_str message);
  int64_t (*now_ns)(void* ctx);
} hearth_host;

/* What bounds one call. NULL where a call takes it means: no bound. */
typedef struct hearth_call {
  uint32_t struct_size;
  uint32_t n_threads;  /* thread budget; 0 = as loaded */
  int64_t deadline_ns; /* 0 = none */
  void* ctx;
  int32_t (*is_cancelled)(void* ctx); /* NULL = never; cheap, polled between units of work, from any thread */
} hearth_call;

/* Receives bytes: a JSON text, a saved state. A non-zero return stops the sender, which then reports HEARTH_CANCELLED.
 */
typedef struct hearth_sink {
  void* ctx;
  int32_t (*write)(void* ctx, const void* data, size_t size);
} hearth_sink;

/* Gives bytes: returns how many were written to data (at most size), 0 at the end. */
typedef struct hearth_source {
  void* ctx;
  size_t (*read)(void* ctx, void* data, size_t size);
} hearth_source;

/* Components of memory, by their stable names. */
#define HEARTH_MEM_WEIGHTS "weights"
#define HEARTH_MEM_KV_CACHE "kv_cache"
#define HEARTH_MEM_RECURRENT_STATE "recurrent_state"
#define HEARTH_MEM_COMPUTE "compute"
#define HEARTH_MEM_OUTPUT "output"
#define HEARTH_MEM_PROJECTOR "projector"
#define HEARTH_MEM_ADAPTER "adapter"
#define HEARTH_MEM_RUNTIME "runtime"
#define HEARTH_MEM_INPUT                                                                      \
  "input" /* since 1.2: buffers of a tensor model's inputs; its outputs are HEARTH_MEM_OUTPUT \
           */

/* So many bytes of one component, really or prospectively on one device, in one kind of buffer. */
typedef struct hearth_memory_item {
  uint32_t struct_size;
  hearth_str device;      /* "cpu", or the runtime's device id as listed by describe */
  hearth_str buffer_kind; /* the runtime's own name, e.g. "CPU", "CPU_REPACK", "CPU_Mapped", "CUDA0" */
  hearth_str component;   /* HEARTH_MEM_* */
  uint64_t bytes;
  uint64_t mapped_bytes; /* the part of bytes that is file-backed and can be dropped by the OS */
} hearth_memory_item;

typedef struct hearth_memory_emit {
  void* ctx;
  void (*item)(void* ctx, const hearth_memory_item* item);
} hearth_memory_emit;

enum { HEARTH_FALLBACK_NONE = 0, HEARTH_FALLBACK_REPORT = 1 };
enum { HEARTH_TOGGLE_AUTO = -1, HEARTH_TOGGLE_OFF = 0, HEARTH_TOGGLE_ON = 1 };

/* How to load a model. Zero and empty mean the runtime's default, which placement and describe then tell. */
typedef struct hearth_load_options {
  uint32_t struct_size;
  int32_t fallback;      /* HEARTH_FALLBACK_* */
  hearth_str path;       /* model file */
  hearth_str devices;    /* comma-separated device ids; empty = the runtime's choice */
  int32_t n_gpu_layers;  /* -1 = as many as the devices hold */
  int32_t use_mmap;      /* HEARTH_TOGGLE_* */
  int32_t use_mlock;     /* HEARTH_TOGGLE_* */
  uint32_t n_threads;    /* 0 = all that the process may use */
  hearth_str extra_json; /* checked against the schema in describe; may be empty */
  /* Since 1.2. Folder for what the runtime compiles from the model, made if need be; empty = nothing is kept. */
  hearth_str cache_dir;
  hearth_str content_hash; /* hex SHA-256 of the file where the host knows it; empty = the runtime hashes the file */
} hearth_load_options;

/* How to make a text context on a loaded model. */
typedef struct hearth_text_options {
  uint32_t struct_size;
  uint32_t n_ctx;           /* tokens over all sequences; 0 = the model's own */
  uint32_t n_seq_max;       /* at least 1 */
  uint32_t n_batch;         /* tokens a decode call takes at most; 0 = 2048 */
  uint32_t n_ubatch;        /* tokens computed at once; 0 = 512 */
  uint32_t n_threads;       /* decode; 0 = as loaded */
  uint32_t n_threads_batch; /* prefill; 0 = n_threads */
  int32_t flash_attention;  /* HEARTH_TOGGLE_* */
  int32_t embeddings;       /* HEARTH_TOGGLE_ON: outputs are embeddings, not logits */
  int32_t unified_kv;       /* one pool of cells for all sequences; HEARTH_TOGGLE_* */
  hearth_str kv_type_k;     /* "f16" (default), "q8_0", "q4_0", ... */
  hearth_str kv_type_v;
  hearth_str pooling; /* embeddings only: "", "none", "mean", "cls", "last", "rank" */
} hearth_text_options;

typedef struct hearth_model hearth_model;               /* opaque, the plugin's */
typedef struct hearth_text_context hearth_text_context; /* opaque, the plugin's */
typedef struct hearth_adapter hearth_adapter;           /* opaque, the plugin's */

/* The plugin. Alive from entry to process end; `self` goes back as the first argument. */
typedef struct hearth_plugin {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  void* self;

  /* JSON: {"name","version","formats":[...],"capabilities":[...],"devices":[{"id","kind","description",
   * "total_bytes","free_bytes"}],"options_schema":{...}}. */
  hearth_status (*describe)(void* self, const hearth_sink* json);

  /* JSON: {"score":0..100,"reason","hint"}; 0 = cannot run on this machine. */
  hearth_status (*score)(void* self, const hearth_sink* json);

  /* Bytes by component and device for these options, without reading weights or allocating them. */
  hearth_status (*estimate)(void* self, const hearth_load_options* load, const hearth_text_options* text,
                            const hearth_memory_emit* emit);

  hearth_status (*load)(void* self, const hearth_load_options* options, const hearth_call* call, hearth_model** out);
  /* Which device really holds what, of the model and of all its live contexts. */
  hearth_status (*placement)(hearth_model* model, const hearth_memory_emit* emit);
  /* Bytes by component now, of the model and of all its live contexts. */
  hearth_status (*memory_now)(hearth_model* model, const hearth_memory_emit* emit);
  /* Frees the model. Every handle made from it must be gone before. NULL is allowed. */
  void (*free)(hearth_model* model);

  /* A capability table ("text", "generate", "tensor", "transcribe", "synthesize") or NULL if this plugin lacks it. */
  const void* (*capability)(void* self, hearth_str id, uint32_t major);
} hearth_plugin;

typedef hearth_status (*hearth_plugin_entry_fn)(const hearth_host* host, uint32_t abi_major, const hearth_plugin** out);

/* ---------------------------------------------------------------- capability "text", major 1 ---------------- */

#define HEARTH_CAP_TEXT "text"
#define HEARTH_CAP_TEXT_MAJOR 1u

typedef int32_t hearth_token;
#define HEARTH_TOKEN_NONE (-1)

enum {                            /* bits of hearth_text.token_attributes */
       HEARTH_TOKEN_CONTROL = 1u, /* written by templates, never shown */
       HEARTH_TOKEN_END = 2u,     /* ends a generation (eos, eot, ...) */
       HEARTH_TOKEN_BYTE = 4u,
       HEARTH_TOKEN_UNUSED = 8u
};

/* Facts of a loaded language model. */
typedef struct hearth_text_info {
  uint32_t struct_size;
  uint32_t n_vocab;
  uint32_t n_ctx_train;
  uint32_t n_embd;
  uint32_t n_layer;
  hearth_token bos, eos, eot, pad; /* HEARTH_TOKEN_NONE where the model has none */
  uint32_t add_bos;                /* 1: the tokenizer puts bos first */
  uint32_t add_eos;
  uint64_t n_params;
  uint64_t n_bytes;      /* of all tensors */
  uint32_t is_recurrent; /* state, not cells: sequences can't be trimmed in the middle */
  uint32_t has_encoder;
  uint32_t n_swa; /* sliding window in tokens; 0 = none */
} hearth_text_info;

/* One decode call: n entries; arrays of length n, borrowed for the call. */
typedef struct hearth_batch {
  uint32_t struct_size;
  uint32_t n_tokens;
  const hearth_token* tokens;
  const int32_t* positions;
  const int32_t* sequences;    /* 0 .. n_seq_max-1 */
  const uint8_t* wants_output; /* 1: a row of logits (or an embedding) is wanted for this entry */
} hearth_batch;

/* Rows of the last decode in the order of the entries that wanted them: [n_rows, row_size] float32, owned by the
 * context, valid until its next decode or free. */
typedef struct hearth_rows {
  const float* data;
  uint32_t n_rows;
  uint32_t row_size; /* n_vocab for logits, n_embd for embeddings */
} hearth_rows;

typedef struct hearth_tokens_emit {
  void* ctx;
  void (*tokens)(void* ctx, const hearth_token* tokens, size_t n);
} hearth_tokens_emit;

/* One token of a vocabulary; its texts are borrowed for the call that hands it over. */
typedef struct hearth_token_row {
  uint32_t struct_size;
  hearth_token token;
  uint32_t attributes; /* HEARTH_TOKEN_* */
  hearth_str bytes;    /* as token_bytes gives it with special = 0: empty for control tokens */
  hearth_str written;  /* as token_bytes gives it with special = 1 */
} hearth_token_row;

typedef struct hearth_token_emit {
  void* ctx;
  void (*token)(void* ctx, const hearth_token_row* row);
} hearth_token_emit;

/* Engines that expose decode: batches of (token, position, sequence) in, logits out. Sampling is the host's. */
typedef struct hearth_text {
  uint32_t struct_size;
  uint32_t major;

  hearth_status (*info)(hearth_model* model, hearth_text_info* out);
  /* A metadata value of the model as text ("tokenizer.chat_template", "general.architecture"); NOT_FOUND if absent. */
  hearth_status (*metadata)(hearth_model* model, hearth_str key, const hearth_sink* out);

  /* parse_special: control tokens written in the text become tokens. */
  hearth_status (*tokenize)(hearth_model* model, hearth_str text, int32_t add_special, int32_t parse_special,
                            const hearth_tokens_emit* emit);
  /* The bytes of one token; may be half a UTF-8 character. Control tokens give nothing unless `special`. */
  hearth_status (*token_bytes)(hearth_model* model, hearth_token token, int32_t special, const hearth_sink* out);
  hearth_status (*token_attributes)(hearth_model* model, hearth_token token, uint32_t* out);

  hearth_status (*context_new)(hearth_model* model, const hearth_text_options* options, hearth_text_context** out);
  void (*context_free)(hearth_text_context* context);
  /* What the context really has: n_ctx, n_seq_max, n_batch and n_ubatch as granted, the rest as given. */
  hearth_status (*context_info)(hearth_text_context* context, hearth_text_options* out);

  /* OUT_OF_MEMORY when no cells are left for the batch: nothing was decoded and the caches are as before.
   * CANCELLED / DEADLINE_EXCEEDED: positions of this batch may be partly filled; trim them. */
  hearth_status (*decode)(hearth_text_context* context, const hearth_batch* batch, const hearth_call* call,
                          hearth_rows* out);

  /* p0 < 0 means from the start, p1 < 0 to the end: [p0, p1). sequence < 0: every sequence.
   * UNSUPPORTED where the memory can't do it (recurrent state). */
  hearth_status (*sequence_trim)(hearth_text_context* context, int32_t sequence, int32_t p0, int32_t p1);
  hearth_status (*sequence_copy)(hearth_text_context* context, int32_t from, int32_t to, int32_t p0, int32_t p1);
  hearth_status (*sequence_shift)(hearth_text_context* context, int32_t sequence, int32_t p0, int32_t p1,
                                  int32_t delta);
  /* First and last position held; first > last when the sequence is empty. */
  hearth_status (*sequence_range)(hearth_text_context* context, int32_t sequence, int32_t* first, int32_t* last);
  hearth_status (*sequence_save)(hearth_text_context* context, int32_t sequence, const hearth_sink* out);
  /* INVALID_DATA leaves the sequence empty. */
  hearth_status (*sequence_restore)(hearth_text_context* context, int32_t sequence, const hearth_source* in);

  /* LoRA. An adapter belongs to its model and must be in no context when it is freed. */
  hearth_status (*adapter_load)(hearth_model* model, hearth_str path, hearth_adapter** out);
  void (*adapter_free)(hearth_adapter* adapter);
  /* Replaces the whole set; n = 0 clears it. */
  hearth_status (*context_set_adapters)(hearth_text_context* context, hearth_adapter* const* adapters,
                                        const float* scales, size_t n);

  /* Since 1.1, optional: the whole vocabulary in one call, tokens 0 to n_vocab - 1 in their order. What token_bytes and
   * token_attributes say of each; a host that keeps its own table would else call them n_vocab times. */
  hearth_status (*token_table)(hearth_model* model, const hearth_token_emit* emit);
} hearth_text;

/* ---------------------------------------------------------------- capability "tensor", major 1, since 1.2 --------- */

#define HEARTH_CAP_TENSOR "tensor"
#define HEARTH_CAP_TENSOR_MAJOR 1u

/* Tensors cross as DLPack 1.x (dlpack.h); the struct is declared there. Hearth carries dense tensors of one lane. */
struct DLManagedTensorVersioned;

typedef struct hearth_tensor_session hearth_tensor_session; /* opaque, the plugin's: a compiled graph */
typedef struct hearth_tensor_request hearth_tensor_request; /* opaque, the plugin's: one set of bound tensors */

enum { HEARTH_PORT_INPUT = 0, HEARTH_PORT_OUTPUT = 1 };
enum { HEARTH_HINT_LATENCY = 0, HEARTH_HINT_THROUGHPUT = 1 };

/* One input or output. Borrowed for the call that hands it over. */
typedef struct hearth_tensor_spec {
  uint32_t struct_size;
  int32_t port;      /* HEARTH_PORT_* */
  uint32_t index;    /* within its port, from 0 */
  uint8_t type_code; /* DLDataType */
  uint8_t type_bits;
  uint16_t type_lanes;
  hearth_str name;
  const int64_t* shape; /* n_dims of them; -1 = open */
  uint32_t n_dims;
  hearth_str layout; /* "NCHW", "NHWC", ... where it is known; else empty */
} hearth_tensor_spec;

typedef struct hearth_tensor_spec_emit {
  void* ctx;
  void (*spec)(void* ctx, const hearth_tensor_spec* spec);
} hearth_tensor_spec_emit;

/* How to compile a loaded model. Zero and empty mean the runtime's default, which session_info then tells. */
typedef struct hearth_tensor_options {
  uint32_t struct_size;
  uint32_t n_requests;  /* runs at once; 0 = what suits n_streams */
  uint32_t n_streams;   /* groups of threads that each carry one run; 0 = by the hint */
  uint32_t n_threads;   /* over all streams; 0 = as loaded */
  int32_t pin_threads;  /* HEARTH_TOGGLE_* */
  int32_t hint;         /* HEARTH_HINT_* */
  hearth_str precision; /* of the arithmetic: "f32" (also when empty), "f16", "bf16" */
  /* Shapes of inputs that the caller will use, as a small set: [{"images": [1, 3, 640, 640]}, ...]. Empty = as the
   * model says, whose open dimensions stay open. */
  hearth_str shapes_json;
  /* Work on an image input that the graph is to do itself; UNSUPPORTED where the runtime can't:
   * {"input", "type": "u8", "layout": "NHWC", "colour": "RGB"|"BGR", "height": n|-1, "width": n|-1,
   *  "resize": "linear"|"cubic"|"nearest", "model_layout": "NCHW", "model_colour": "RGB"|"BGR", "mean": [..],
   *  "scale": [..]}; value = (value - mean) / scale, in the model's order of colours. Absent keys mean: as it is. */
  hearth_str preprocess_json;
  hearth_str extra_json; /* checked against the session_options_schema in describe; may be empty */
} hearth_tensor_options;

/* What a session really has. Text is the session's and lives as long as it. */
typedef struct hearth_tensor_session_info {
  uint32_t struct_size;
  uint32_t n_requests;
  uint32_t n_streams;
  uint32_t n_threads;
  int32_t pin_threads; /* HEARTH_TOGGLE_* */
  int32_t hint;
  hearth_str precision; /* in which the arithmetic is done */
  hearth_str device;    /* device id of describe; several are joined by commas */
  uint32_t from_cache;  /* 1: taken compiled from cache_dir */
  uint32_t preprocess_fused;
  uint64_t compile_ns;   /* what session_new took */
  hearth_str cache_note; /* why a cache entry was not used, such as "rebuilt: checksum"; empty otherwise */
} hearth_tensor_session_info;

/* Where one node of the compiled graph runs. Borrowed for the call that hands it over. */
typedef struct hearth_tensor_node {
  uint32_t struct_size;
  hearth_str name;
  hearth_str op;        /* "Conv", ... */
  hearth_str provider;  /* execution provider or plugin: "CPUExecutionProvider", "CPU" */
  hearth_str device;    /* device id of describe */
  hearth_str precision; /* "f32", ... ; empty where the runtime can't tell */
  uint32_t is_fallback; /* 1: not on the device that was asked for */
} hearth_tensor_node;

typedef struct hearth_tensor_node_emit {
  void* ctx;
  void (*node)(void* ctx, const hearth_tensor_node* node);
} hearth_tensor_node_emit;

/* Copies of tensors since the session was made: one row for each (from, to, why). */
typedef struct hearth_tensor_copy {
  uint32_t struct_size;
  hearth_str from; /* "cpu", "cuda:0", "host", "worker" */
  hearth_str to;
  hearth_str why; /* "staging", "output not bound", "layout", ... */
  uint64_t n;
  uint64_t bytes;
} hearth_tensor_copy;

typedef struct hearth_tensor_copy_emit {
  void* ctx;
  void (*copy)(void* ctx, const hearth_tensor_copy* copy);
} hearth_tensor_copy_emit;

enum {
  HEARTH_SYNC_NONE = 0,       /* the data is there when the call is made */
  HEARTH_SYNC_CUDA_STREAM = 1 /* handle is a cudaStream_t on which the data is made */
};

/* What to wait for before a bound tensor is read. NULL = HEARTH_SYNC_NONE. */
typedef struct hearth_sync {
  uint32_t struct_size;
  int32_t kind; /* HEARTH_SYNC_* */
  void* handle;
} hearth_sync;

/* Graphs: named tensors in and out, bound once, run many times. A session may be used from any thread at once; a
 * request by one at a time. Requests of one session run at once, up to session_info.n_requests; more of them wait. */
typedef struct hearth_tensor {
  uint32_t struct_size;
  uint32_t major;

  /* Bytes by component and device for these options, without reading weights or allocating them. */
  hearth_status (*estimate)(void* self, const hearth_load_options* load, const hearth_tensor_options* options,
                            const hearth_memory_emit* emit);
  /* Every input, then every output, of the model as its file has it. */
  hearth_status (*info)(hearth_model* model, const hearth_tensor_spec_emit* emit);
  /* A metadata value of the model as text ("labels", "stride", "task", "opset"); with an empty key all of them as one
   * JSON object of texts. NOT_FOUND if absent. */
  hearth_status (*metadata)(hearth_model* model, hearth_str key, const hearth_sink* out);

  hearth_status (*session_new)(hearth_model* model, const hearth_tensor_options* options, const hearth_call* call,
                               hearth_tensor_session** out);
  void (*session_free)(hearth_tensor_session* session);
  hearth_status (*session_info)(hearth_tensor_session* session, hearth_tensor_session_info* out);
  /* As info, of the compiled graph: fused pre-processing and fixed shapes show. */
  hearth_status (*session_specs)(hearth_tensor_session* session, const hearth_tensor_spec_emit* emit);
  hearth_status (*nodes)(hearth_tensor_session* session, const hearth_tensor_node_emit* emit);
  hearth_status (*copies)(hearth_tensor_session* session, const hearth_tensor_copy_emit* emit);
  /* Runs every declared shape once on zeros, so that the first run of a request costs what the others do. */
  hearth_status (*warm_up)(hearth_tensor_session* session, const hearth_call* call);

  hearth_status (*request_new)(hearth_tensor_session* session, hearth_tensor_request** out);
  void (*request_free)(hearth_tensor_request* request);
  /* Reads from, or writes into, this tensor at every run until another is bound or the request is freed; only then its
   * deleter is called. On failure the caller keeps the tensor and what was bound stays bound. INVALID_ARGUMENT: element
   * type or shape is not the port's, not dense, read-only output. A tensor on a device that the session can use there
   * is not copied; any copy counts. */
  hearth_status (*bind)(hearth_tensor_request* request, int32_t port, uint32_t index,
                        struct DLManagedTensorVersioned* tensor, const hearth_sync* sync);
  /* Binds memory of the runtime's own where a run copies least. The shape fills the port's open dimensions. */
  hearth_status (*allocate)(hearth_tensor_request* request, int32_t port, uint32_t index, const int64_t* shape,
                            uint32_t n_dims);
  /* The tensor bound to the port, or for an output that is not bound the result of the last run. Borrowed from the
   * request until its next bind, allocate, run or free; the deleter is not to be called. NOT_FOUND before there is one.
   */
  hearth_status (*tensor)(hearth_tensor_request* request, int32_t port, uint32_t index,
                          struct DLManagedTensorVersioned** out);
  /* Blocks until the outputs are there. Inputs must be bound; outputs that aren't get memory of the runtime's. */
  hearth_status (*run)(hearth_tensor_request* request, const hearth_call* call);
} hearth_tensor;

#ifdef __cplusplus
}
#endif
#endif /* HEARTH_ABI_HEARTH_PLUGIN_H */
