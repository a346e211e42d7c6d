#include "serve/access_log.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace hearth::serve {

std::string access_line(const RequestRecord& record) {
  constexpr std::size_t kPathShownMax = 512;
  nlohmann::ordered_json line{{"method", record.method},
                              {"path", record.path.substr(0, kPathShownMax)},
                              {"status", record.status},
                              {"ms", std::round(record.seconds * 1e5) / 100},
                              {"in_bytes", record.received_bytes},
                              {"out_bytes", record.sent_bytes},
                              {"request_id", record.id},
                              {"trace_id", record.trace_id},
                              {"remote", record.remote}};
  if (!record.key.empty()) line["key"] = record.key;
  return line.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

void AccessLog::on_request(const RequestRecord& record) {
  logger_.write(LogLevel::kInfo, "access", access_line(record));
}

}  // namespace hearth::serve
