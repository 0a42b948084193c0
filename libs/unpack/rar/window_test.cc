#include "libs/unpack/rar/window.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace day::unpack::rar {
namespace {

TEST(WindowTest, CopiesAsOneByteAfterTheOtherWould) {
  constexpr std::uint64_t kBytes = 128 * 1024;  // twice what is there at first
  std::mt19937 random(1);
  Window window(kBytes);
  std::string expected;
  std::string got;
  const auto take = [&got](base::Bytes bytes) { got += base::AsText(bytes); };
  while (expected.size() < 4 * kBytes) {
    const auto byte = static_cast<std::uint8_t>(random());
    window.Put(byte);
    expected += static_cast<char>(byte);
    const std::uint64_t far = 1 + random() % kBytes;
    const std::uint64_t distance = random() % 3 == 0 ? random() % 8 : far;
    const std::uint64_t length = random() % 2 == 0 ? random() % 5000 : random() % 20;
    window.CopyBack(distance, length);
    for (std::uint64_t i = 0; i < length; ++i) {
      const bool is_inside = distance != 0 && distance <= expected.size();
      expected += is_inside ? expected[expected.size() - distance] : '\0';
    }
    window.PassOn(
        window.position() - random() % std::min<std::uint64_t>(1000, window.waiting() + 1), take);
  }
  window.PassOn(window.position(), take);
  EXPECT_EQ(got, expected);
}

TEST(WindowTest, BeforeTheFirstByteAreZeros) {
  for (const std::uint64_t distance : {0, 1, 5, 1 << 30}) {
    Window window;
    window.CopyBack(distance, 3);
    std::string got;
    window.PassOn(window.position(), [&got](base::Bytes bytes) { got += base::AsText(bytes); });
    EXPECT_EQ(got, std::string(3, '\0'));
  }
}

}  // namespace
}  // namespace day::unpack::rar
