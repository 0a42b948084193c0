#include "libs/unpack/inflate/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

#include "libs/unpack/inflate/crc32.h"
#include "libs/unpack/inflate/zlib.h"

namespace day::unpack::inflate {
namespace {

using End = Outcome::End;

std::string Deflate(const std::string& text, int level, int strategy = Z_DEFAULT_STRATEGY) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, -15, 9, strategy), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Decoded {
  Outcome outcome;
  std::string text;
};

Decoded Decode(std::string_view compressed, const base::BudgetLimits& limits = {}) {
  base::Budget budget(limits);
  Inflater inflater;
  OutputBuffer out;
  Decoded run;
  run.outcome = inflater.Inflate(base::AsBytes(compressed), budget, out);
  run.text = std::string(base::AsText(out.bytes()));
  EXPECT_EQ(budget.bytes_out(), run.text.size());
  return run;
}

// Texts with long and short matches, literals of every kind, and skewed statistics (long codes).
std::string MakeText(std::mt19937& random, std::size_t size) {
  std::string text;
  std::geometric_distribution<int> skewed(0.05);
  while (text.size() < size) {
    const auto kind = random() % 4;
    if (kind == 0 && !text.empty()) {
      const std::size_t distance = 1 + random() % std::min<std::size_t>(text.size(), 40000);
      const std::size_t length = random() % 600;
      for (std::size_t i = 0; i < length; ++i) {
        text += text[text.size() - distance];
      }
    } else {
      for (auto i = random() % 200; i > 0; --i) {
        text +=
            static_cast<char>(kind == 1 ? random() : static_cast<unsigned long>(skewed(random)));
      }
    }
  }
  text.resize(size);
  return text;
}

TEST(InflateTest, RoundTripsWhatZlibWrites) {
  std::mt19937 random(1);
  for (const std::size_t size : {0u, 1u, 2u, 300u, 5000u, 70000u, 400000u}) {
    const std::string text = MakeText(random, size);
    for (const int level : {0, 1, 6, 9}) {
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE}) {
        const std::string compressed = Deflate(text, level, strategy);
        const Decoded run = Decode(compressed + "tail");
        ASSERT_EQ(run.outcome.end, End::kComplete) << run.outcome.problem;
        ASSERT_EQ(run.text, text);
        ASSERT_EQ(run.outcome.consumed, compressed.size());
      }
    }
  }
}

TEST(InflateTest, TruncatedStreamKeepsItsBeginning) {
  std::mt19937 random(2);
  const std::string text = MakeText(random, 30000);
  const std::string compressed = Deflate(text, 6);
  std::size_t before = 0;
  for (std::size_t size = 0; size < compressed.size(); size += 97) {
    const Decoded run = Decode(compressed.substr(0, size));
    ASSERT_EQ(run.outcome.end, End::kTruncated);
    ASSERT_EQ(run.text, text.substr(0, run.text.size()));
    ASSERT_GE(run.text.size(), before);
    before = run.text.size();
  }
  EXPECT_GT(before, 29000u);
}

TEST(InflateTest, SaysWhatIsWrong) {
  EXPECT_EQ(Decode("\x07").outcome.problem, "invalid block type");
  EXPECT_EQ(Decode(std::string_view("\x01\x05\x00\x00\x00", 5)).outcome.problem,
            "invalid stored block lengths");
  // A fixed block whose first symbol is a match: nothing is there to copy.
  EXPECT_EQ(Decode(std::string_view("\x03\x02\x00", 3)).outcome.problem,
            "invalid distance too far back");
  EXPECT_EQ(Decode(std::string_view("\xfd\xff\xff\xff", 4)).outcome.problem,
            "too many length or distance symbols");
  EXPECT_EQ(Decode("").outcome.end, End::kTruncated);
}

TEST(InflateTest, DamageNeverGivesMoreThanZlibWould) {
  std::mt19937 random(3);
  const std::string text = MakeText(random, 20000);
  const std::string good = Deflate(text, 6);
  for (int round = 0; round < 300; ++round) {
    std::string bad = good;
    bad[random() % bad.size()] ^= static_cast<char>(1 << (random() % 8));
    const Decoded run = Decode(bad);
    std::string expected(1 << 20, '\0');
    z_stream stream{};
    ASSERT_EQ(inflateInit2(&stream, -15), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(bad.data());
    stream.avail_in = static_cast<uInt>(bad.size());
    stream.next_out = reinterpret_cast<Bytef*>(expected.data());
    stream.avail_out = static_cast<uInt>(expected.size());
    const int status = ::inflate(&stream, Z_SYNC_FLUSH);
    expected.resize(stream.total_out);
    inflateEnd(&stream);
    ASSERT_EQ(run.outcome.end == End::kComplete, status == Z_STREAM_END);
    ASSERT_EQ(run.text, expected);
  }
}

TEST(InflateTest, StopsAtTheLimitOfOneFile) {
  const std::string compressed = Deflate(std::string(3'000'000, 'a'), 9);
  base::BudgetLimits limits;
  limits.file_bytes_max = 1'000'001;
  const Decoded run = Decode(compressed, limits);
  EXPECT_EQ(run.outcome.end, End::kLimit);
  EXPECT_EQ(run.outcome.limit, base::Limit::kFileBytes);
  EXPECT_EQ(run.text.size(), 1'000'001u);
  limits.file_bytes_max = 3'000'000;
  EXPECT_EQ(Decode(compressed, limits).outcome.end, End::kComplete);
}

TEST(InflateTest, StopsAtTheLimitOfAllFiles) {
  const std::string compressed = Deflate(std::string(600'000, 'a'), 9);
  base::BudgetLimits limits;
  limits.bytes_out_max = 1'000'000;
  base::Budget budget(limits);
  Inflater inflater;
  OutputBuffer out;
  EXPECT_EQ(inflater.Inflate(base::AsBytes(compressed), budget, out).end, End::kComplete);
  const Outcome second = inflater.Inflate(base::AsBytes(compressed), budget, out);
  EXPECT_EQ(second.end, End::kLimit);
  EXPECT_EQ(second.limit, base::Limit::kBytesOut);
  EXPECT_EQ(budget.exceeded(), base::Limit::kBytesOut);
  EXPECT_EQ(out.size(), 1'000'000u);
}

TEST(InflateTest, StopsAtTheRatio) {
  const std::string compressed = Deflate(std::string(60'000'000, '\0'), 9);
  const Decoded run = Decode(compressed);
  EXPECT_EQ(run.outcome.end, End::kLimit);
  EXPECT_EQ(run.outcome.limit, base::Limit::kRatio);
  EXPECT_GE(run.text.size(), kRatioFreeBytes);
  EXPECT_LT(run.text.size(), kRatioFreeBytes + 2'000'000);
}

TEST(InflateTest, ManyEmptyBlocksRunOutOfSteps) {
  std::string blocks;
  for (int i = 0; i < 2000; ++i) {
    blocks += std::string("\x00\x00\x00\xff\xff", 5);
  }
  base::BudgetLimits limits;
  limits.steps_max = 1000 * kStepsPerBlock;
  const Decoded run = Decode(blocks, limits);
  EXPECT_EQ(run.outcome.end, End::kLimit);
  EXPECT_EQ(run.outcome.limit, base::Limit::kSteps);
}

TEST(InflateTest, MatchesDoNotReachIntoEarlierOutput) {
  base::Budget budget{base::BudgetLimits{}};
  Inflater inflater;
  OutputBuffer out;
  ASSERT_TRUE(out.Append(base::AsBytes("earlier")));
  const Outcome outcome =
      inflater.Inflate(base::AsBytes(std::string_view("\x03\x02\x00", 3)), budget, out);
  EXPECT_EQ(outcome.end, End::kDamaged);
  EXPECT_EQ(base::AsText(out.bytes()), "earlier");
}

TEST(Crc32Test, MatchesZlib) {
  std::mt19937 random(4);
  for (std::size_t size = 0; size < 400; ++size) {
    const std::string text = MakeText(random, size);
    const auto expected =
        crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(size));
    EXPECT_EQ(Crc32(base::AsBytes(text)), expected);
    EXPECT_EQ(Crc32Portable(base::AsBytes(text)), expected);
    const std::size_t cut = size / 3;
    EXPECT_EQ(Crc32(base::AsBytes(text.substr(cut)), Crc32(base::AsBytes(text.substr(0, cut)))),
              expected);
  }
}

TEST(Zlib, ChecksumsAreLookedAt) {
  EXPECT_EQ(Adler32({}), 1u);
  EXPECT_EQ(Adler32(base::AsBytes("Wikipedia")), 0x11E60398u);
  const std::string many(1'000'000, '\xFF');
  std::uint32_t sum = 1;
  std::uint32_t sums = 0;
  for (const char c : many) {
    sum = (sum + static_cast<unsigned char>(c)) % 65521;
    sums = (sums + sum) % 65521;
  }
  EXPECT_EQ(Adler32(base::AsBytes(many)), sums << 16 | sum);
  std::string stream("\x78\x01\x01\x04\0\xFB\xFFtext\x04\x67\x01\xC6", 15);
  const auto gap_of = [](const std::string& input) {
    Inflater inflater;
    base::Budget budget{base::BudgetLimits{}};
    OutputBuffer out;
    std::string gap = InflateZlib(inflater, base::AsBytes(input), budget, out);
    EXPECT_TRUE(out.size() == 4 || !gap.empty());
    return gap;
  };
  EXPECT_EQ(gap_of(stream), "");
  EXPECT_EQ(gap_of(stream + "more"), "");
  EXPECT_EQ(gap_of(stream.substr(0, 13)), "");  // nothing to compare with
  stream[8] ^= 1;
  EXPECT_EQ(gap_of(stream), "damaged: wrong checksum");
  EXPECT_EQ(gap_of(stream.substr(0, 9)), "damaged: the stream ends too early");
  EXPECT_EQ(gap_of(""), "damaged: the stream ends too early");
}

// As MSZIP's blocks go on from each other.
TEST(Inflater, MatchesReachIntoHistory) {
  const std::string before = "hello world, ";
  const std::string packed("\xCB\xC0\xE0\x00\x00", 5);  // "hello world, hello", behind `before`
  const auto decode = [&](std::uint64_t history) {
    Inflater inflater;
    base::Budget budget{base::BudgetLimits{}};
    OutputBuffer out;
    EXPECT_TRUE(out.Append(base::AsBytes(before)));
    const Outcome outcome = inflater.Inflate(base::AsBytes(packed), budget, out, history);
    return std::pair(outcome.end, std::string(base::AsText(out.bytes())));
  };
  EXPECT_EQ(decode(before.size()), std::pair(End::kComplete, before + "hello world, hello"));
  EXPECT_EQ(decode(before.size() / 2).first, End::kDamaged);
  EXPECT_EQ(decode(0).first, End::kDamaged);
  // The same in the fast loop, which needs room and input.
  std::string text;
  for (int i = 0; i < 2000; ++i) {
    text += std::to_string(i * 7919 % 1000) + before;
  }
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
  ASSERT_EQ(deflateSetDictionary(&stream, reinterpret_cast<const Bytef*>(text.data()),
                                 static_cast<uInt>(text.size())),
            Z_OK);
  std::string again(text.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(again.data());
  stream.avail_out = static_cast<uInt>(again.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  again.resize(stream.total_out);
  deflateEnd(&stream);
  Inflater inflater;
  base::Budget budget{base::BudgetLimits{}};
  OutputBuffer out;
  ASSERT_TRUE(out.Append(base::AsBytes(text)));
  EXPECT_EQ(
      inflater.Inflate(base::AsBytes(again + std::string(64, 'x')), budget, out, text.size()).end,
      End::kComplete);
  EXPECT_EQ(base::AsText(out.bytes()), text + text);
}

}  // namespace
}  // namespace day::unpack::inflate
