/* A runtime in C that is built outside Hearth: it describes itself, says that it can't run here, and refuses models. */
#include <hearth/abi/hearth_plugin.h>
#include <string.h>

static hearth_status done(void) {
  const hearth_status status = {HEARTH_OK, NULL, NULL};
  return status;
}

static void keep(char* message) { (void)message; }

static hearth_status refused(void) {
  static char reason[] = "the consumer runtime loads no models";
  const hearth_status status = {HEARTH_UNSUPPORTED, reason, keep};
  return status;
}

static hearth_status write_text(const hearth_sink* sink, const char* text) {
  const hearth_status cancelled = {HEARTH_CANCELLED, NULL, NULL};
  return sink->write(sink->ctx, text, strlen(text)) == 0 ? done() : cancelled;
}

static hearth_status describe(void* self, const hearth_sink* json) {
  (void)self;
  return write_text(json,
                    "{\"name\":\"consumer\",\"version\":\"1.0\",\"formats\":[],\"capabilities\":[],\"devices\":[],"
                    "\"options_schema\":{\"type\":\"object\"}}");
}

static hearth_status score(void* self, const hearth_sink* json) {
  (void)self;
  return write_text(json, "{\"score\":0,\"reason\":\"built by a stranger\",\"hint\":\"none needed\"}");
}

static hearth_status estimate(void* self, const hearth_load_options* load, const hearth_text_options* text,
                              const hearth_memory_emit* emit) {
  (void)self, (void)load, (void)text, (void)emit;
  return refused();
}

static hearth_status load(void* self, const hearth_load_options* options, const hearth_call* call, hearth_model** out) {
  (void)self, (void)options, (void)call;
  *out = NULL;
  return refused();
}

static hearth_status of_no_model(hearth_model* model, const hearth_memory_emit* emit) {
  (void)model, (void)emit;
  return refused();
}

static void free_nothing(hearth_model* model) { (void)model; }

static const void* capability(void* self, hearth_str id, uint32_t major) {
  (void)self, (void)id, (void)major;
  return NULL;
}

static const hearth_plugin kPlugin = {
    .struct_size = sizeof(hearth_plugin),
    .abi_major = HEARTH_ABI_MAJOR,
    .abi_minor = HEARTH_ABI_MINOR,
    .describe = describe,
    .score = score,
    .estimate = estimate,
    .load = load,
    .placement = of_no_model,
    .memory_now = of_no_model,
    .free = free_nothing,
    .capability = capability,
};

HEARTH_PLUGIN_EXPORT hearth_status hearth_plugin_entry(const hearth_host* host, uint32_t abi_major,
                                                       const hearth_plugin** out);

HEARTH_PLUGIN_EXPORT hearth_status hearth_plugin_entry(const hearth_host* host, uint32_t abi_major,
                                                       const hearth_plugin** out) {
  (void)host;
  if (abi_major != HEARTH_ABI_MAJOR) return refused();
  *out = &kPlugin;
  return done();
}
