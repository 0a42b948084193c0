#include "libs/signatures/clamav/gram_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "libs/match/gram_kernel.h"
#include "libs/signatures/clamav/body_format.h"

namespace day::signatures::clamav {
namespace {

// Bits of the bitmap for each gram: few enough positions are candidates by chance.
constexpr std::uint64_t kBitsPerGram = 48;

void Append(std::uint32_t value, std::string* out) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    *out += static_cast<char>(value >> shift & 0xFF);
  }
}

void AppendEntry(const GramChoice& choice, std::uint32_t part, std::uint32_t signature,
                 std::string* out) {
  Append(choice.gram, out);
  Append(choice.value, out);
  Append(choice.mask, out);
  Append((static_cast<std::uint32_t>(choice.check) & 0xFF) | choice.slack << 8, out);
  Append(choice.back, out);
  Append(part, out);
  Append(signature, out);
}

// Sorts rows by bucket and writes starts and entries. `bucket` tells a row's bucket.
template <typename Row, typename Bucket>
void WriteBuckets(std::vector<Row>& rows, std::uint32_t buckets, const Bucket& bucket,
                  std::string* starts, std::string* entries) {
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return std::pair(bucket(a), a.choice.gram) < std::pair(bucket(b), b.choice.gram);
  });
  std::uint32_t row = 0;
  for (std::uint32_t i = 0; i <= buckets; ++i) {
    while (row < rows.size() && bucket(rows[row]) < i) {
      ++row;
    }
    Append(row, starts);
  }
  for (const Row& entry : rows) {
    AppendEntry(entry.choice, entry.part, entry.signature, entries);
  }
}

}  // namespace

void GramTable::Write(std::string* bitmap, std::string* starts, std::string* entries) {
  if (rows_.empty()) {
    return;
  }
  const auto bits =
      std::clamp(static_cast<std::uint32_t>(std::bit_width(rows_.size() * kBitsPerGram)),
                 format::kBitmapBitsMin, format::kBitmapBitsMax);
  const auto starts_bits = std::clamp(static_cast<std::uint32_t>(std::bit_width(rows_.size())), 5u,
                                      format::kStartsBitsMax);
  std::vector<std::uint32_t> words(std::size_t{1} << (bits - 5));
  for (const Row& row : rows_) {
    const std::uint32_t hash = match::GramHash(row.choice.gram, bits);
    words[hash >> 5] |= 1u << (hash & 31);
  }
  for (const std::uint32_t word : words) {
    Append(word, bitmap);
  }
  WriteBuckets(
      rows_, 1u << starts_bits,
      [&](const Row& row) { return match::GramHash(row.choice.gram, starts_bits); }, starts,
      entries);
}

void PairTable::Write(std::string* tables, std::string* starts, std::string* entries) {
  if (rows_.empty()) {
    return;
  }
  match::ShortTables built;
  for (const Row& row : rows_) {
    // Buckets by the first byte, so that few pairs of bytes fit one by chance.
    const unsigned bucket = row.choice.gram % match::kShortBuckets;
    for (unsigned i = 0; i < 4; ++i) {
      std::uint32_t value = row.choice.gram >> (8 * (i & 1)) & 0xFF;
      std::uint32_t mask = 0xFF;
      if (i >= 2) {
        // What the check knows of the bytes behind the pair.
        const bool behind = row.choice.check == 2;
        value = behind ? row.choice.value >> (8 * (i - 2)) & 0xFF : 0;
        mask = behind ? row.choice.mask >> (8 * (i - 2)) & 0xFF : 0;
      }
      built.Allow(i, bucket, static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(mask));
    }
  }
  static_assert(sizeof(built) == 4 * (128 + 16 + 16));
  tables->assign(reinterpret_cast<const char*>(&built), sizeof(built));
  WriteBuckets(
      rows_, format::kPairCount, [](const Row& row) { return row.choice.gram; }, starts, entries);
}

}  // namespace day::signatures::clamav
