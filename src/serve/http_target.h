// The target of a request line, taken apart and decoded.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth::serve {

struct HttpTarget {
  std::string path;                          // decoded as a whole
  std::vector<std::string> segments;         // decoded one by one: "%2F" does not split; "/" has one, empty
  std::map<std::string, std::string> query;  // decoded, "+" as a blank; of a name given twice the last counts
};

// Takes "/path?query", "http://host/path?query" and "*" (whose path is "*"). InvalidArgument: anything else, a "%"
// without two hexadecimal digits, or a byte 0. Bytes that are no UTF-8 stay as they are. Source: RFC 9112, section 3.2.
[[nodiscard]] Result<HttpTarget> parse_target(std::string_view target);

// InvalidArgument as above; `plus_is_blank` as in queries.
[[nodiscard]] Result<std::string> percent_decoded(std::string_view text, bool plus_is_blank);

}  // namespace hearth::serve
