// A line of JSON for every request.
#pragma once

#include "base/log.h"
#include "serve/request_record.h"

namespace hearth::serve {

// {"method","path","status","ms","in_bytes","out_bytes","request_id","trace_id","remote","key"}, as component "access".
// Never holds a body, a query or a key. Thread-safe as the logger is.
class AccessLog final : public RequestObserver {
 public:
  explicit AccessLog(Logger& logger) : logger_(logger) {}
  void on_request(const RequestRecord& record) override;

 private:
  Logger& logger_;
};

[[nodiscard]] std::string access_line(const RequestRecord& record);

}  // namespace hearth::serve
