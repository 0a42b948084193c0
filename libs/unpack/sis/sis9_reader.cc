#include "libs/unpack/sis/sis9_reader.h"

#include <algorithm>

#include "libs/unpack/inflate/zlib.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::sis {
namespace {

constexpr std::uint32_t kUid1 = 0x10201A7A;
constexpr std::uint32_t kOlderUid3 = 0x10000419;
constexpr std::uint64_t kUidBytes = 16;  // three UIDs and their checksum

// A compressed field: the method, the plain size, the data.
constexpr std::uint64_t kCompressedHeadBytes = 12;
constexpr std::uint64_t kFieldHeadBytes = 8;
constexpr std::uint32_t kStored = 0;
constexpr std::uint32_t kZlib = 1;

constexpr std::uint64_t kNameBytesMax = 2048;
constexpr std::uint64_t kStepsPerField = 10;

// "!:\folder\file" in UTF-16 is a path on the telephone.
std::string NameOf(base::Bytes text) {
  std::string name;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    name += static_cast<char>(text[i]);
  }
  return name.substr(name.find_last_of("/\\") + 1);
}

bool IsZlib(base::Bytes data) {
  constexpr unsigned kMethodMask = 0x0F;
  constexpr unsigned kDeflate = 8;
  constexpr unsigned kCheck = 31;
  const auto head = base::ReadAt<std::uint16_t>(data, 0, base::Endian::kBig);
  return head && (*head >> 8 & kMethodMask) == kDeflate && *head % kCheck == 0;
}

// Whether the bytes at `offset` are the head of a compressed field beyond doubt.
std::optional<Field> CompressedAt(base::Bytes file, std::uint64_t offset) {
  Field field;
  field.type = FieldType::kCompressed;
  field.offset = offset + kFieldHeadBytes;
  field.size = base::ReadAt<std::uint32_t>(file, offset + 4).value_or(0);
  field.content = base::ClippedSlice(file, field.offset, field.size);
  field.fits = field.content.size() == field.size;
  const auto method = base::ReadAt<std::uint32_t>(field.content, 0);
  const auto size = base::ReadAt<std::uint64_t>(field.content, 4);
  if (!method || !size || field.size < kCompressedHeadBytes) {
    return std::nullopt;
  }
  const std::uint64_t packed = field.size - kCompressedHeadBytes;
  const bool is_zlib =
      *method == kZlib &&
      IsZlib(base::ClippedSlice(field.content, kCompressedHeadBytes, inflate::kZlibHeaderBytes));
  return is_zlib || (*method == kStored && *size == packed) ? std::optional(field) : std::nullopt;
}

}  // namespace

// Of an older file UID1 may be anything; at the place of the first field's type it has its
// checksum, and how many languages there are.
bool Sis9Reader::IsSis9(base::Bytes file) {
  constexpr std::uint64_t kUid3Offset = 8;
  constexpr auto kContents = static_cast<std::uint32_t>(FieldType::kContents);
  return base::ReadAt<std::uint32_t>(file, 0) == kUid1 &&
         (base::ReadAt<std::uint32_t>(file, kUid3Offset) != kOlderUid3 ||
          base::ReadAt<std::uint32_t>(file, kUidBytes) == kContents);
}

Sis9Reader::Sis9Reader(base::Bytes file)
    : file_(file), walk_(file, kUidBytes), searched_(kUidBytes) {}

std::string Sis9Reader::NextName() { return "(file " + std::to_string(++files_) + ")"; }

void Sis9Reader::Given(const Field& field) {
  // A length that lies may hide others: of such a field only the head is passed over.
  const std::uint64_t size = field.fits ? field.size : std::min(field.size, kCompressedHeadBytes);
  given_.emplace_back(field.offset - std::min(field.offset, kFieldHeadBytes), field.offset + size);
}

// Takes the file's description, or the data unit of those that a controller described.
void Sis9Reader::Learn(const Field& field) {
  constexpr std::uint64_t kIndexBytes = 4;  // the last of a description
  if (field.type == FieldType::kDataIndex) {
    if (const auto unit = base::ReadAt<std::uint32_t>(field.content, 0)) {
      Assign(*unit, field.depth);
    }
    return;
  }
  if (field.type != FieldType::kFileDescription || !field.fits || field.size < kIndexBytes ||
      described_.size() + names_.size() >= kNamesMax) {
    return;
  }
  FieldWalk walk(field.content, 0);
  const std::optional<Field> target = walk.Next();
  if (target && target->type == FieldType::kString && target->fits) {
    const auto index = base::ReadAt<std::uint32_t>(field.content, field.size - kIndexBytes);
    described_.push_back({field.depth, index.value_or(0),
                          NameOf(base::ClippedSlice(target->content, 0, kNameBytesMax))});
  }
}

// Those at `depth` or deeper belong to the controller whose data unit this is.
void Sis9Reader::Assign(std::uint32_t unit, unsigned depth) {
  while (!described_.empty() && described_.back().depth >= depth) {
    names_.emplace(Place{unit, described_.back().index}, std::move(described_.back().name));
    described_.pop_back();
  }
}

void Sis9Reader::LearnNames(base::Bytes controller) {
  FieldWalk walk(controller, 0);
  while (const std::optional<Field> field = walk.Next()) {
    Learn(*field);
  }
  Assign(0, 0);
}

parts::Member Sis9Reader::ReadCompressed(const Field& field, std::string name, base::Budget& budget,
                                         inflate::OutputBuffer& buffer) {
  const auto method = base::ReadAt<std::uint32_t>(field.content, 0);
  const auto size = base::ReadAt<std::uint64_t>(field.content, 4);
  const base::Bytes data =
      base::ClippedSlice(field.content, kCompressedHeadBytes, field.content.size());
  // Whatever the method says: a zlib stream that is not of the plain size is none that is stored.
  const bool is_zlib = method == kZlib || (IsZlib(data) && size != data.size());
  parts::Member member;
  if (is_zlib) {
    member.name = std::move(name);
    buffer.Clear();
    member.gap = inflate::InflateZlib(inflater_, data, budget, buffer);
    member.content = buffer.bytes();
    if (member.gap.empty() && !IsZlib(data)) {
      member.gap = "damaged: the data is no zlib stream";
    }
  } else {
    member = parts::StoredMember(std::move(name), data, budget);
  }
  if (member.gap.empty() && method && method != kStored && method != kZlib) {
    member.gap = "unsupported: compression " + std::to_string(*method);
  }
  if (member.gap.empty() && (!size || field.content.size() < field.size)) {
    member.gap = parts::kEndsTooEarly;
  }
  if (member.gap.empty() && size != member.content.size()) {
    member.gap = "damaged: the size is not the declared one";
  }
  member.facts = parts::MemberFacts{
      .packed_size = data.size(), .size = size.value_or(0), .crc32 = std::nullopt};
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

// The next field of the tree that has content, or nothing at its end.
std::optional<parts::Member> Sis9Reader::Walk(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (const std::optional<Field> field = walk_.Next()) {
    if (!budget.SpendSteps(kStepsPerField)) {
      problem_ = parts::LimitReason(budget.exceeded());
      return std::nullopt;
    }
    switch (field->type) {
      case FieldType::kDataUnit:
        ++units_;
        unit_files_ = 0;
        break;
      case FieldType::kFileData:
        ++unit_files_;
        break;
      case FieldType::kFileDescription:
      case FieldType::kDataIndex:
        Learn(*field);
        break;
      case FieldType::kBlob:
        Given(*field);
        return parts::StoredMember("(blob)", field->content, budget);
      case FieldType::kCompressed: {
        Given(*field);
        if (field->parent == FieldType::kContents) {
          parts::Member member = ReadCompressed(*field, "(controller)", budget, buffer);
          LearnNames(member.content);
          return member;
        }
        std::string name = NextName();
        const auto known = names_.find({units_ - 1, unit_files_ - 1});
        if (field->parent == FieldType::kFileData && known != names_.end() &&
            !known->second.empty()) {
          name = known->second;
        }
        return ReadCompressed(*field, std::move(name), budget, buffer);
      }
      default:
        break;
    }
  }
  is_walked_ = true;
  problem_ = walk_.problem();
  return std::nullopt;
}

// The next head of a compressed field in what the walk has not given.
std::optional<parts::Member> Sis9Reader::Search(base::Budget& budget,
                                                inflate::OutputBuffer& buffer) {
  using std::string_view_literals::operator""sv;
  const std::string_view text = base::AsText(file_);
  while (searched_ < file_.size()) {
    const std::size_t found = text.find("\3\0\0\0"sv, searched_);
    if (found == std::string_view::npos) {
      break;
    }
    while (given_before_ < given_.size() && given_[given_before_].second <= found) {
      ++given_before_;
    }
    if (given_before_ < given_.size() && given_[given_before_].first <= found) {
      searched_ = given_[given_before_].second;
      continue;
    }
    if (!budget.SpendSteps(kStepsPerField)) {
      problem_ = parts::LimitReason(budget.exceeded());
      break;
    }
    searched_ = found + 1;
    if (const std::optional<Field> field = CompressedAt(file_, found)) {
      searched_ = found + kFieldHeadBytes + (field->fits ? field->size : kCompressedHeadBytes);
      return ReadCompressed(*field, NextName(), budget, buffer);
    }
  }
  searched_ = file_.size();
  return std::nullopt;
}

std::optional<parts::Member> Sis9Reader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (!is_walked_) {
    if (std::optional<parts::Member> member = Walk(budget, buffer)) {
      return member;
    }
  }
  return Search(budget, buffer);
}

}  // namespace day::unpack::sis
