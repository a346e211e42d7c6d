#include "platform/http_post.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

// What a server answers is tested where there is one, with the exporter of spans.
TEST(HttpPost, refusals_have_names) {
  const auto poster = HttpPoster::create({}).value();
  EXPECT_EQ(poster->post({.url = "collector"}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(poster->post({.url = "http://127.0.0.1:1/"}).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(poster->post({.url = "http://127.0.0.1:1/", .headers = {{"a", "b\r\nc: d"}}}).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(HttpPost, offline_nothing_leaves_the_machine) {
  EgressCounts counts;
  HttpPostOptions options;
  options.egress.airgap = true;
  options.egress.counts = &counts;
  const auto poster = HttpPoster::create(options).value();
  EXPECT_EQ(poster->post({.url = "https://example.org/x"}).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(counts.n_lookups, 0U);
  EXPECT_EQ(counts.n_denied, 1U);
}

}  // namespace
}  // namespace hearth
