#include "app/ledger_view.h"

#include <nlohmann/json.hpp>

#include "app/ledger_json.h"
#include "platform/file.h"

namespace hearth {

Result<LedgerView> view_ledger(const std::filesystem::path& home, const LedgerFilter& filter) {
  HEARTH_ASSIGN(ledger, Ledger::open(home / kLedgerFile));
  LedgerView view;
  HEARTH_ASSIGN(records, ledger.records(filter));
  view.records = std::move(records);
  view.components = summarise_ledger(view.records);
  view.notices = ledger.notices();
  return view;
}

Result<std::string> ledger_document(const std::filesystem::path& home) {
  HEARTH_ASSIGN(view, view_ledger(home, {}));
  return ledger_to_json(view.records, view.notices).dump();
}

Status write_ledger_page(const std::filesystem::path& file, std::string_view page) {
  return write_file_atomic(file, page);
}

}  // namespace hearth
