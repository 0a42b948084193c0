#include "libs/unpack/parts/bare_bzip2.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "libs/unpack/parts/bits.h"
#include "libs/unpack/parts/prefix_code.h"

namespace day::unpack::parts {
namespace {

constexpr std::size_t kBlockBytesMax = 900'000;
constexpr unsigned kTablesMin = 2;
constexpr unsigned kTablesMax = 6;
constexpr unsigned kSymbolsPerSelector = 50;
constexpr unsigned kLengthMax = 20;

struct Tables {
  std::vector<std::uint8_t> used;  // the bytes that occur, ascending
  std::vector<std::uint8_t> selectors;
  std::array<PrefixCode, kTablesMax> codes;
};

bool TakeUsed(MsbBits& bits, Tables& tables) {
  tables.used.clear();
  const std::uint32_t groups = bits.Take(16);
  for (unsigned group = 0; group < 16; ++group) {
    if ((groups >> (15 - group) & 1) == 0) {
      continue;
    }
    const std::uint32_t members = bits.Take(16);
    for (unsigned i = 0; i < 16; ++i) {
      if ((members >> (15 - i) & 1) != 0) {
        tables.used.push_back(static_cast<std::uint8_t>(group * 16 + i));
      }
    }
  }
  return !tables.used.empty();
}

bool TakeSelectors(MsbBits& bits, unsigned count, Tables& tables) {
  std::array<std::uint8_t, kTablesMax> order{};
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  const std::size_t selectors = bits.Take(15);
  tables.selectors.clear();
  while (tables.selectors.size() < selectors && !bits.overrun()) {
    unsigned place = 0;
    while (bits.Bit() != 0) {
      if (++place >= count) {
        return false;
      }
    }
    std::rotate(order.begin(), order.begin() + place, order.begin() + place + 1);
    tables.selectors.push_back(order[0]);
  }
  return !tables.selectors.empty();
}

bool TakeCode(MsbBits& bits, std::size_t symbols, PrefixCode& code) {
  std::vector<std::uint8_t> lengths;
  unsigned length = bits.Take(5);
  while (lengths.size() < symbols) {
    if (length < 1 || length > kLengthMax || bits.overrun()) {
      return false;
    }
    if (bits.Bit() == 0) {
      lengths.push_back(static_cast<std::uint8_t>(length));
    } else {
      length += bits.Bit() == 0 ? 1u : ~0u;
    }
  }
  return code.Build(lengths);
}

bool TakeTables(MsbBits& bits, Tables& tables) {
  if (!TakeUsed(bits, tables)) {
    return false;
  }
  const unsigned count = bits.Take(3);
  if (count < kTablesMin || count > kTablesMax || !TakeSelectors(bits, count, tables)) {
    return false;
  }
  for (unsigned i = 0; i < count; ++i) {
    if (!TakeCode(bits, tables.used.size() + 2, tables.codes[i])) {
      return false;
    }
  }
  return !bits.overrun();
}

// The symbols of a block, moved back from the front: the last column of the sorted rotations.
bool TakeColumn(MsbBits& bits, Tables& tables, std::vector<std::uint32_t>& column) {
  const std::uint32_t end = static_cast<std::uint32_t>(tables.used.size()) + 1;
  std::vector<std::uint8_t> order = tables.used;
  std::uint64_t run = 0;
  std::uint64_t run_weight = 1;
  column.clear();
  for (std::size_t count = 0;; ++count) {
    const std::size_t selector = count / kSymbolsPerSelector;
    if (selector >= tables.selectors.size() || bits.overrun()) {
      return false;
    }
    const auto symbol = tables.codes[tables.selectors[selector]].Decode(bits);
    if (!symbol) {
      return false;
    }
    if (*symbol <= 1) {  // digits of a run's length, 1 and 2
      run += run_weight << *symbol;
      run_weight <<= 1;
      if (run > kBlockBytesMax) {
        return false;
      }
      continue;
    }
    if (run > kBlockBytesMax - column.size()) {
      return false;
    }
    column.insert(column.end(), static_cast<std::size_t>(run), order[0]);
    run = 0;
    run_weight = 1;
    if (*symbol == end) {
      return true;
    }
    if (column.size() >= kBlockBytesMax) {
      return false;
    }
    const auto place = static_cast<std::ptrdiff_t>(*symbol - 1);
    std::rotate(order.begin(), order.begin() + place, order.begin() + place + 1);
    column.push_back(order[0]);
  }
}

// Undoes the sorting; four equal bytes are followed by a count of more.
void WriteBlock(std::vector<std::uint32_t>& column, std::uint32_t origin, Sink& sink) {
  std::array<std::uint32_t, 257> starts{};
  for (const std::uint32_t entry : column) {
    ++starts[(entry & 0xFF) + 1];
  }
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  for (std::uint32_t i = 0; i < column.size(); ++i) {
    column[starts[column[i] & 0xFF]++] |= i << 8;
  }
  std::uint32_t at = column[origin] >> 8;
  std::uint8_t last = 0;
  unsigned repeated = 0;
  for (std::size_t i = 0; i < column.size() && sink.ok(); ++i) {
    const auto byte = static_cast<std::uint8_t>(column[at] & 0xFF);
    at = column[at] >> 8;
    if (repeated == 4) {
      for (unsigned more = byte; more > 0 && sink.ok(); --more) {
        sink.Put(last);
      }
      repeated = 0;
      continue;
    }
    repeated = byte == last ? repeated + 1 : 1;
    last = byte;
    sink.Put(byte);
  }
}

}  // namespace

void DecodeBareBzip2(base::Bytes packed, const Bzip2Marks& marks, Sink& sink) {
  MsbBits bits(packed);
  Tables tables;
  std::vector<std::uint32_t> column;
  while (sink.ok()) {
    const std::uint32_t mark = bits.Take(marks.bits);
    if (bits.overrun()) {
      sink.End(kEndsTooEarly);
    } else if (mark == marks.end) {
      return;
    } else if (mark != marks.block) {
      sink.End("damaged: no block where one should be");
    } else {
      const std::uint32_t origin = bits.Take(24);
      if (!TakeTables(bits, tables) || !TakeColumn(bits, tables, column) ||
          origin >= column.size()) {
        sink.End(bits.overrun() ? kEndsTooEarly : "damaged: invalid bzip2 data");
        return;
      }
      WriteBlock(column, origin, sink);
    }
  }
}

}  // namespace day::unpack::parts
