// Stands in for libFuzzer in normal builds: runs every seed, every short prefix of it and a fixed number of mutations
// drawn from a fixed random sequence, so that a fault once found stays found on every machine.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int kMutationsPerSeed = 2000;
constexpr std::size_t kPrefixesPerSeed = 512;
constexpr std::uint64_t kSeed = 20240229;

void run(const Bytes& bytes) { LLVMFuzzerTestOneInput(bytes.data(), bytes.size()); }

// std::mt19937_64 is the same everywhere; distributions are not, hence the plain remainder.
std::uint64_t below(std::mt19937_64& random, std::uint64_t limit) { return limit == 0 ? 0 : random() % limit; }

// Changes bytes, plants extreme numbers where sizes may be, cuts, doubles: what breaks parsers.
Bytes mutate(Bytes bytes, std::mt19937_64& random) {
  static constexpr std::uint64_t kExtremes[] = {0,          1,          0x7F,       0xFF, 0x7FFFFFFF,
                                                0xFFFFFFFF, 1ULL << 62, 1ULL << 63, ~0ULL};
  const std::uint64_t steps = 1 + below(random, 4);
  for (std::uint64_t i = 0; i < steps && !bytes.empty(); ++i) {
    const std::size_t at = below(random, bytes.size());
    switch (below(random, 5)) {
      case 0: bytes[at] = static_cast<std::uint8_t>(random()); break;
      case 1: bytes[at] ^= static_cast<std::uint8_t>(1U << below(random, 8)); break;
      case 2: {
        const std::uint64_t number = kExtremes[below(random, std::size(kExtremes))];
        const std::size_t n = std::min<std::size_t>(std::size_t{1} << below(random, 4), bytes.size() - at);
        for (std::size_t k = 0; k < n; ++k) bytes[at + k] = static_cast<std::uint8_t>(number >> (8 * k));
        break;
      }
      case 3: bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at)); break;
      default: {
        const std::size_t n = std::min<std::size_t>(below(random, 64), bytes.size() - at);
        const Bytes part(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                         bytes.begin() + static_cast<std::ptrdiff_t>(at + n));
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), part.begin(), part.end());
      }
    }
  }
  return bytes;
}

Bytes read_seed(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  std::vector<std::filesystem::path> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) seeds.push_back(entry.path());
  std::sort(seeds.begin(), seeds.end());
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: no seeds in %s\n", argv[0], argv[1]);
    return 1;
  }
  std::mt19937_64 random(kSeed);
  run({});
  for (const auto& path : seeds) {
    const Bytes seed = read_seed(path);
    run(seed);
    const std::size_t stride = std::max<std::size_t>(1, seed.size() / kPrefixesPerSeed);
    for (std::size_t n = 1; n < seed.size(); n += stride)
      run(Bytes(seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(n)));
    for (int i = 0; i < kMutationsPerSeed; ++i) run(mutate(seed, random));
  }
  std::printf("%zu seeds, %d mutations each\n", seeds.size(), kMutationsPerSeed);
  return 0;
}
