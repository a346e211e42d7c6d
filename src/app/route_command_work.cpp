#include "app/route_command_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>

#include "app/intent_learning.h"
#include "app/machine_routing.h"
#include "app/media_kind.h"
#include "app/plan_maker.h"
#include "app/route_explanation.h"
#include "documents/plan_json.h"
#include "platform/file.h"

namespace hearth {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::uint64_t kPlanBytesMax = 64U << 20U;
constexpr std::uint64_t kStateBytesMax = 1U << 20U;
constexpr std::uint64_t kRowsBytesMax = 1U << 30U;
constexpr std::size_t kTextBytesMax = 16U << 20U;

// The plan that is named, else the current one, else the usual set. Only a plan that is named must be there.
Result<RouteTargets> targets_for(HearthApp& app, const RouteOrder& order) {
  std::filesystem::path path = order.plan.empty() ? current_plan_folder(app.home()) : std::filesystem::path(order.plan);
  if (path.extension() != ".json") path /= "plan.json";
  auto text = read_file(path, kPlanBytesMax);
  if (!text && !order.plan.empty()) return fail(std::move(text).error());
  if (!text) return usual_targets();
  auto plan = read_plan(*text);
  if (!plan && !order.plan.empty()) return fail(std::move(plan).error());
  if (!plan) return usual_targets();
  RouteTargets targets = targets_of_plan(*plan);
  return targets.targets.empty() ? usual_targets() : targets;
}

Result<std::unique_ptr<MachineRouting>> open_routing(HearthApp& app, const RouteOrder& order) {
  HEARTH_ASSIGN(policy, load_routing_policy(app.installation().data_folder, order.policy));
  HEARTH_ASSIGN(targets, targets_for(app, order));
  HEARTH_ASSIGN(classifier, open_intent_classifier(app.home()));
  return MachineRouting::open(
      {std::move(policy), std::move(targets), std::move(classifier), &app.clock(), app.home(), order.learnt});
}

Result<RouteMachine> machine_for(const RouteOrder& order, const std::vector<RouteTarget>& targets) {
  if (order.state_file.empty()) return read_route_machine(targets.size());
  HEARTH_ASSIGN(text, read_file(order.state_file, kStateBytesMax));
  return parse_route_machine(text, targets);
}

Result<std::vector<RouteAttachment>> attachments_of(const RouteOrder& order) {
  std::vector<RouteAttachment> attachments;
  for (const auto& path : order.images) {
    HEARTH_ASSIGN(one, attachment_of(path, AttachmentKind::kImage));
    attachments.push_back(one);
  }
  for (const auto& path : order.audio) {
    HEARTH_ASSIGN(one, attachment_of(path, AttachmentKind::kAudio));
    attachments.push_back(one);
  }
  return attachments;
}

std::string standard_input() {
  std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  text.resize(std::min(text.size(), kTextBytesMax));
  return text;
}

RouteRequest request_of(const RouteOrder& order, std::string_view text) {
  RouteRequest request;
  request.text = text;
  request.has_tools = order.has_tools;
  request.has_json_schema = order.has_json_schema;
  request.audio_wanted = order.audio_wanted;
  request.max_tokens = order.max_tokens;
  request.security = order.security;
  request.quality = order.quality;
  request.slo = std::chrono::milliseconds(order.slo_ms);
  request.session = order.session.empty() ? 0 : std::hash<std::string>()(order.session) | 1U;
  return request;
}

Unexpected bad_row(std::size_t number, const std::string& what) {
  return fail(ErrorCode::kInvalidData, fmt::format("line {} of the rows is not usable: {}", number, what),
              "each line is an object with \"text\", and maybe has_image, has_audio, has_tools and n_chars");
}

// One line's request; `text` and `attachments` must outlive it.
struct Row {
  json object;
  std::string text;
  std::vector<RouteAttachment> attachments;
  RouteRequest request;
};

Status read_row(std::string_view line, std::size_t number, const RouteOrder& order, Row& row) {
  row.object = json::parse(line, nullptr, false);
  if (!row.object.is_object()) return bad_row(number, "it is no JSON object");
  if (!row.object.contains("text") || !row.object["text"].is_string()) return bad_row(number, "it has no \"text\"");
  row.text = row.object["text"].get<std::string>();
  row.attachments.clear();
  const auto flag = [&](const char* name) {
    const auto found = row.object.find(name);
    return found != row.object.end() && found->is_boolean() && found->get<bool>();
  };
  // Only announced: nothing of them is here to be decoded.
  if (flag("has_image")) row.attachments.push_back({AttachmentKind::kImage, false, 0});
  if (flag("has_audio")) row.attachments.push_back({AttachmentKind::kAudio, false, 0});
  row.request = request_of(order, row.text);
  row.request.attachments = row.attachments;
  row.request.has_tools = flag("has_tools");
  const auto n_chars = row.object.find("n_chars");
  if (n_chars != row.object.end() && n_chars->is_number_unsigned()) row.request.n_chars = n_chars->get<std::uint64_t>();
  return {};
}

double percentile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

std::string report_text(const ordered_json& report) {
  if (report["outcomes"].empty())
    return "Nothing was learnt yet: outcomes come from requests to `hearth serve` whose model is \"auto\".\n";
  std::string text =
      fmt::format("{} routes, {} of them to explore.\n\n{:<26} {:<10} {:>6} {:>7} {:>8} {:>8} {:>9} {:>7}\n",
                  report["routes"].get<std::uint64_t>(), report["explored"].get<std::uint64_t>(), "target", "intent",
                  "n", "late", "aborted", "thumbs", "mean ms", "reward");
  for (const auto& row : report["outcomes"])
    text += fmt::format(
        "{:<26} {:<10} {:>6} {:>7} {:>8} {:>+4}/{:>+3} {:>9.0f} {:>7.2f}\n", row["target"].get<std::string>(),
        row["intent"].get<std::string>(), row["n"].get<std::uint64_t>(), row["slo_missed"].get<std::uint64_t>(),
        row["aborted"].get<std::uint64_t>(), row["thumbs_up"].get<std::int64_t>(),
        -row["thumbs_down"].get<std::int64_t>(), row["mean_total_ms"].get<double>(), row["mean_reward"].get<double>());
  return text;
}

}  // namespace

Result<RouteAnswer> explain_route(HearthApp& app, const RouteOrder& order) {
  HEARTH_ASSIGN(routing, open_routing(app, order));
  HEARTH_ASSIGN(machine, machine_for(order, routing->targets().targets));
  HEARTH_ASSIGN(attachments, attachments_of(order));
  const std::string text = order.text == "-" ? standard_input() : order.text;
  RouteRequest request = request_of(order, text);
  request.attachments = attachments;
  RouteDecision decision;
  // The first route touches everything for the first time; what is shown is how long a route takes.
  routing->route(request, machine, decision);
  routing->route(request, machine, decision);
  const ExplainedRoute explained{request, decision, routing->policy(), routing->targets().targets};
  RouteAnswer answer{route_json(explained), route_text(explained), routing->notice()};
  answer.document["targets_from"] = routing->targets().source;
  return answer;
}

Result<RoutedRows> route_rows(HearthApp& app, const RouteOrder& order, const std::string& rows,
                              const std::string& out) {
  HEARTH_ASSIGN(routing, open_routing(app, order));
  HEARTH_ASSIGN(machine, machine_for(order, routing->targets().targets));
  HEARTH_ASSIGN(text, read_file(rows, kRowsBytesMax));
  RoutedRows done;
  std::vector<double> times;
  std::string written;
  RouteDecision decision;
  Row row;
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ++number;
    if (line.find_first_not_of(" \r\t") == std::string_view::npos) continue;
    HEARTH_TRY(read_row(line, number, order, row));
    routing->route(row.request, machine, decision);
    const double latency_us = static_cast<double>(decision.times.total.count()) / 1000;
    row.object["intent"] = to_string(decision.verdict.intent);
    row.object["confidence"] = decision.verdict.confidence;
    row.object["abstained"] = decision.verdict.abstained;
    row.object["stage"] = decision.stage;
    row.object["degrade_ok"] = decision.verdict.degrade_ok;
    row.object["target"] = target_name(decision, routing->targets().targets);
    row.object["latency_us"] = latency_us;
    written += row.object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    times.push_back(latency_us);
  }
  HEARTH_TRY(write_file_atomic(out, written));
  std::ranges::sort(times);
  done.n_rows = times.size();
  done.p50_us = percentile(times, 0.5);
  done.p99_us = percentile(times, 0.99);
  return done;
}

Result<RouteAnswer> route_report(HearthApp& app, const RouteOrder& order) {
  HEARTH_ASSIGN(policy, load_routing_policy(app.installation().data_folder, order.policy));
  HEARTH_ASSIGN(routing, MachineRouting::open({std::move(policy), {}, nullptr, &app.clock(), app.home(), true}));
  RouteAnswer answer;
  answer.document = ordered_json::parse(routing->report_json());
  answer.text = report_text(answer.document);
  return answer;
}

Result<RouteAnswer> learn_examples(HearthApp& app, const std::string& file) {
  HEARTH_ASSIGN(report, learn_intents(app.home(), file));
  RouteAnswer answer;
  answer.document = {{"examples", report.n_examples},
                     {"right_before", report.right_before},
                     {"right_after", report.right_after},
                     {"remembered", report.n_replay},
                     {"remembered_right_before", report.replay_before},
                     {"remembered_right_after", report.replay_after}};
  answer.text = fmt::format(
      "Learnt from {} examples: {} of them were right before, {} are now. Of {} remembered rows {} were right, {} "
      "are.\n"
      "It stays on this machine; `hearth route learn --undo` takes it back.\n",
      report.n_examples, report.right_before, report.right_after, report.n_replay, report.replay_before,
      report.replay_after);
  return answer;
}

Result<RouteAnswer> undo_learning(HearthApp& app) {
  HEARTH_ASSIGN(left, undo_intent_learning(app.home()));
  RouteAnswer answer;
  answer.document = {{"undone", true}, {"left", left}};
  answer.text = fmt::format("Forgot what was learnt last; {} earlier lessons are left.\n", left);
  return answer;
}

}  // namespace hearth
