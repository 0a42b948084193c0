// Makes libs/match/data/rarity.bin from folders of benign files. See rarity.h for the format.
//
//   make_rarity OUTPUT DIRECTORY...
//
// Counts every folded gram of the first 4 MiB of each regular file (capped so that one large file
// cannot shape the table) in a table of 2^29 saturating counters, then keeps for each bucket its
// maximum.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "libs/match/gram_kernel.h"
#include "libs/match/rarity.h"

namespace {

constexpr std::uint32_t kCounterBits = 29;
constexpr std::size_t kFileBytesMax = 4 << 20;

struct Counts {
  std::vector<std::uint16_t> grams = std::vector<std::uint16_t>(std::size_t{1} << kCounterBits);
  std::vector<std::uint16_t> bucket_max =
      std::vector<std::uint16_t>(std::size_t{1} << day::match::kRarityBits);
  std::vector<std::uint64_t> pairs = std::vector<std::uint64_t>(65536);
  std::uint64_t bytes = 0;
};

void CountFile(const std::filesystem::path& path, Counts& counts) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> text(kFileBytesMax);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto size = static_cast<std::size_t>(file.gcount());
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::size_t i = 0; i + 4 <= size; ++i) {
    const std::uint32_t gram = day::match::LoadGram(data + i);
    std::uint16_t& count = counts.grams[day::match::GramHash(gram, kCounterBits)];
    count = static_cast<std::uint16_t>(std::min<unsigned>(count + 1u, 0xFFFF));
    std::uint16_t& most = counts.bucket_max[day::match::GramHash(gram, day::match::kRarityBits)];
    most = std::max(most, count);
    ++counts.pairs[data[i] | (static_cast<unsigned>(data[i + 1]) << 8)];
  }
  counts.bytes += size;
}

unsigned Level(double count, double scale, double step) {
  const double level = std::log2(count * scale + 1.0) / step;
  return static_cast<unsigned>(std::clamp(std::lround(level), 0L, 15L));
}

void Append(std::string& out, unsigned level, bool high) {
  if (high) {
    out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) | (level << 4));
  } else {
    out.push_back(static_cast<char>(level));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: make_rarity OUTPUT DIRECTORY...\n");
    return 2;
  }
  Counts counts;
  std::vector<std::filesystem::path> paths;
  for (int i = 2; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             argv[i], std::filesystem::directory_options::skip_permission_denied)) {
      if (entry.is_regular_file() && !entry.is_symlink()) {
        paths.push_back(entry.path());
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    CountFile(path, counts);
  }
  const double scale = 1073741824.0 / static_cast<double>(std::max<std::uint64_t>(counts.bytes, 1));
  std::string out;
  for (std::size_t i = 0; i < counts.bucket_max.size(); ++i) {
    Append(out, Level(counts.bucket_max[i], scale, day::match::kGramLevelStep), i % 2 != 0);
  }
  for (std::size_t i = 0; i < counts.pairs.size(); ++i) {
    Append(out, Level(static_cast<double>(counts.pairs[i]), scale, day::match::kPairLevelStep),
           i % 2 != 0);
  }
  std::ofstream(argv[1], std::ios::binary) << out;
  std::printf("%zu files, %.1f MiB counted\n", paths.size(),
              static_cast<double>(counts.bytes) / 1048576.0);
  return 0;
}
