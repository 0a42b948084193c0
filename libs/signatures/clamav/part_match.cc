#include "libs/signatures/clamav/part_match.h"

#include <algorithm>
#include <string_view>

#include "libs/signatures/clamav/pattern_text.h"

namespace day::signatures::clamav {
namespace {

using Positions = std::vector<std::uint64_t>;

// Of looking at one start, whatever it costs to see that it is none.
constexpr std::uint64_t kStepsPerTry = 12;

std::uint8_t ByteAt(base::Bytes data, std::uint64_t at) {
  return std::to_integer<std::uint8_t>(data[static_cast<std::size_t>(at)]);
}

// ClamAV's word characters: the C locale's letters and digits.
bool IsWord(std::uint8_t byte) {
  const auto lower = static_cast<std::uint8_t>(byte | 0x20);
  return (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z');
}

bool EndsWord(std::uint8_t byte, bool on_the_left) {
  // What (B) takes for a boundary differs by side.
  constexpr std::string_view kLeft = " -./<@_";
  constexpr std::string_view kRight = "\r\n \"'-/=>_";
  return (on_the_left ? kLeft : kRight).find(static_cast<char>(byte)) != std::string_view::npos;
}

// Keeps the positions for which step() gives a further one.
template <typename Step>
void Advance(Positions& positions, const Step& step) {
  std::size_t kept = 0;
  for (const std::uint64_t position : positions) {
    if (const std::uint64_t length = step(position); length != 0) {
      positions[kept++] = position + length;
    }
  }
  positions.resize(kept);
}

void SortUnique(Positions& positions) {
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
}

bool EqualAt(base::Bytes data, std::uint64_t at, base::Bytes bytes) {
  const auto found = base::Slice(data, at, bytes.size());
  return found && std::equal(found->begin(), found->end(), bytes.begin());
}

bool EqualMasked(base::Bytes data, std::uint64_t at, base::Bytes values, base::Bytes masks) {
  const auto found = base::Slice(data, at, values.size());
  for (std::size_t i = 0; found && i < values.size(); ++i) {
    if (((*found)[i] & masks[i]) != values[i]) {
      return false;
    }
  }
  return found.has_value();
}

// Bytes that a test inside a part takes; 0: it does not hold.
std::uint64_t TestLength(Test test, bool negated, base::Bytes data, std::uint64_t at) {
  if (at >= data.size()) {
    return 0;
  }
  const std::uint8_t byte = ByteAt(data, at);
  std::uint64_t length = 0;
  if (test == Test::kLine) {
    const bool is_pair = byte == '\r' && at + 1 < data.size() && ByteAt(data, at + 1) == '\n';
    length = byte == '\n' ? 1 : (is_pair ? 2 : 0);
  } else if (test == Test::kBoundary) {
    length = EndsWord(byte, true) || EndsWord(byte, false) ? 1 : 0;
  } else {
    length = IsWord(byte) ? 0 : 1;
  }
  return negated ? (length == 0 ? 1 : 0) : length;
}

bool IsLeftEdge(Test test, bool wide, base::Bytes data, std::uint64_t start) {
  if (start == 0) {
    return true;
  }
  const std::uint8_t before = ByteAt(data, start - 1);
  if (test == Test::kBoundary) {
    return EndsWord(before, true);
  }
  if (test == Test::kLine) {
    return before == '\n';
  }
  if (wide) {
    return start < 2 || before != 0 || !IsWord(ByteAt(data, start - 2));
  }
  return !IsWord(before);
}

bool IsRightEdge(Test test, bool wide, base::Bytes data, std::uint64_t end) {
  if (end >= data.size()) {
    return true;
  }
  const std::uint8_t behind = ByteAt(data, end);
  const bool has_next = end + 1 < data.size();
  if (test == Test::kBoundary) {
    return EndsWord(behind, false);
  }
  if (test == Test::kLine) {
    return behind == '\n' || (behind == '\r' && has_next && ByteAt(data, end + 1) == '\n');
  }
  if (wide) {
    return !has_next || ByteAt(data, end + 1) != 0 || !IsWord(behind);
  }
  return !IsWord(behind);
}

// Whether the test in these bits of PartView::edges, if any, holds.
template <typename Holds>
bool EdgeFits(std::uint32_t bits, const Holds& holds) {
  const auto test = static_cast<Test>(bits & 3);
  const bool negated = (bits & format::kEdgeNegated) != 0;
  return test == Test::kNone || holds(test) != negated;
}

// Whether the far byte stands at a distance of packed min and max from `at`, to the given side.
bool HasFarByte(base::Bytes data, std::uint64_t at, std::uint32_t byte, std::uint32_t packed,
                bool left) {
  const std::uint64_t min = packed & 0xFFFF;
  const std::uint64_t max = std::min<std::uint64_t>(packed >> 16, kFarDistanceMax);
  for (std::uint64_t distance = min; distance <= max; ++distance) {
    if (left ? at < distance + 1 : at + distance >= data.size()) {
      return false;
    }
    const std::uint8_t found = ByteAt(data, left ? at - distance - 1 : at + distance);
    if ((found & (byte >> 8 & 0xFF)) == (byte & 0xFF)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool PartMatcher::RunChoices(base::ByteReader& reader, base::Bytes data, Positions& positions,
                             int nesting, Work& work) {
  const bool negated = reader.U8() != 0;
  const std::uint64_t length = reader.U32();
  const std::uint32_t count = reader.U16();
  base::ByteReader choices(reader.Take(reader.U32()));
  Positions found;
  std::vector<base::Bytes> codes;
  for (std::uint32_t i = 0; i < count && choices.remaining() > 0; ++i) {
    codes.push_back(choices.Take(choices.U32()));
  }
  if (!choices.ok()) {
    return false;
  }
  if (!negated) {
    for (const base::Bytes code : codes) {
      Positions reached = positions;
      if (Run(code, data, reached, nesting + 1, work)) {
        found.insert(found.end(), reached.begin(), reached.end());
      }
    }
    SortUnique(found);
  } else {
    for (const std::uint64_t position : positions) {
      bool is_one = length == 0 || !base::Slice(data, position, length);
      for (std::size_t i = 0; i < codes.size() && !is_one; ++i) {
        Positions reached = {position};
        is_one = Run(codes[i], data, reached, nesting + 1, work);
      }
      if (!is_one) {
        found.push_back(position + length);
      }
    }
  }
  positions = std::move(found);
  return !positions.empty() && !work.stopped();
}

bool PartMatcher::Run(base::Bytes code, base::Bytes data, Positions& positions, int nesting,
                      Work& work) {
  if (nesting > static_cast<int>(kNestingMax) + 1) {
    return false;
  }
  base::ByteReader reader(code);
  while (reader.remaining() > 0) {
    if (!work.Spend(1 + positions.size())) {
      return false;
    }
    switch (static_cast<format::Op>(reader.U8())) {
      case format::Op::kLiteral: {
        const base::Bytes bytes = reader.Take(reader.U16());
        Advance(positions, [&](std::uint64_t at) -> std::uint64_t {
          return EqualAt(data, at, bytes) ? bytes.size() : 0;
        });
        break;
      }
      case format::Op::kMasked: {
        const std::uint16_t size = reader.U16();
        const base::Bytes values = reader.Take(size);
        const base::Bytes masks = reader.Take(size);
        Advance(positions, [&](std::uint64_t at) -> std::uint64_t {
          return masks.size() == values.size() && EqualMasked(data, at, values, masks)
                     ? values.size()
                     : 0;
        });
        break;
      }
      case format::Op::kAny: {
        const std::uint32_t size = reader.U32();
        Advance(positions, [&](std::uint64_t at) -> std::uint64_t {
          return base::Slice(data, at, size) ? size : 0;
        });
        break;
      }
      case format::Op::kChoices:
        if (!RunChoices(reader, data, positions, nesting, work)) {
          return false;
        }
        break;
      case format::Op::kTest: {
        const auto test = static_cast<Test>(reader.U8() & 3);
        const bool negated = reader.U8() != 0;
        Advance(positions, [&](std::uint64_t at) { return TestLength(test, negated, data, at); });
        SortUnique(positions);
        break;
      }
      default:
        return false;
    }
    if (positions.empty() || !reader.ok()) {
      return false;
    }
  }
  return reader.ok();
}

bool PartMatcher::EndsAt(const PartView& part, base::Bytes data, std::uint64_t start, Work& work,
                         Positions& ends) {
  ends.clear();
  if (!work.Spend(kStepsPerTry)) {
    return false;
  }
  const bool wide = (part.edges & format::kPartIsWide) != 0;
  if (start > data.size() || !EdgeFits(part.edges >> format::kEdgeLeftShift, [&](Test test) {
        return IsLeftEdge(test, wide, data, start);
      })) {
    return false;
  }
  if ((part.edges & format::kPartHasFarLeft) != 0 &&
      !HasFarByte(data, start, part.far_bytes & 0xFFFF, part.far_left, true)) {
    return false;
  }
  ends.push_back(start);
  if (!Run(part.code, data, ends, 0, work)) {
    ends.clear();
    return false;
  }
  const auto fits = [&](std::uint64_t end) {
    return EdgeFits(part.edges >> format::kEdgeRightShift,
                    [&](Test test) { return IsRightEdge(test, wide, data, end); }) &&
           ((part.edges & format::kPartHasFarRight) == 0 ||
            HasFarByte(data, end, part.far_bytes >> 16, part.far_right, false));
  };
  ends.erase(
      std::remove_if(ends.begin(), ends.end(), [&](std::uint64_t end) { return !fits(end); }),
      ends.end());
  return !ends.empty();
}

}  // namespace day::signatures::clamav
