// Reads any text as icons, measures the bytes behind its first zero as one, and compares.
#include <cstdint>
#include <string>
#include <vector>

#include "libs/signatures/icons/icon_table.h"
#include "libs/signatures/lists.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace icons = day::signatures::icons;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\0'), input.size());
  std::string lists;
  day::signatures::AppendList("a.idb", input.substr(0, end), &lists);
  const icons::IconTable table(lists);
  const std::string_view picture = input.substr(std::min(end + 1, input.size()));
  if (picture.empty()) {
    return 0;
  }
  const std::uint32_t side = 16 + static_cast<std::uint8_t>(picture[0]) % 17;
  std::vector<std::uint32_t> pixels(std::size_t{side} * side);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      const char byte = picture[(3 * i + j) % picture.size()];
      pixels[i] = pixels[i] << 8 | static_cast<std::uint8_t>(byte);
    }
  }
  const auto metrics = day::similarity::MeasureIcon(side, pixels);
  if (metrics.colored > 100 || metrics.edge[0].x >= side || metrics.edge[0].y >= side) {
    __builtin_trap();
  }
  (void)table.Knows(metrics, "*", "*");
  return 0;
}
