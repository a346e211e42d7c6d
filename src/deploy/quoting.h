// Words as other programs' files want them. Every input is a line of valid UTF-8 (one_line).
#pragma once

#include <string>
#include <string_view>

namespace hearth {

// One word of a POSIX shell; nothing in it is expanded.
[[nodiscard]] std::string shell_quote(std::string_view word);

// One word of PowerShell; nothing in it is expanded.
[[nodiscard]] std::string powershell_quote(std::string_view word);

// One word of a systemd command line or Environment=: quotes, "%" specifiers and "$" variables are taken literally.
// Source: systemd.service(5), "Command lines"; systemd.unit(5), "Specifiers".
[[nodiscard]] std::string systemd_quote(std::string_view word);

// A value of a systemd setting that is no command line: only "%" has a meaning.
[[nodiscard]] std::string systemd_value(std::string_view text);

// Whether llama-server's preset file can carry `value`: it has no quoting, and ";" and "#" end a value.
[[nodiscard]] bool fits_ini_value(std::string_view value);

// A name for files and served models: a-z, A-Z, 0-9, ".", "_" and "-"; at most 80 long, never empty, no leading dot.
[[nodiscard]] std::string file_slug(std::string_view name);

// A name for Kubernetes: RFC 1123 label, at most 63 of a-z, 0-9 and "-".
[[nodiscard]] std::string dns_label(std::string_view name);

}  // namespace hearth
