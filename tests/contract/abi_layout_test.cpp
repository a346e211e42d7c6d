#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "hearth/abi/hearth_plugin.h"
#include "hearth/error.h"

extern "C" const hearth_plugin* hearth_contract_c_table(void);

namespace {

struct Row {
  std::string type;
  std::string field;
  std::size_t recorded;
  std::size_t now;
  std::size_t end;
};

const std::vector<Row>& fields() {
  static const std::vector<Row> kRows = {
#define HEARTH_FIELD(type, field, offset) \
  {#type, #field, offset, offsetof(type, field), offsetof(type, field) + sizeof(type::field)},
#define HEARTH_SIZE(type, last, size)
#include "abi_layout.inc"
#undef HEARTH_FIELD
#undef HEARTH_SIZE
  };
  return kRows;
}

const std::vector<Row>& sizes() {
  static const std::vector<Row> kRows = {
#define HEARTH_FIELD(type, field, offset)
#define HEARTH_SIZE(type, last, size) {#type, #last, size, sizeof(type), sizeof(type)},
#include "abi_layout.inc"
#undef HEARTH_FIELD
#undef HEARTH_SIZE
  };
  return kRows;
}

TEST(AbiLayout, recorded_fields_stay_where_they_are) {
  if (sizeof(void*) != 8)
    GTEST_SKIP() << "the layout is recorded for 64-bit machines; this one has " << sizeof(void*) * 8;
  for (const auto& row : fields()) EXPECT_EQ(row.now, row.recorded) << row.type << "." << row.field << " has moved";
}

TEST(AbiLayout, recorded_fields_are_in_order_and_the_last_one_ends_the_struct) {
  if (sizeof(void*) != 8)
    GTEST_SKIP() << "the layout is recorded for 64-bit machines; this one has " << sizeof(void*) * 8;
  std::map<std::string, Row> last;
  for (const auto& row : fields()) {
    const auto [at, is_first] = last.try_emplace(row.type, row);
    EXPECT_TRUE(is_first || row.recorded >= at->second.end)
        << row.type << "." << row.field << " is not behind " << at->second.field;
    at->second = row;
  }
  for (const auto& row : sizes()) {
    EXPECT_EQ(row.now, row.recorded) << row.type
                                     << " has grown: append the new field's row to tests/contract/abi_layout.inc";
    EXPECT_EQ(last.at(row.type).field, row.field) << row.type;
    EXPECT_LT(row.now - last.at(row.type).end, alignof(std::max_align_t))
        << row.type << " has a field that is not recorded";
  }
}

TEST(AbiLayout, tables_and_options_open_with_their_size) {
  for (const auto& row : fields()) {
    EXPECT_TRUE(row.field != "struct_size" || row.now == 0) << row.type;
  }
}

TEST(AbiLayout, status_codes_are_those_of_the_error_table) {
  EXPECT_EQ(HEARTH_INTERNAL, static_cast<int>(hearth::ErrorCode::kInternal));
  EXPECT_EQ(HEARTH_WORKER_CRASHED, static_cast<int>(hearth::ErrorCode::kWorkerCrashed));
  EXPECT_EQ(HEARTH_OUT_OF_MEMORY, static_cast<int>(hearth::ErrorCode::kOutOfMemory));
  EXPECT_EQ(HEARTH_IO, static_cast<int>(hearth::ErrorCode::kIo));
  EXPECT_EQ(hearth::error_code_table().size(), static_cast<std::size_t>(HEARTH_IO))
      << "a code was added to one side only";
}

TEST(AbiLayout, c_sees_the_table_as_cpp_does) {
  ASSERT_NE(hearth_contract_c_table(), nullptr);
  EXPECT_EQ(hearth_contract_c_table()->struct_size, sizeof(hearth_plugin));
}

}  // namespace
