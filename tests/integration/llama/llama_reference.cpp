// llama_reference BACKENDS MODEL PROMPT N: continues PROMPT greedily by N tokens, straight on llama.h, and prints the
// token numbers in one line. What the plugin is compared with; shares no code with it.
#include <llama.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 5) return std::fputs("usage: llama_reference BACKENDS MODEL PROMPT N\n", stderr), 2;
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  ggml_backend_load_all_from_path(argv[1]);
  llama_backend_init();
  llama_model* model = llama_model_load_from_file(argv[2], llama_model_default_params());
  if (model == nullptr) return std::fputs("the model does not load\n", stderr), 1;
  auto params = llama_context_default_params();
  params.n_ctx = 512;
  llama_context* context = llama_init_from_model(model, params);
  if (context == nullptr) return std::fputs("no context\n", stderr), 1;

  const llama_vocab* vocab = llama_model_get_vocab(model);
  const std::string prompt = argv[3];
  std::vector<llama_token> tokens(prompt.size() + 8);
  const int n_prompt = llama_tokenize(vocab, prompt.data(), static_cast<int>(prompt.size()), tokens.data(),
                                      static_cast<int>(tokens.size()), true, false);
  tokens.resize(static_cast<std::size_t>(n_prompt));

  llama_batch batch = llama_batch_get_one(tokens.data(), n_prompt);
  llama_token next = 0;
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    if (llama_decode(context, batch) != 0) return std::fputs("decode failed\n", stderr), 1;
    const float* logits = llama_get_logits_ith(context, -1);
    next = static_cast<llama_token>(std::max_element(logits, logits + llama_vocab_n_tokens(vocab)) - logits);
    std::printf("%d ", next);
    batch = llama_batch_get_one(&next, 1);
  }
  llama_free(context);
  llama_model_free(model);
}
