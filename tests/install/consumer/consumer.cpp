// Uses the installed public headers and the installed library, and nothing else of Hearth: consumer PREFIX
#include <hearth/hearth.h>

#include <cstdio>

namespace {

// Lets the embedded model go on with a text; the errors of both calls come back as they are.
hearth::Result<hearth::Answer> answer(const char* prefix, const char* model) {
  hearth::OpenOptions options;
  options.model = model;
  options.prefix = prefix;
  HEARTH_ASSIGN(session, hearth::TextModelSession::open(options));
  hearth::AnswerOptions limits;
  limits.max_tokens = 4;
  return session->complete("Once", limits);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto good = answer(argv[1], "starter");
  if (!good) {
    std::fprintf(stderr, "%s\n", hearth::to_string(good.error()).c_str());
    return 1;
  }
  const auto bad = answer(argv[1], "no/such/file.gguf");
  if (bad) return 1;
  std::printf("%u tokens from %s; exit status %d for a missing file\n", good->completion_tokens,
              hearth::library_version(), hearth::error_code_info(bad.error().code).exit_status);
  return 0;
}
