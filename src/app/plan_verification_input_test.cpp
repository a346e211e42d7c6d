#include "app/plan_verification_input.h"

#include <gtest/gtest.h>

#include <fstream>

#include "documents/plan_json.h"
#include "metrics/ledger_test_files.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

class PlanInputTest : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << text;
    return folder_.path() / name;
  }
  static std::string some_plan() {
    Plan plan;
    plan.choices.emplace_back().task = "chat";
    return write_plan(plan);
  }
  LedgerTestFolder folder_;
};

TEST_F(PlanInputTest, a_file_a_folder_and_the_current_plan_are_found) {
  const auto file = write("out/plan.json", some_plan());
  EXPECT_TRUE(open_plan(file, folder_.path()));
  EXPECT_EQ(open_plan(folder_.path() / "out", folder_.path())->path, file);
  EXPECT_EQ(open_plan({}, folder_.path()).error().code, ErrorCode::kNotFound);
  EXPECT_NE(open_plan({}, folder_.path()).error().hint.find("hearth plan"), std::string::npos);
  write(kCurrentPlanFile, some_plan());
  EXPECT_EQ(open_plan({}, folder_.path())->plan.choices.size(), 1U);
}

TEST_F(PlanInputTest, what_is_no_plan_is_said_with_its_file) {
  for (const char* text : {"", "{", "[]", "{\"choices\": 5}"}) {
    const auto opened = open_plan(write("bad.json", text), folder_.path());
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().code, ErrorCode::kInvalidData) << text << opened.error().message;
    EXPECT_NE(opened.error().message.find("bad.json"), std::string::npos);
  }
  EXPECT_EQ(open_plan(write("empty.json", write_plan(Plan())), {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(open_plan(folder_.path() / "none.json", {}).error().code, ErrorCode::kNotFound);
}

TEST(PlanMachine, a_plan_is_for_the_machine_of_its_record_or_name_and_processor) {
  HardwareProfile own;
  own.name = "desk";
  own.cpu.model = Fact<std::string>{"Ryzen 9"};
  Plan plan;
  EXPECT_TRUE(check_machine(plan, own));  // says nothing of a machine
  plan.device = own;
  EXPECT_TRUE(check_machine(plan, own));
  EXPECT_EQ(machine_key(own), "desk");
  plan.device.cpu.model = Fact<std::string>{"Core i5"};
  EXPECT_EQ(check_machine(plan, own).error().code, ErrorCode::kForbidden);
  plan.device = own;
  plan.device.name = "shelf";
  const auto other = check_machine(plan, own);
  EXPECT_EQ(other.error().code, ErrorCode::kForbidden);
  EXPECT_NE(other.error().message.find("shelf"), std::string::npos);
  own.id = plan.device.id = "pi5";
  EXPECT_TRUE(check_machine(plan, own));
  EXPECT_EQ(machine_key(own), "pi5");
}

}  // namespace
}  // namespace hearth
