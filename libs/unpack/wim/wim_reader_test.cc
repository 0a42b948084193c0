#include "libs/unpack/wim/wim_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/wim/chunk.h"

namespace day::unpack::wim {
namespace {

using parts::testing::Drained;

template <typename T>
std::string Le(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string Utf16(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    out += '\0';
  }
  return out;
}

// The writer of bit streams as XPRESS and LZX have them.
class Bits {
 public:
  void Put(std::uint32_t value, unsigned count) {
    while (count-- > 0) {
      word_ = static_cast<std::uint16_t>(word_ << 1 | (value >> count & 1));
      if (++held_ == 16) {
        Flush();
      }
    }
  }
  void Flush() {
    if (held_ > 0) {
      out += Le(static_cast<std::uint16_t>(word_ << (16 - held_)));
      held_ = 0;
    }
  }

  std::string out;

 private:
  std::uint16_t word_ = 0;
  unsigned held_ = 0;
};

std::string Xpress(const std::string& packed, std::size_t size) {
  std::vector<std::byte> out(size);
  const std::size_t good = DecodeXpress(base::AsBytes(packed), out);
  return std::string(base::AsText(std::span(out).first(good)));
}

std::string Lzx(const std::string& packed, std::size_t size) {
  std::vector<std::byte> out(size);
  const std::size_t good = DecodeLzx(base::AsBytes(packed), 32'768, out);
  return std::string(base::AsText(std::span(out).first(good)));
}

TEST(ChunkTest, Xpress) {
  // Two codes of one bit: 'a' (0) and a match of length 3 + 15 and more, one byte back (1).
  std::string packed(256, '\0');
  packed['a' / 2] = 0x10;
  packed[(256 + 15) / 2] = 0x10;
  Bits bits;
  bits.Put(1, 2);
  bits.Flush();
  const std::string rest = packed + bits.out + std::string(2, '\0');
  EXPECT_EQ(Xpress(rest + "\x02", 21), std::string(21, 'a'));
  EXPECT_EQ(Xpress(rest + "\xFF" + Le<std::uint16_t>(400), 404), std::string(404, 'a'));
  // A match over the end of the chunk, codes that are too many, nothing at all.
  EXPECT_EQ(Xpress(rest + "\x02", 20), "a");
  EXPECT_EQ(Xpress(std::string(260, '\x11'), 10), "");
  EXPECT_EQ(Xpress("", 10), "");
}

TEST(ChunkTest, LzxStored) {
  Bits bits;
  bits.Put(3, 3);
  bits.Put(0, 1);
  bits.Put(5, 16);
  bits.Flush();
  const std::string header = bits.out + Le(1u) + Le(1u) + Le(1u);
  EXPECT_EQ(Lzx(header + "abcde", 5), "abcde");
  EXPECT_EQ(Lzx(header + "abc", 5), "abc");
  // Calls are translated back: an absolute target becomes a distance.
  Bits call;
  call.Put(3, 3);
  call.Put(0, 1);
  call.Put(20, 16);
  call.Flush();
  const std::string code = std::string(4, 'x') + "\xE8" + Le(100u) + std::string(11, 'x');
  EXPECT_EQ(Lzx(call.out + Le(1u) + Le(1u) + Le(1u) + code, 20),
            std::string(4, 'x') + "\xE8" + Le(96u) + std::string(11, 'x'));
  EXPECT_EQ(Lzx("", 5), "");
}

std::string Resource(std::uint64_t size, unsigned flags, std::uint64_t offset,
                     std::uint64_t plain) {
  return Le(size | std::uint64_t{flags} << 56) + Le(offset) + Le(plain);
}

class Writer {
 public:
  std::string file = std::string(208, '\0');

  void Add(unsigned flags, const std::string& data, std::uint64_t plain, char hash,
           std::uint16_t part = 1) {
    table_ += Resource(data.size(), flags, file.size(), plain) + Le(part) + Le(1u) +
              std::string(20, hash);
    file += data;
  }
  std::string Finish(std::uint32_t flags = 0x20002) {
    const std::string table = Resource(table_.size(), 0, file.size(), table_.size());
    file += table_;
    file.replace(
        0, 24, "MSWIM" + std::string(3, '\0') + Le(208u) + Le(0x10D00u) + Le(flags) + Le(32'768u));
    file.replace(40, 4, Le<std::uint16_t>(1) + Le<std::uint16_t>(1));
    return file.replace(48, 24, table);
  }

 private:
  std::string table_;
};

std::string Entry(const std::string& name, char hash, std::uint64_t inner = 0) {
  const std::string wide = Utf16(name);
  std::string out = Le(std::uint64_t{102} + wide.size() + 2) + std::string(8, '\0') + Le(inner);
  out.resize(64);
  out += std::string(20, hash) + std::string(12, '\0') + Le<std::uint16_t>(0) +
         Le<std::uint16_t>(0) + Le(static_cast<std::uint16_t>(wide.size())) + wide;
  out.resize((out.size() + 2 + 7) / 8 * 8);
  return out;
}

std::vector<Drained> Read(const std::string& file, std::string* problem = nullptr) {
  EXPECT_TRUE(WimReader::IsWim(base::AsBytes(file)));
  WimReader reader(base::AsBytes(file));
  base::Budget budget(parts::testing::SmallLimits());
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(WimReaderTest, NamesStreamsByTheirFolders) {
  Writer writer;
  std::string metadata = Le(8u) + Le(0u);
  const std::string end(8, '\0');
  const std::uint64_t dir_at = 8 + 104 + 8;
  const std::string inside = Entry("b", 'b') + Entry("loop", '\0', dir_at);
  metadata += Entry("", '\0', dir_at) + end + inside + end;
  writer.Add(2, metadata, metadata.size(), 'm');
  writer.Add(0, "text", 4, 'b');
  writer.Add(0, "more", 4, 'x');
  std::string problem;
  const auto all = Read(writer.Finish(), &problem);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "b");
  EXPECT_EQ(all[0].content, "text");
  EXPECT_EQ(all[1].name, "stream 2");
  EXPECT_EQ(problem, "");
}

TEST(WimReaderTest, SaysWhatItDoesNotRead) {
  Writer writer;
  writer.Add(16, "x", 100, 'a');
  writer.Add(0, "x", 1, 'b', 2);
  writer.Add(4, "x", 100, 'c');
  const auto all = Read(writer.Finish(0x80002));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].gap, "damaged: a stream lies outside its resource");
  EXPECT_EQ(all[1].gap, "unsupported: in another part of a split image");
  EXPECT_EQ(all[2].gap, "damaged: invalid packed data");
  const auto other = Read(writer.Finish(0x100002));
  ASSERT_EQ(other.size(), 3u);
  EXPECT_EQ(other[2].gap, "unsupported: unknown packing");
  std::string problem;
  EXPECT_TRUE(Read("WLPWM" + std::string(300, '\0'), &problem).empty());
  EXPECT_EQ(problem, "unsupported: pipable image");
}

TEST(WimReaderTest, HugeClaimsEnd) {
  Writer writer;
  writer.Add(4, std::string(100, '\0'), (1ull << 56) - 1, 'a');
  writer.Add(4, "xy", 10, 'b');
  writer.Add(4, "0123456789", 10, 'c');
  const auto all = Read(writer.Finish());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].gap, "damaged: invalid packed data");
  EXPECT_EQ(all[1].gap, "damaged: invalid packed data");
  EXPECT_EQ(all[2].content, "0123456789");
}

TEST(WimReaderTest, EveryFlipEnds) {
  Writer writer;
  const std::string metadata = Le(8u) + Le(0u) + Entry("a", 'b') + std::string(8, '\0');
  writer.Add(2, metadata, metadata.size(), 'm');
  writer.Add(4, "text", 5, 'b');
  const std::string file = writer.Finish();
  for (std::size_t at = 8; at < file.size(); ++at) {
    std::string flipped = file;
    flipped[at] = static_cast<char>(~flipped[at]);
    Read(flipped);
    Read(file.substr(0, at));
  }
}

std::map<std::string, std::string> ReadAll(const std::string& name,
                                           const base::BudgetLimits& limits = {}) {
  const std::string file = base::ReadFixture("images/" + name);
  WimReader reader(base::AsBytes(file));
  base::Budget budget{limits};
  std::map<std::string, std::string> all;
  for (const Drained& file_in_it : parts::testing::Drain(reader, budget)) {
    all[file_in_it.name] = file_in_it.gap.empty() ? file_in_it.content : file_in_it.gap;
  }
  all[""] = reader.problem();
  return all;
}

TEST(LzmsTest, ReadsImagesWithSolidResourcesOrNone) {
  for (const char* name : {"lzms.wim", "solid.wim"}) {
    auto all = ReadAll(name);
    EXPECT_EQ(all["dir/a.txt"].size(), 9000u) << name;
    EXPECT_TRUE(all["dir/a.txt"].ends_with(base::ArchivedText())) << name;
    EXPECT_EQ(all["b.txt"], "a needle in the nest\n") << name;
    EXPECT_EQ(all[""], "") << name;
  }
}

TEST(LzmsTest, DeltaMatchesAndCodeComeOut) {
  std::string ramp;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    ramp += Le(1000 + i * 37);
  }
  std::string code;
  for (std::size_t i = 0; i < 300; ++i) {
    code += std::string(3 + i % 7, '\x90') + "\xE8";
    code += Le(static_cast<std::uint32_t>(100 - (code.size() - 1)));
    code += "\x48\x8D\x05";
    code += Le(static_cast<std::uint32_t>(70000 - (code.size() - 3)));
  }
  auto all = ReadAll("numbers.wim");
  EXPECT_EQ(all["ramp"], ramp);
  EXPECT_EQ(all["code"], code);
}

TEST(LzmsTest, DamageAndLimitsAreToldAndBounded) {
  const std::string file = base::ReadFixture("images/solid.wim");
  for (std::size_t at = 208; at < file.size(); ++at) {
    std::string damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    WimReader reader(base::AsBytes(damaged));
    base::Budget budget{base::BudgetLimits{}};
    for (const Drained& member : parts::testing::Drain(reader, budget)) {
      EXPECT_LE(member.content.size(), 64u << 20);
    }
  }
  base::BudgetLimits limits;
  limits.steps_max = 30'000;
  auto all = ReadAll("solid.wim", limits);
  EXPECT_THAT(all[""] + all["dir/a.txt"] + all["stream 2"],
              ::testing::HasSubstr("limit steps_max"));
}

}  // namespace
}  // namespace day::unpack::wim
