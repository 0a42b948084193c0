// What the tests of installers' readers share: fixtures with a program in front, and damage at
// every byte. Only for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::parts::testing {

// Of the program in front of the data in the fixtures.
inline constexpr std::size_t kProgramBytes = 1024;

// A fixture of tests/fixtures/packages from `begin` on.
inline std::string InstallerFixture(const std::string& name, std::size_t begin = kProgramBytes) {
  const std::string whole = base::ReadFixture("packages/" + name);
  return whole.substr(std::min(begin, whole.size()));
}

// All that a reader gives, and what it says of the archive itself.
template <typename Reader>
std::vector<Drained> ReadAll(const std::string& data, std::string* problem = nullptr) {
  Reader reader(base::AsBytes(data));
  base::Budget budget(SmallLimits());
  auto all = Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

// One of the two files that the fixtures hold.
inline void ExpectFile(const Drained& file, std::string_view name, std::size_t size) {
  EXPECT_EQ(file.name, name);
  EXPECT_EQ(file.gap, "");
  EXPECT_EQ(file.content.size(), size);
  EXPECT_TRUE(size == 900 ? file.content.starts_with("The quick brown")
                          : file.content == "a needle in the nest\n");
}

// Whatever is cut off or wrong from `begin` on, reading ends; nothing is given beyond the limits.
template <typename Reader, typename IsOne>
void ExpectAllDamageEnds(const std::string& data, std::size_t begin, const IsOne& is_one) {
  for (std::size_t i = begin; i < data.size(); ++i) {
    std::string bad = data;
    bad[i] = static_cast<char>(~bad[i]);
    for (const std::string& input : {data.substr(0, i), bad}) {
      if (is_one(base::AsBytes(input))) {
        (void)ReadAll<Reader>(input);
      }
    }
  }
}

}  // namespace day::unpack::parts::testing
