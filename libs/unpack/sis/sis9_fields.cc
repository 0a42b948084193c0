#include "libs/unpack/sis/sis9_fields.h"

#include <algorithm>

namespace day::unpack::sis {
namespace {

constexpr std::uint32_t kLongLength = 0x80000000;
constexpr std::uint64_t kTypeBytes = 4;
// A length of 63 bits near the highest would overflow the position.
constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 62;

bool HoldsFields(FieldType type) {
  switch (type) {
    case FieldType::kArray:
    case FieldType::kContents:
    case FieldType::kController:
    case FieldType::kCertificateChain:
    case FieldType::kLogo:
    case FieldType::kIf:
    case FieldType::kElseIf:
    case FieldType::kInstallBlock:
    case FieldType::kData:
    case FieldType::kDataUnit:
    case FieldType::kFileData:
    case FieldType::kSignature:
    case FieldType::kSignatureCertificateChain:
      return true;
    default:
      return false;
  }
}

bool IsType(std::uint32_t type) {
  return type > 0 && type <= static_cast<std::uint32_t>(FieldType::kLast);
}

}  // namespace

FieldWalk::FieldWalk(base::Bytes data, std::uint64_t begin)
    : data_(data), position_(std::min<std::uint64_t>(begin, data.size())) {
  levels_[0].end = data.size();
}

void FieldWalk::Say(std::string_view problem) {
  if (problem_.empty()) {
    problem_ = problem;
  }
}

// Where no field can be in a field that fits, its end is where the next may be. The end of one that
// does not fit is no place to go on at.
void FieldWalk::Leave(bool is_nonsense) {
  const Level& level = levels_[depth_];
  if (!is_nonsense || level.fits) {
    position_ = std::max(position_, level.end);
  }
  --depth_;
}

// False at the end of the data.
bool FieldWalk::GoOn() {
  constexpr std::uint64_t kLengthBytes = 4;
  while (true) {
    const Level& level = levels_[depth_];
    const std::uint64_t header =
        kLengthBytes + (level.elements == FieldType::kNone ? kTypeBytes : 0);
    if (position_ < level.end && level.end - position_ >= header) {
      return true;
    }
    if (depth_ == 0) {
      return false;
    }
    Leave(false);
  }
}

std::optional<Field> FieldWalk::ReadField() {
  const Level& level = levels_[depth_];
  Field field;
  field.depth = depth_;
  field.parent = level.parent;
  std::uint64_t place = position_;
  std::uint32_t type = static_cast<std::uint32_t>(level.elements);
  if (level.elements == FieldType::kNone) {
    type = base::ReadAt<std::uint32_t>(data_, place).value_or(0);
    place += kTypeBytes;
  }
  const auto low = base::ReadAt<std::uint32_t>(data_, place);
  place += sizeof(std::uint32_t);
  if (!IsType(type) || !low) {
    return std::nullopt;
  }
  field.type = static_cast<FieldType>(type);
  field.size = *low;
  if ((*low & kLongLength) != 0) {
    const auto high = base::ReadAt<std::uint32_t>(data_, place);
    place += sizeof(std::uint32_t);
    field.size = (*low & ~kLongLength) | std::uint64_t{high.value_or(0)} << 31;
  }
  field.size = std::min(field.size, kSizeMax);
  field.offset = place;
  field.content = base::ClippedSlice(data_, place, field.size);
  field.fits = place <= level.end && field.size <= level.end - place;
  return field;
}

// False if it cannot be gone into. `behind`: where its padding ends.
bool FieldWalk::Enter(const Field& field, std::uint64_t behind) {
  if (depth_ + 1 == kDepthMax) {
    Say("damaged: fields are nested too deeply");
    return false;
  }
  Level inner;
  inner.end = field.fits ? behind : data_.size();
  inner.parent = field.type == FieldType::kArray ? field.parent : field.type;
  inner.fits = field.fits;
  std::uint64_t begin = field.offset;
  if (field.type == FieldType::kArray) {
    const std::uint32_t elements = base::ReadAt<std::uint32_t>(field.content, 0).value_or(0);
    if (!IsType(elements)) {
      if (!field.content.empty()) {
        Say("damaged: an array of no type");
      }
      return false;
    }
    inner.elements = static_cast<FieldType>(elements);
    begin += kTypeBytes;
  }
  position_ = begin;
  levels_[++depth_] = inner;
  return true;
}

std::optional<Field> FieldWalk::Next() {
  while (GoOn()) {
    const std::optional<Field> field = ReadField();
    if (!field) {
      // Behind the last field of the file there may be anything.
      if (depth_ > 0 || !is_any_) {
        Say("damaged: no field where one should be");
      }
      if (depth_ == 0) {
        return std::nullopt;
      }
      Leave(true);
      continue;
    }
    is_any_ = true;
    constexpr std::uint64_t kAlignment = 4;
    const std::uint64_t padding = (kAlignment - field->size % kAlignment) % kAlignment;
    std::uint64_t behind = levels_[depth_].end;
    if (field->fits) {
      behind = std::min(field->offset + field->size + padding, behind);
    } else {
      Say("damaged: a field is longer than what holds it");
    }
    if (!HoldsFields(field->type) || !Enter(*field, behind)) {
      position_ = behind;
    }
    return field;
  }
  return std::nullopt;
}

}  // namespace day::unpack::sis
