// What the threads of one realtime session share.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "engine/text_service.h"
#include "metrics/registry.h"
#include "pipeline/listening_service.h"
#include "pipeline/speech_service.h"
#include "serve/http_error.h"
#include "serve/json_writer.h"
#include "serve/openai_serving.h"
#include "serve/realtime_conversation.h"
#include "serve/realtime_settings.h"
#include "serve/web_socket.h"

namespace hearth::serve {

// All borrowed; they outlive the sessions.
struct RealtimeParts {
  TextService& service;
  ListeningService& listening;
  SpeechService* voices = nullptr;  // null: answers are text
  const Clock& clock;
  MetricsRegistry& metrics;
  std::uint64_t id_seed = 0;
};

struct RealtimeState {
  const RealtimeParts& parts;
  const std::shared_ptr<WebSocket> socket;  // shared with the connection
  AnswerIds& ids;
  const RealtimeOffer offer;

  std::mutex gate;  // of the two below; also held while events are sent that belong together
  RealtimeSettings settings;
  RealtimeConversation conversation;

  // An event of that type with these members; thread-safe.
  bool send(std::string_view type, const Json& members) {
    Json event{{"type", type}, {"event_id", ids.next("event_")}};
    event.update(members);
    return socket->send(event.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  // `client_event`: the id of the event that it answers; may be empty.
  void send_error(const Error& error, const std::string& client_event = {}) {
    Json told = Json::parse(error_json(error, ErrorForm::kOpenAi)).at("error");
    told["event_id"] = client_event.empty() ? Json() : Json(client_event);
    send("error", {{"error", std::move(told)}});
  }

  // Adds an item and tells the client of it; the gate is held. False: it was refused, in `error`.
  [[nodiscard]] Status add_item(RealtimeItem item, const std::optional<std::string>& previous, bool done) {
    const Json json = item_json(item);
    std::optional<std::string> dropped;
    HEARTH_ASSIGN(before, conversation.add(std::move(item), previous, dropped));
    if (dropped) send("conversation.item.deleted", {{"item_id", *dropped}});
    const Json members{{"previous_item_id", before.empty() ? Json() : Json(before)}, {"item", json}};
    send("conversation.item.added", members);
    if (done) send("conversation.item.done", members);
    return {};
  }
};

}  // namespace hearth::serve
