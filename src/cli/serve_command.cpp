// hearth serve.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "cli/serving.h"
#include "cli/transport_flag.h"

namespace hearth::cli {
namespace {

struct ServeFlags {
  ListenFlags listen;
  std::vector<std::string> models;
  std::vector<std::string> adapters;
  std::vector<std::string> aliases;
  std::vector<std::string> pinned;
  std::vector<std::string> smaller;
  std::vector<std::string> devices;
  std::string fallback;
  std::string runtime;
  std::string transport = "auto";
  std::string draft;
  std::string kv_type = "f16";
  std::string flash_attention = "auto";
  std::string chat_template_file;
  std::uint32_t slots = 4;
  std::uint32_t context_length = 0;
  std::uint32_t n_threads = 0;
  std::uint32_t n_batch = 0;
  std::uint64_t cache_ram_bytes = 512ULL << 20U;
  std::uint64_t cache_ssd_bytes = 4ULL << 30U;
  double ttl_s = 0;
};

const std::map<std::string, Toggle> kToggles = {{"auto", Toggle::kAuto}, {"off", Toggle::kOff}, {"on", Toggle::kOn}};
struct Named {
  std::string name;  // empty where none was given
  std::string value;
};

// "NAME=VALUE"; a file whose own name has a '=' needs a name before it.
Named split_name(const std::string& text) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0) return {{}, text};
  return {text.substr(0, at), text.substr(at + 1)};
}

// What a model is called without a name: its file's, or the one it has in the store.
std::string default_name(const std::string& reference) {
  const std::filesystem::path path(reference);
  return path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
}

ServedModelSettings shared_settings(const ServeFlags& flags) {
  ServedModelSettings settings;
  settings.runtime = flags.runtime;
  settings.load.devices = flags.devices;
  const bool strict = flags.fallback.empty() ? !flags.devices.empty() : flags.fallback == "none";
  settings.load.fallback = strict ? Fallback::kNone : Fallback::kReport;
  settings.load.n_threads = flags.n_threads;
  settings.text.n_batch = flags.n_batch;
  settings.text.kv_type_k = settings.text.kv_type_v = flags.kv_type;
  settings.text.flash_attention = kToggles.at(flags.flash_attention);
  settings.slots = flags.slots;
  settings.context_length = flags.context_length;
  settings.draft = flags.draft;
  settings.chat_template_file = flags.chat_template_file;
  settings.ttl_s = flags.ttl_s;
  settings.cache_ram_bytes = flags.cache_ram_bytes;
  settings.cache_ssd_bytes = flags.cache_ssd_bytes;
  settings.transport = transport_of(flags.transport);
  return settings;
}

// "[MODEL:]NAME=FILE" and the like: the model is the only one where it is left out.
Result<ServedModelSettings*> model_of(std::vector<ServedModelSettings>& models, std::string& name) {
  const auto colon = name.find(':');
  if (colon == std::string::npos && models.size() == 1) return &models.front();
  const std::string wanted = colon == std::string::npos ? std::string() : name.substr(0, colon);
  for (auto& model : models) {
    if (model.name != wanted) continue;
    name = name.substr(colon + 1);
    return &model;
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' does not say which model it is for", name),
              "with several models write MODEL:NAME=VALUE");
}

// "MODEL=SMALLER", both served.
Status name_smaller(std::vector<ServedModelSettings>& models, const std::vector<std::string>& pairs) {
  for (const auto& text : pairs) {
    const Named named = split_name(text);
    const auto of = [&models](const std::string& name) {
      return std::ranges::find(models, name, &ServedModelSettings::name);
    };
    if (of(named.name) == models.end() || of(named.value) == models.end() || named.name == named.value)
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' does not name two models that are served", text),
                  "write --smaller MODEL=SMALLER with names given by -m");
    of(named.name)->smaller = named.value;
    of(named.value)->standby = true;
  }
  return {};
}

Result<std::vector<ServedModelSettings>> served_models(const ServeFlags& flags) {
  std::vector<ServedModelSettings> models;
  for (const auto& text : flags.models) {
    ServedModelSettings settings = shared_settings(flags);
    const Named named = split_name(text);
    settings.reference = named.value;
    settings.name = named.name.empty() ? default_name(named.value) : named.name;
    settings.pinned = std::ranges::find(flags.pinned, settings.name) != flags.pinned.end();
    models.push_back(std::move(settings));
  }
  for (const auto& text : flags.adapters) {
    Named named = split_name(text);
    if (named.name.empty())
      return fail(ErrorCode::kInvalidArgument, fmt::format("the adapter '{}' has no name", text),
                  "write --adapter NAME=FILE");
    HEARTH_ASSIGN(model, model_of(models, named.name));
    model->adapters[named.name] = named.value;
  }
  HEARTH_TRY(name_smaller(models, flags.smaller));
  for (const auto& text : flags.aliases) {
    Named named = split_name(text);
    for (auto& model : models) {
      if (model.name == named.value || (models.size() == 1 && named.name.empty()))
        model.aliases.push_back(named.name.empty() ? named.value : named.name);
    }
  }
  return models;
}

int serve(const CommandContext& context, const ServeFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  auto options = server_options(flags.listen, context.environment);
  if (!options) return out.report(options.error());
  auto models = served_models(flags);
  if (!models) return out.report(models.error());
  options->models = std::move(*models);
  return run_server(context, **app, *options);
}

void add_model_flags(CLI::App& command, ServeFlags& flags) {
  command.add_option("-m,--model", flags.models, "a model: FILE, a name in the store, or NAME=either; may be repeated")
      ->required();
  command.add_option("--alias", flags.aliases, "another name for a model: ALIAS=NAME, or ALIAS where there is one")
      ->delimiter(',');
  command.add_option("--slots", flags.slots, "requests of a model that are computed at once")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  command.add_option("--ctx", flags.context_length, "tokens of one request (default: the model's, at most 4096)")
      ->check(CLI::Range(16U, 1U << 22U));
  command.add_option("--kv-type", flags.kv_type, "precision of the KV cache: f16, q8_0, q4_0, ...")
      ->capture_default_str();
  command.add_option("--flash-attention", flags.flash_attention)
      ->check(CLI::IsMember({"auto", "off", "on"}))
      ->capture_default_str();
  command.add_option("--cache-ram", flags.cache_ram_bytes, "bytes of RAM for computed prefixes, each model (0: none)")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  command.add_option("--cache-ssd", flags.cache_ssd_bytes, "bytes on disk for computed prefixes, all models (0: none)")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  command.add_option("--draft", flags.draft, "a smaller model of the same vocabulary that guesses tokens ahead");
  command.add_option("--adapter", flags.adapters, "a LoRA adapter requests may choose: [MODEL:]NAME=FILE")
      ->delimiter(',');
  command.add_option("--chat-template", flags.chat_template_file, "a Jinja file instead of the models' own templates");
  command.add_option("--pin", flags.pinned, "names of models that are never evicted")->delimiter(',');
  command
      .add_option("--smaller", flags.smaller,
                  "a served model that answers for another when the machine needs it: MODEL=SMALLER")
      ->delimiter(',');
  command.add_option("--ttl", flags.ttl_s, "seconds without a request after which a model is unloaded (0: never)")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--runtime", flags.runtime, "use this runtime instead of the best-scoring one");
  command.add_option("--device", flags.devices, "run on these devices only, as `hearth runtimes` names them")
      ->delimiter(',');
  command.add_option("--fallback", flags.fallback, "what can't run on the device: none is an error, report says so")
      ->check(CLI::IsMember({"none", "report"}));
  add_transport_flag(command, flags.transport, "where the runtime lives; auto: new files run in a worker first");
  command.add_option("--threads", flags.n_threads, "CPU threads (default: all this process may use)")
      ->check(CLI::Range(1U, 4096U));
  command.add_option("--batch", flags.n_batch, "tokens a step takes at most (default 512)")
      ->check(CLI::Range(1U, 65536U));
}

}  // namespace

void add_serve_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command = program.add_subcommand("serve", "answer OpenAI, Anthropic and llama-server clients over HTTP");
  auto flags = std::make_shared<ServeFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  add_model_flags(*command, *flags);
  add_listen_flags(*command, flags->listen);
  set_body(*command, context, selection, [flags](const CommandContext& ctx) { return serve(ctx, *flags); });
}

}  // namespace hearth::cli
