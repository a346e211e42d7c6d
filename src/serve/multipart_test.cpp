#include "serve/multipart.h"

#include <gtest/gtest.h>

namespace hearth::serve {
namespace {

constexpr std::string_view kForm =
    "--xyz\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nyolo\r\n"
    "--xyz\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a \\\"b\\\".jpg\"\r\n"
    "Content-Type: image/jpeg\r\n\r\n\xFF\xD8\r\n--xy\r\n\xFF\xD9\r\n"
    "--xyz\r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n--xyz--\r\n";

TEST(Multipart, parts_come_with_their_names_and_bytes) {
  const auto parts = parse_form(kForm, "xyz");
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_EQ((*parts)[0].name, "model");
  EXPECT_EQ((*parts)[0].content, "yolo");
  EXPECT_EQ((*parts)[1].file_name, "a \"b\".jpg");
  EXPECT_EQ((*parts)[1].content_type, "image/jpeg");
  EXPECT_EQ((*parts)[1].content, "\xFF\xD8\r\n--xy\r\n\xFF\xD9");
  EXPECT_EQ((*parts)[2].name, "empty");
  EXPECT_EQ((*parts)[2].content, "");
}

TEST(Multipart, the_boundary_is_read_from_the_header) {
  EXPECT_EQ(form_boundary("multipart/form-data; boundary=xyz"), "xyz");
  EXPECT_EQ(form_boundary("Multipart/Form-Data; charset=utf-8; boundary=\"x y\""), "x y");
  EXPECT_EQ(form_boundary("multipart/mixed; boundary=xyz"), "");
  EXPECT_EQ(form_boundary("application/json"), "");
}

TEST(Multipart, every_cut_is_refused_and_none_is_taken_for_whole) {
  for (std::size_t n = 0; n + 4 < kForm.size(); ++n)
    EXPECT_FALSE(parse_form(kForm.substr(0, n), "xyz")) << "cut to " << n << " bytes";
  EXPECT_FALSE(parse_form(kForm, ""));
  EXPECT_FALSE(parse_form(kForm, "other"));
  EXPECT_FALSE(parse_form(kForm, "xyz", 2));
  EXPECT_FALSE(parse_form("--b\r\nno colon\r\n\r\nx\r\n--b--", "b"));
  EXPECT_FALSE(parse_form("--b\r\n\r\nx\r\n--b--", "b"));
}

}  // namespace
}  // namespace hearth::serve
