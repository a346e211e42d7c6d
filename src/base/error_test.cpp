#include "hearth/error.h"

#include <gtest/gtest.h>

#include <set>

#include "hearth/abi/hearth_plugin.h"
#include "hearth/result.h"

namespace hearth {
namespace {

TEST(ErrorTable, rows_stand_in_order_of_their_codes_and_names_are_unique) {
  std::set<std::string_view> names;
  std::int32_t expected = 1;
  for (const auto& row : error_code_table()) {
    EXPECT_EQ(static_cast<std::int32_t>(row.code), expected++);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(error_code_info(row.code).name, row.name);
  }
  EXPECT_EQ(expected - 1, HEARTH_IO) << "the ABI names a code the table lacks, or the reverse";
}

TEST(ErrorTable, exit_statuses_are_those_of_the_contract) {
  const std::set<int> contract = {1, 2, 3, 4, 5, 6, 7, 8, 124, 130};
  for (const auto& row : error_code_table()) EXPECT_TRUE(contract.contains(row.exit_status)) << row.name;
}

TEST(ErrorTable, a_code_from_a_newer_peer_counts_as_internal) {
  EXPECT_EQ(error_code_info(static_cast<ErrorCode>(9999)).name, "internal");
  EXPECT_EQ(error_code_info(static_cast<ErrorCode>(-1)).name, "internal");
}

TEST(Error, to_string_tells_hint_and_causes) {
  const Error error = Error(ErrorCode::kIo, "can't read x", "try again").because(Error(ErrorCode::kInternal, "disk"));
  EXPECT_EQ(to_string(error), "can't read x; try again (because: disk)");
}

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::kInvalidArgument, "odd");
  return n / 2;
}
Result<int> quarter(int n) {
  HEARTH_ASSIGN(h, half(n));
  return half(h);
}

TEST(Result, assign_hands_on_values_and_errors) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_EQ(quarter(7).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth
