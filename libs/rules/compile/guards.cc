#include "libs/rules/compile/guards.h"

#include <array>
#include <string_view>
#include <vector>

namespace day::rules::compile {
namespace {

constexpr std::string_view kPeMagic = "MZ";
constexpr std::string_view kElfMagic =
    "\x7f"
    "ELF";

// Bytes that something requires of the first positions of a file; nothing: any byte.
constexpr std::size_t kHeadSize = 4;
using Head = std::array<std::optional<std::uint8_t>, kHeadSize>;

std::string_view MagicOf(Partition partition) {
  switch (partition) {
    case Partition::kPe:
      return kPeMagic;
    case Partition::kElf:
      return kElfMagic;
    case Partition::kRest:
      return {};
  }
  return {};
}

bool Requires(const Head& head, std::string_view magic) {
  for (std::size_t i = 0; i < magic.size(); ++i) {
    if (head[i] != static_cast<std::uint8_t>(magic[i])) {
      return false;
    }
  }
  return true;
}

// Whether a file of the partition may have these bytes.
bool HeadPossible(Partition partition, const Head& head) {
  if (partition == Partition::kRest) {
    return !Requires(head, kPeMagic) && !Requires(head, kElfMagic);
  }
  const std::string_view magic = MagicOf(partition);
  for (std::size_t i = 0; i < magic.size(); ++i) {
    if (head[i].has_value() && *head[i] != static_cast<std::uint8_t>(magic[i])) {
      return false;
    }
  }
  return true;
}

struct Width {
  unsigned size = 1;
  bool is_signed = false;
  bool big_endian = false;
};

Width WidthOf(std::int64_t value) {
  return {.size = static_cast<unsigned>(value & 0xF),
          .is_signed = (value & kReadSigned) != 0,
          .big_endian = (value & kReadBigEndian) != 0};
}

// The shift of byte `i` of a read.
unsigned ShiftOf(const Width& width, unsigned i) {
  return 8 * (width.big_endian ? width.size - 1 - i : i);
}

std::int64_t Extend(std::uint64_t raw, const Width& width) {
  const unsigned unused = 64 - 8 * width.size;
  if (!width.is_signed) {
    return static_cast<std::int64_t>(raw);
  }
  return static_cast<std::int64_t>(raw << unused) >> unused;
}

// The fixed bytes a pattern starts with, as far as they are known.
std::vector<std::uint8_t> FixedPrefix(const match::PatternSpec& spec) {
  std::vector<std::uint8_t> prefix;
  if (spec.no_case || spec.wide || !spec.ascii || spec.xor_range.has_value() ||
      !spec.base64_alphabet.empty() || !spec.base64_wide_alphabet.empty()) {
    return prefix;
  }
  if (spec.kind == match::PatternSpec::Kind::kText) {
    for (const char c : spec.text.substr(0, kHeadSize)) {
      prefix.push_back(static_cast<std::uint8_t>(c));
    }
    return prefix;
  }
  const match::RegexTree& tree = spec.tree;
  if (tree.nodes.empty() || tree.no_case || tree.nodes.back().op != match::RegexTree::Op::kConcat) {
    return prefix;
  }
  for (const std::uint32_t child : tree.nodes.back().children) {
    const match::RegexTree::Node& node = tree.nodes[child];
    const bool fixed =
        node.op == match::RegexTree::Op::kByte ||
        (node.op == match::RegexTree::Op::kMasked && node.mask == 0xFF && !node.negated);
    if (!fixed || prefix.size() == kHeadSize) {
      break;
    }
    prefix.push_back(node.value);
  }
  return prefix;
}

}  // namespace

std::optional<std::int64_t> KnownRead(Partition partition, std::int64_t width,
                                      std::int64_t offset) {
  const Width w = WidthOf(width);
  const std::string_view magic = MagicOf(partition);
  if (offset < 0 || static_cast<std::uint64_t>(offset) > magic.size() ||
      magic.size() - static_cast<std::uint64_t>(offset) < w.size) {
    return std::nullopt;
  }
  std::uint64_t raw = 0;
  for (unsigned i = 0; i < w.size; ++i) {
    const auto byte = static_cast<std::uint8_t>(magic[static_cast<std::size_t>(offset) + i]);
    raw |= std::uint64_t{byte} << ShiftOf(w, i);
  }
  return Extend(raw, w);
}

bool ReadCanEqual(Partition partition, std::int64_t width, std::int64_t offset,
                  std::int64_t value) {
  const Width w = WidthOf(width);
  const std::uint64_t mask = (std::uint64_t{1} << (8 * w.size)) - 1;
  const std::uint64_t raw = static_cast<std::uint64_t>(value) & mask;
  if (offset < 0 || Extend(raw, w) != value) {
    return false;  // no file at all: the read is undefined, or the value out of its range
  }
  Head head = {};
  for (unsigned i = 0; i < w.size; ++i) {
    const std::uint64_t position = static_cast<std::uint64_t>(offset) + i;
    if (position < kHeadSize) {
      head[position] = static_cast<std::uint8_t>(raw >> ShiftOf(w, i));
    }
  }
  return HeadPossible(partition, head);
}

bool PatternCanMatchAt(Partition partition, const match::PatternSpec& spec, std::uint64_t offset) {
  if (offset >= kHeadSize) {
    return true;
  }
  Head head = {};
  std::size_t position = static_cast<std::size_t>(offset);
  for (const std::uint8_t byte : FixedPrefix(spec)) {
    if (position == kHeadSize) {
      break;
    }
    head[position++] = byte;
  }
  return HeadPossible(partition, head);
}

bool FormatPossible(Partition partition, module::Format format) {
  switch (format) {
    case module::Format::kAny:
      return true;
    case module::Format::kPe:
      return partition == Partition::kPe;
    case module::Format::kElf:
      return partition == Partition::kElf;
    case module::Format::kOther:
      return partition == Partition::kRest;
  }
  return true;
}

}  // namespace day::rules::compile
