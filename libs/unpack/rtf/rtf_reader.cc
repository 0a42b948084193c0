#include "libs/unpack/rtf/rtf_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/document/ole_object.h"
#include "libs/unpack/document/text.h"

namespace day::unpack::rtf {
namespace {

using document::Part;
using std::string_view_literals::operator""sv;

constexpr std::string_view kCompoundMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv;
constexpr std::int64_t kNumberMax = 0x7FFFFFFF;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexValue(char c) {
  if (IsDigit(c)) {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Two digits at `at`, or nothing.
std::optional<std::uint32_t> HexByte(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || HexValue(text[at]) < 0 || HexValue(text[at + 1]) < 0) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(HexValue(text[at]) * 16 + HexValue(text[at + 1]));
}

// How many raw bytes follow \binN: as many as it says, if they are there.
std::size_t RawBytes(const Control& control, std::string_view text) {
  const std::int64_t count = control.word == "bin" ? control.number.value_or(0) : 0;
  const bool fits = count > 0 && static_cast<std::uint64_t>(count) <= text.size() - control.next;
  return fits ? static_cast<std::size_t>(count) : 0;
}

}  // namespace

// Other readers compare the words of objects without their case.
bool IsSameWord(std::string_view word, std::string_view lower) {
  return word.size() == lower.size() &&
         std::equal(word.begin(), word.end(), lower.begin(),
                    [](char c, char l) { return static_cast<char>(c | 0x20) == l; });
}

Control ReadControl(std::string_view text, std::size_t at) {
  Control control;
  std::size_t end = at + 1;
  if (end >= text.size() || !IsLetter(text[end])) {
    control.word = text.substr(end, 1);
    control.next = std::min(end + 1, text.size());
    return control;
  }
  while (end < text.size() && IsLetter(text[end])) {
    ++end;
  }
  control.word = text.substr(at + 1, end - at - 1);
  const bool is_negative = end + 1 < text.size() && text[end] == '-' && IsDigit(text[end + 1]);
  end += is_negative ? 1 : 0;
  for (; end < text.size() && IsDigit(text[end]); ++end) {
    const std::int64_t number = control.number.value_or(0) * 10 + (text[end] - '0');
    control.number = std::min(number, kNumberMax);
  }
  if (is_negative && control.number) {
    control.number = -*control.number;
  }
  control.next = end < text.size() && text[end] == ' ' ? end + 1 : end;
  return control;
}

void RtfReader::Reading::Digit(int value) {
  if (nibble < 0) {
    nibble = value;
  } else {
    bytes += static_cast<char>(nibble * 16 + value);
    nibble = -1;
  }
}

std::optional<Part> RtfReader::Next(base::Budget& budget, inflate::Inflater&,
                                    inflate::OutputBuffer&) {
  while (true) {
    if (!queue_.empty()) {
      Queued queued = std::move(queue_.back());
      queue_.pop_back();
      Part part = document::PaidPart(std::move(queued.name), queued.content, budget);
      if (part.gap.empty() && queued.is_cut) {
        part.gap = "damaged: the object is cut";
      }
      return part;
    }
    std::size_t from = at_;
    if (!inner_objects_.empty()) {
      from = inner_objects_.back();
      inner_objects_.pop_back();
      data_ = Data::kObject;
      if (rescans_++ >= kRescansMax || !budget.SpendSteps(text_.size() - from).ok()) {
        problem_ = "limit rtf_rescans_max";
        inner_objects_.clear();
        continue;
      }
      const std::size_t at = std::exchange(at_, from);
      ReadDigits(from);
      at_ = at;
    } else if (FindData()) {
      ReadDigits(at_);
    } else {
      return LastParts(budget);
    }
    QueueParts();
  }
}

// Goes on to the digits behind the next \objdata, \pict or their like; false at the end.
bool RtfReader::FindData() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '{') {
      ++depth_;
      ++at_;
    } else if (c == '}') {
      ++at_;
      depth_ -= depth_ > 0 ? 1 : 0;
      if (depth_ == 0 && document_end_ == 0) {
        document_end_ = at_;
      }
    } else if (c == '\\') {
      const Control control = ReadControl(text_, at_);
      at_ = control.next;
      if (IsSameWord(control.word, "objdata") || control.word == "pict" ||
          control.word == "datastore" || control.word == "themedata") {
        data_ = IsSameWord(control.word, "objdata") ? Data::kObject
                : control.word == "pict"            ? Data::kPicture
                                                    : Data::kOther;
        return true;
      }
      AddText(control);
      at_ += RawBytes(control, text_);
    } else {
      if (c != '\r' && c != '\n') {
        if (skip_after_unicode_ > 0) {
          --skip_after_unicode_;
        } else {
          document::AppendUtf8(static_cast<unsigned char>(c), plain_);
        }
      }
      ++at_;
    }
  }
  return false;
}

// What a control word means for the text.
void RtfReader::AddText(const Control& control) {
  if (control.word == "'") {
    if (const auto byte = HexByte(text_, control.next)) {
      at_ = control.next + 2;
      if (skip_after_unicode_ > 0) {
        --skip_after_unicode_;
      } else {
        document::AppendUtf8(*byte, plain_);
      }
    }
  } else if (control.word == "u" && control.number) {
    // Negative above 32,767; one character for readers that know no Unicode follows.
    document::AppendUtf8(static_cast<std::uint32_t>(*control.number & 0xFFFF), plain_);
    skip_after_unicode_ = 1;
  } else if (control.word == "par" || control.word == "line" || control.word == "row") {
    plain_ += '\n';
  } else if (control.word == "tab" || control.word == "cell") {
    plain_ += '\t';
  } else if (control.word == "\\" || control.word == "{" || control.word == "}") {
    plain_ += control.word;
  }
}

// Reads the data from `from` up to the end of the group it stands in; at_ is that end.
void RtfReader::ReadDigits(std::size_t from) {
  readings_ = {};
  auto& [all, outer, not_ignored] = readings_;
  std::uint64_t inner = 0;    // groups around, within the data
  std::uint64_t ignored = 0;  // of them, from the outermost "{\*" on
  for (at_ = from; at_ < text_.size();) {
    const char c = text_[at_];
    if (c == '{') {
      ++inner;
      const bool is_ignorable = text_.substr(at_ + 1, 2) == "\\*";
      ignored += ignored > 0 || is_ignorable ? 1 : 0;
      ++at_;
    } else if (c == '}') {
      if (inner == 0) {
        return;  // the brace is FindData()'s
      }
      --inner;
      ignored -= ignored > 0 ? 1 : 0;
      ++at_;
    } else if (c == '\\') {
      const Control control = ReadControl(text_, at_);
      at_ = control.next;
      if (IsSameWord(control.word, "objdata") && inner_objects_.size() <= kRescansMax) {
        inner_objects_.push_back(at_);
      }
      if (control.word == "'") {
        at_ += HexByte(text_, at_) ? 2u : 0u;
        outer.nibble = -1;
      }
      const std::string_view raw = text_.substr(at_, RawBytes(control, text_));
      if (!raw.empty()) {
        for (Reading& reading : readings_) {
          reading.nibble = -1;
          reading.bytes += raw;
        }
        at_ += raw.size();
      }
    } else {
      const int value = HexValue(c);
      if (value >= 0) {
        all.Digit(value);
        if (inner == 0) {
          outer.Digit(value);
        }
        if (ignored == 0) {
          not_ignored.Digit(value);
        }
      }
      ++at_;
    }
  }
}

void RtfReader::QueueParts() {
  const std::string number = std::to_string(data_ == Data::kObject    ? ++objects_
                                            : data_ == Data::kPicture ? ++pictures_
                                                                      : ++others_);
  if (data_ != Data::kObject) {
    const base::Bytes bytes = base::AsBytes(readings_[2].bytes);
    if (!bytes.empty()) {
      queue_.push_back({(data_ == Data::kPicture ? "picture " : "data ") + number, bytes});
    }
    return;
  }
  for (std::size_t i = 0; i < readings_.size(); ++i) {
    const std::string& bytes = readings_[i].bytes;
    const bool is_new =
        std::none_of(readings_.begin(), readings_.begin() + static_cast<std::ptrdiff_t>(i),
                     [&](const Reading& other) { return other.bytes == bytes; });
    if (is_new && !bytes.empty()) {
      QueueObject("object " + number, base::AsBytes(bytes));
    }
  }
}

void RtfReader::QueueObject(const std::string& name, base::Bytes bytes) {
  const auto object = document::ReadOleObject(bytes);
  if (object) {
    if (const auto file = document::ReadPackage(object->native)) {
      const std::string file_name = file->name.empty() ? "(file)" : file->name;
      queue_.push_back({name + "//" + file_name, file->data, file->is_cut});
    } else {
      queue_.push_back({name + "//(native data)", object->native, object->is_cut});
    }
  } else {
    // A header that lies does not keep Word from the compound file behind it.
    const std::size_t at = base::AsText(bytes).find(kCompoundMagic);
    if (at != std::string_view::npos) {
      queue_.push_back({name + "//(native data)", bytes.subspan(at)});
    }
  }
  queue_.push_back({name, bytes});
}

std::optional<Part> RtfReader::LastParts(base::Budget& budget) {
  if (!std::exchange(text_given_, true) && !plain_.empty()) {
    return document::PaidPart("(text)", base::AsBytes(plain_), budget);
  }
  if (!std::exchange(trailing_given_, true) && document_end_ > 0) {
    const std::string_view rest = text_.substr(document_end_);
    if (rest.find_first_not_of(" \t\r\n\0"sv) != std::string_view::npos) {
      return document::PaidPart("(trailing data)", base::AsBytes(rest), budget);
    }
  }
  return std::nullopt;
}

}  // namespace day::unpack::rtf
