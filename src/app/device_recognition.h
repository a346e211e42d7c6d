// Finds the catalogue's record of a probed machine, so that facts no kernel knows (bus bandwidth, TOPS, watts) join it.
#pragma once

#include <span>
#include <string>

#include "domain/catalog_device.h"
#include "domain/hardware_profile.h"

namespace hearth {

// Fills in what is absent, with provenance "catalogue", from the records that are the machine's board, its cards and
// its processor; nothing that was read is changed. A board is known by its device tree's or firmware's name and its
// memory; a card by its name and memory; a processor by its name and number of cores, unless a hypervisor shows only a
// part. `id` and the classes are those of the board, else of the first card, else of the processor; empty where none
// matches.
void recognise_device(std::span<const CatalogDevice> devices, HardwareProfile& profile);

// Whether `model`, as a machine writes it, names a board called `name`: its words in order, numbers next to the word
// before them. How many words; 0 where it doesn't. "Raspberry Pi 5 8 GB" is in "Raspberry Pi 5 Model B Rev 1.0": the
// memory's size is not part of the name.
[[nodiscard]] int board_match(const std::string& name, const std::string& model);

// Whether two names mean one card: "NVIDIA GeForce RTX 4090" and "RTX 4090", not "RTX 4090 Laptop GPU".
[[nodiscard]] bool same_card(const std::string& one, const std::string& other);

// Whether a record's processor ("2 x Intel Xeon Platinum 8480+") is the one a machine reports in so many packages.
[[nodiscard]] bool same_processor(const std::string& record, const std::string& reported, int packages);

}  // namespace hearth
