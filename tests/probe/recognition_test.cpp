// Names as drivers and catalogues write them.
#include <gtest/gtest.h>

#include "app/device_recognition.h"
#include "base/units.h"
#include "probe/recorded_machine.h"

namespace hearth {
namespace {

TEST(BoardMatch, counts_the_words_of_the_longest_name_that_fits) {
  EXPECT_EQ(board_match("Raspberry Pi 5 8 GB", "Raspberry Pi 5 Model B Rev 1.0"), 3);
  EXPECT_EQ(board_match("Raspberry Pi 5 8 GB", "Raspberry Pi 4 Model B Rev 1.5"), 0);
  EXPECT_EQ(board_match("Raspberry Pi 4 Model B 4 GB", "Raspberry Pi 4 Model B Rev 1.5"), 5);
  EXPECT_EQ(board_match("Jetson Orin Nano 8 GB", "NVIDIA Jetson Orin Nano Developer Kit"), 3);
  EXPECT_EQ(
      board_match("Jetson Orin Nano Super 8 GB", "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"),
      4);
  EXPECT_EQ(board_match("Jetson Nano 4 GB", "NVIDIA Jetson AGX Orin Developer Kit"), 0);
}

TEST(SameCard, tells_cards_apart_by_what_is_not_their_brand) {
  EXPECT_TRUE(same_card("GeForce RTX 4090", "NVIDIA GeForce RTX 4090"));
  EXPECT_FALSE(same_card("GeForce RTX 4070", "NVIDIA GeForce RTX 4070 Ti"));
  EXPECT_FALSE(same_card("GeForce RTX 4090", "NVIDIA GeForce RTX 4090 Laptop GPU"));
  EXPECT_TRUE(same_card("A100 SXM 80 GB", "NVIDIA A100-SXM4-80GB"));
  EXPECT_TRUE(same_card("H100 SXM 80 GB", "NVIDIA H100 80GB HBM3"));
  EXPECT_FALSE(same_card("H100 SXM 80 GB", "NVIDIA H100 PCIe"));
  EXPECT_TRUE(same_card("H100 PCIe 80 GB", "NVIDIA H100 PCIe"));
  EXPECT_TRUE(same_card("T4", "Tesla T4"));
  EXPECT_TRUE(same_card("RTX 6000 Ada", "NVIDIA RTX 6000 Ada Generation"));
  EXPECT_FALSE(same_card("Radeon RX 7900 XTX", "Radeon RX 7900 XT/7900 XTX/7900M"));
  EXPECT_FALSE(same_card("", "NVIDIA"));
}

TEST(SameProcessor, wants_the_model_and_as_many_packages) {
  EXPECT_TRUE(same_processor("Intel Core Ultra 7 155H", "Intel(R) Core(TM) Ultra 7 155H", 1));
  EXPECT_TRUE(same_processor("2 x Intel Xeon Platinum 8480+", "Intel(R) Xeon(R) Platinum 8480+", 2));
  EXPECT_FALSE(same_processor("2 x Intel Xeon Platinum 8480+", "Intel(R) Xeon(R) Platinum 8480+", 1));
  EXPECT_FALSE(same_processor("AMD Ryzen 9 7950X", "AMD Ryzen 9 7950X3D 16-Core Processor", 1));
  EXPECT_TRUE(same_processor("AMD Ryzen 7 7840HS", "AMD Ryzen 7 7840HS w/ Radeon 780M Graphics", 1));
}

HardwareProfile with_card(const std::string& name, std::uint64_t bytes) {
  HardwareProfile profile;
  ProfileAccelerator gpu;
  gpu.kind = "gpu";
  gpu.name = Fact<std::string>{name};
  gpu.memory_bytes = Fact<std::uint64_t>{bytes};
  profile.accelerators = {gpu};
  recognise_device(test::device_catalog().devices(), profile);
  return profile;
}

TEST(RecogniseDevice, takes_the_card_with_that_much_memory) {
  EXPECT_EQ(with_card("NVIDIA GeForce RTX 4060 Ti", 16 * kGiB).id, "rtx-4060-ti-16gb");
  EXPECT_EQ(with_card("NVIDIA GeForce RTX 4060 Ti", 8 * kGiB).id, "");
  EXPECT_EQ(with_card("NVIDIA H200", 150754820096).id, "h200-141gb");
}

TEST(RecogniseDevice, changes_nothing_that_was_read) {
  HardwareProfile profile;
  profile.name = "Raspberry Pi 5 Model B Rev 1.1";
  profile.memory.total_bytes = Fact<std::uint64_t>{16 * kGiB};
  profile.memory.type = Fact<std::string>{"LPDDR4X"};
  recognise_device(test::device_catalog().devices(), profile);
  EXPECT_EQ(profile.id, "pi5-16gb");
  EXPECT_EQ(profile.memory.type->provenance, Provenance::kSystem);
  EXPECT_EQ(profile.memory.total_bytes->value, 16 * kGiB);
}

}  // namespace
}  // namespace hearth
