/* Capabilities "transcribe", speech to text, and "synthesize", text to speech. Plain C11, by the rules of
 * hearth_plugin.h. A header of its own: a table is asked for by its id and has its own major version, so that a new one
 * changes nothing for plugins that lack it. */
#ifndef HEARTH_ABI_HEARTH_SPEECH_H
#define HEARTH_ABI_HEARTH_SPEECH_H

#include "hearth/abi/hearth_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HEARTH_CAP_TRANSCRIBE "transcribe"
#define HEARTH_CAP_TRANSCRIBE_MAJOR 1u

typedef struct hearth_transcribe_stream hearth_transcribe_stream; /* opaque, the plugin's: one speaker's audio */

/* Facts of a loaded speech model. Text is the model's and lives as long as it. */
typedef struct hearth_transcribe_info {
  uint32_t struct_size;
  uint32_t sample_rate_hz; /* of the audio it takes; it takes no other */
  uint32_t has_partials;   /* 1: works as the audio comes and tells what it understands before a segment is final */
  uint32_t has_words;      /* 1: tells words with their times */
  uint32_t can_translate;  /* 1: into English */
  uint32_t window_ms;      /* the longest audio between two calls of finish; 0 = any */
  hearth_str languages;    /* comma-separated codes of ISO 639-1; empty = it can't tell */
} hearth_transcribe_info;

/* How to transcribe one stream. Zero and empty mean the model's default. */
typedef struct hearth_transcribe_options {
  uint32_t struct_size;
  int32_t translate;     /* HEARTH_TOGGLE_ON: into English; UNSUPPORTED where info says it can't */
  int32_t partials;      /* HEARTH_TOGGLE_ON: emit segments that are not final yet */
  hearth_str language;   /* code of ISO 639-1; empty = detected, or the model's only one */
  hearth_str prompt;     /* text that came before, for engines that take it */
  hearth_str extra_json; /* checked against the session_options_schema in describe; may be empty */
} hearth_transcribe_options;

/* A stretch of speech. Times are of the stream's audio, from its first sample. Borrowed for the call that hands it
 * over. */
typedef struct hearth_transcribe_segment {
  uint32_t struct_size;
  uint32_t is_final; /* 0: may be replaced by the next segments; 1: stays */
  int64_t start_ns;
  int64_t end_ns;
  hearth_str text;
  hearth_str language; /* where it was detected; else empty */
  double confidence;   /* 0 to 1; negative = the engine can't tell */
} hearth_transcribe_segment;

typedef struct hearth_transcribe_word {
  uint32_t struct_size;
  hearth_str text;
  int64_t start_ns;
  int64_t end_ns;
  double confidence; /* as above */
} hearth_transcribe_word;

/* Receives segments in order of time, each followed by its words. */
typedef struct hearth_transcribe_emit {
  void* ctx;
  void (*segment)(void* ctx, const hearth_transcribe_segment* segment);
  void (*word)(void* ctx, const hearth_transcribe_word* word);
} hearth_transcribe_emit;

/* Speech engines: audio in, segments out. The ring buffer, the resampling and the search for speech are the host's: a
 * plugin keeps of the audio only what it still needs. A model may be used from any thread at once, a stream by one. */
typedef struct hearth_transcribe {
  uint32_t struct_size;
  uint32_t major;

  hearth_status (*info)(hearth_model* model, hearth_transcribe_info* out);
  hearth_status (*stream_new)(hearth_model* model, const hearth_transcribe_options* options,
                              hearth_transcribe_stream** out);
  void (*stream_free)(hearth_transcribe_stream* stream);
  /* Takes n mono samples in [-1,1], borrowed for the call, and blocks while they are worked on. Emits what became
   * final, and where partials are wanted at most one segment that is not, last. CANCELLED and DEADLINE_EXCEEDED:
   * the stream can only be freed. */
  hearth_status (*accept)(hearth_transcribe_stream* stream, const float* samples, size_t n, const hearth_call* call,
                          const hearth_transcribe_emit* emit);
  /* The utterance ends here: emits the rest of it as final. More audio may follow; times go on. */
  hearth_status (*finish)(hearth_transcribe_stream* stream, const hearth_call* call,
                          const hearth_transcribe_emit* emit);
} hearth_transcribe;

/* ---------------------------------------------------------------- capability "synthesize", major 1 ---------- */

#define HEARTH_CAP_SYNTHESIZE "synthesize"
#define HEARTH_CAP_SYNTHESIZE_MAJOR 1u

/* A runtime whose formats list this one loads the path HEARTH_FORMAT_BUILTIN: voices that come with its library, and no
 * model file. */
#define HEARTH_FORMAT_BUILTIN "builtin"

/* Facts of a loaded voice model. Text is the model's and lives as long as it. */
typedef struct hearth_synthesize_info {
  uint32_t struct_size;
  uint32_t sample_rate_hz; /* of the audio it gives, whatever the voice */
  uint32_t normalizes;     /* 1: says numbers, dates, signs and abbreviations itself; 0: it wants words in letters */
  uint32_t text_bytes_max; /* of one call; 0 = any */
  double speed_min;        /* factors on the usual speed that it takes; both 1 where it has one speed */
  double speed_max;
  hearth_str languages; /* comma-separated codes of ISO 639-1, of all voices; empty = it can't tell */
} hearth_synthesize_info;

/* One voice; its texts are borrowed for the call that hands it over. */
typedef struct hearth_voice {
  uint32_t struct_size;
  hearth_str id;       /* what options take */
  hearth_str language; /* "en", "pt-br" */
  hearth_str about;    /* one line for people; may be empty */
} hearth_voice;

/* Receives voices, the default one first. */
typedef struct hearth_voice_emit {
  void* ctx;
  void (*voice)(void* ctx, const hearth_voice* voice);
} hearth_voice_emit;

/* How to speak one text. Zero and empty mean the model's default. */
typedef struct hearth_synthesize_options {
  uint32_t struct_size;
  hearth_str voice; /* an id that voices told; NOT_FOUND for others */
  double speed;     /* a factor on the usual speed: 2 takes half the time; INVALID_ARGUMENT outside of info's bounds */
  hearth_str extra_json; /* checked against the session_options_schema in describe; may be empty */
} hearth_synthesize_options;

/* Receives audio: n mono samples in [-1,1], borrowed for the call. A non-zero return stops the speaker, which then
 * reports HEARTH_CANCELLED. */
typedef struct hearth_audio_sink {
  void* ctx;
  int32_t (*write)(void* ctx, const float* samples, size_t n);
} hearth_audio_sink;

/* Voices: text in, audio out. The host parts texts into sentences, keeps what was spoken in its ring and brings it to
 * its sample rate: a plugin speaks one sentence and keeps nothing of it. A model may be used from any thread at once;
 * where its library can't, calls wait for each other. */
typedef struct hearth_synthesize {
  uint32_t struct_size;
  uint32_t major;

  hearth_status (*info)(hearth_model* model, hearth_synthesize_info* out);
  hearth_status (*voices)(hearth_model* model, const hearth_voice_emit* emit);
  /* Speaks valid UTF-8 without NUL, at most text_bytes_max of it, and hands the audio over as it comes. A text in which
   * nothing can be said gives no audio and is no error. INVALID_ARGUMENT: a text that is too long or no UTF-8. */
  hearth_status (*synthesize)(hearth_model* model, hearth_str text, const hearth_synthesize_options* options,
                              const hearth_call* call, const hearth_audio_sink* sink);
} hearth_synthesize;

#ifdef __cplusplus
}
#endif
#endif /* HEARTH_ABI_HEARTH_SPEECH_H */
