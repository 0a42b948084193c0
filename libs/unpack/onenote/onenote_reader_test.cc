#include "libs/unpack/onenote/onenote_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace day::unpack::onenote {
namespace {

using ::testing::ElementsAre;

const std::string kStart("\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3", 16);
const std::string kFileData("\xE7\x16\xE3\xBD\x65\x26\x11\x45\xA4\xC4\x8D\x4D\x0B\x7A\x9E\xAC", 16);
const std::string kWebFormat("\x2F\xE9\x8D\x63\xD4\xA6\xC1\x4B\x9A\x36\xB3\xFC\x25\x11\xA5\xB7",
                             16);

std::string Little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}

std::string Stored(const std::string& content, std::uint64_t size) {
  return kFileData + Little(size, 8) + std::string(12, '\0') + content;
}

// A compact integer of two bytes.
std::string Compact(std::uint64_t value) { return Little((value << 2) | 2, 2); }
// A header of four bytes, and the data.
std::string Object(unsigned type, const std::string& data) {
  return Little(2u | (type << 3) | (static_cast<std::uint64_t>(data.size()) << 17), 4) + data;
}

std::vector<std::string> WalkAll(const std::string& file) {
  std::vector<std::string> parts;
  OneNoteReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    parts.push_back(part->name + "=" + std::string(base::AsText(part->content)) + part->gap);
  }
  return parts;
}

TEST(OneNoteReaderTest, GivesStoredFiles) {
  EXPECT_THAT(WalkAll(kStart + "junk" + Stored("first", 5) + "junk" + Stored("second", 6)),
              ElementsAre("file 1=first", "file 2=second"));
  EXPECT_THAT(WalkAll(kStart + Stored("cut", ~std::uint64_t{0})),
              ElementsAre("file 1=cutdamaged: the file is cut"));
  EXPECT_THAT(WalkAll(kStart), ElementsAre());
}

TEST(OneNoteReaderTest, SaysThatItIsCut) {
  const auto problem = [](const std::string& file) {
    return std::string(OneNoteReader(base::AsBytes(file)).problem());
  };
  const std::string format("\x3F\xDD\x9A\x10\x1B\x91\xF5\x49\xA5\xD0\x17\x91\xED\xC8\xAE\xD8", 16);
  const std::string whole = kStart + std::string(32, '\0') + format + std::string(132, '\0') +
                            Little(2000, 8) + std::string(2000 - 204, 'x');
  EXPECT_EQ(problem(whole), "");
  EXPECT_EQ(problem(whole + "more"), "");
  for (const std::size_t size : {1999u, 1023u, 200u, 64u, 63u, 16u}) {
    EXPECT_EQ(problem(whole.substr(0, size)), "damaged: the file is cut") << size;
  }
}

TEST(OneNoteReaderTest, GivesFilesOfSectionsFromTheWeb) {
  const std::string guid = "\x04" + std::string(16, 'g');
  const std::string element = Little(0x0C | (20u << 9), 2) + std::string(20, 'd');
  const std::string file =
      kStart + std::string(32, '\0') + kWebFormat + Little(0, 4) + Object(0x7A, "packaging") +
      element + Object(0x02, Compact(4) + "blob") + "\x05" +
      Object(0x16, "\x03" + guid + "\x03" + guid + guid + Compact(5) + "group") + Little(3, 2) +
      Object(0x02, Compact(900) + "cut");
  EXPECT_THAT(WalkAll(file),
              ElementsAre("file 1=blob", "file 2=group", "file 3=cutdamaged: the file is cut"));
}

}  // namespace
}  // namespace day::unpack::onenote
