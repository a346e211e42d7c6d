// Written forms that stand for a person or open something: each looks at one place of the text and no further than
// PrivacyText::kReach. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

namespace hearth {

// An address of electronic mail whose '@' is at `at`.
[[nodiscard]] bool email_around(std::string_view text, std::size_t at);
// An international bank account number that begins at `at`, with or without blanks.
[[nodiscard]] bool iban_at(std::string_view text, std::size_t at);
// A key in the form its issuer gives it: cloud, code hosting, messaging, signed web tokens, PEM private keys.
[[nodiscard]] bool secret_key_at(std::string_view text, std::size_t at);
// What follows a word like "password": a sign or a word of being, then something that looks like one. `short_digits`:
// a few digits are enough, as for a PIN.
[[nodiscard]] bool secret_value_after(std::string_view text, std::size_t end_of_word, bool short_digits);
// Ids written with letters: UK national insurance, Italian codice fiscale.
[[nodiscard]] bool lettered_id_at(std::string_view text, std::size_t at);
// A Spanish DNI: eight digits at `at` and the letter that is their check.
[[nodiscard]] bool spanish_dni_at(std::string_view text, std::size_t at);

}  // namespace hearth
