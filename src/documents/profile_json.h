// A machine's profile as a JSON document and back: what `hearth probe --json` prints and `--device FILE` reads. Its
// form is data/schemas/probe.schema.json. Everything that was read or measured is {value, unit, provenance, spread?};
// what is not known is absent. Writing what was read gives the same text.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "domain/hardware_profile.h"
#include "hearth/result.h"

namespace hearth {

[[nodiscard]] nlohmann::ordered_json profile_to_json(const HardwareProfile& profile);

// Indented, with a line end; for files.
[[nodiscard]] std::string write_profile(const HardwareProfile& profile);

// InvalidData naming the field, for text that is no JSON, a field that is not what it must be or that no profile has.
[[nodiscard]] Result<HardwareProfile> read_profile(std::string_view text);
[[nodiscard]] Result<HardwareProfile> profile_from_json(const nlohmann::json& document);

[[nodiscard]] const char* provenance_name(Provenance provenance);  // "measured", "os", "catalogue", "assumed"

}  // namespace hearth
