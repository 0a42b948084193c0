#include "libs/volumes/volume_names.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace day::volumes {
namespace {

constexpr std::size_t kNumberDigitsMax = 5;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }
char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

// Whether `name`, which has more than that, ends so, in whatever case.
bool EndsWith(std::string_view name, std::string_view ending) {
  return name.size() > ending.size() &&
         std::equal(ending.begin(), ending.end(), name.end() - static_cast<long>(ending.size()),
                    [](char a, char b) { return a == ToLower(b); });
}

// Takes the number off the end of `name`; nothing if there is none, or 0.
struct Number {
  std::uint32_t value = 0;
  std::size_t digits = 0;
  bool is_padded = false;
};
std::optional<Number> TakeNumber(std::string_view& name) {
  std::size_t begin = name.size();
  while (begin > 0 && IsDigit(name[begin - 1])) {
    --begin;
  }
  const std::string_view text = name.substr(begin);
  Number number;
  number.digits = text.size();
  if (text.empty() || text.size() > kNumberDigitsMax) {
    return std::nullopt;
  }
  std::from_chars(text.data(), text.data() + text.size(), number.value);
  number.is_padded = text.front() == '0';
  name.remove_suffix(text.size());
  return number;
}

std::string Padded(std::size_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

// "a.z01", "a.r00", "a.001": by what stands in front of the number.
std::vector<VolumeNames> OfNumber(std::string_view name) {
  using Scheme = VolumeNames::Scheme;
  const auto number = TakeNumber(name);
  if (!number || number->digits < 2 || name.size() < 2) {
    return {};
  }
  const char last = name.back();
  const auto make = [&](Scheme scheme, std::size_t left_out) {
    VolumeNames names;
    names.scheme = scheme;
    names.stem = name.substr(0, name.size() - left_out);
    names.is_upper = IsUpper(last);
    return std::vector<VolumeNames>{std::move(names)};
  };
  if (last == '.' && number->digits == 3 && number->value > 0) {
    return make(Scheme::kNumbered, 1);
  }
  if (name.size() < 3 || name[name.size() - 2] != '.') {
    return {};
  }
  const char letter = ToLower(last);
  if (letter == 'z' && number->value > 0) {
    return make(Scheme::kZip, 2);
  }
  return letter >= 'r' && letter <= 'y' && number->digits == 2 ? make(Scheme::kRar, 2)
                                                               : std::vector<VolumeNames>();
}

std::vector<VolumeNames> OfRar(std::string_view name, bool is_upper) {
  using Scheme = VolumeNames::Scheme;
  std::vector<VolumeNames> found;
  std::string_view rest = name;
  const auto number = TakeNumber(rest);
  if (number && number->value > 0 && EndsWith(rest, ".part")) {
    found.push_back({Scheme::kRarParts, std::string(rest), number->digits, is_upper});
    if (number->digits > 1 && !number->is_padded) {
      found.push_back({Scheme::kRarParts, std::string(rest), 1, is_upper});
    }
  }
  found.push_back({Scheme::kRar, std::string(name), 2, is_upper});
  return found;
}

std::string InCase(std::string_view ending, bool is_upper) {
  std::string text(ending);
  if (is_upper) {
    std::transform(text.begin(), text.end(), text.begin(), ToUpper);
  }
  return text;
}

}  // namespace

std::vector<VolumeNames> VolumeNames::Of(std::string_view name) {
  constexpr std::size_t kEnding = 4;
  if (name.size() <= kEnding) {
    return {};
  }
  const bool is_upper = IsUpper(name.back());
  const std::string_view stem = name.substr(0, name.size() - kEnding);
  switch (ToLower(name.back())) {
    case 'p':
      return EndsWith(name, ".zip")
                 ? std::vector<VolumeNames>{{Scheme::kZip, std::string(stem), 2, is_upper}}
                 : std::vector<VolumeNames>();
    case 'r':
    case 'b': {
      if (EndsWith(name, ".rar")) {
        return OfRar(stem, is_upper);
      }
      std::string_view rest = stem;
      if (!(EndsWith(name, ".hdr") || EndsWith(name, ".cab")) || !TakeNumber(rest)) {
        return {};
      }
      return {{Scheme::kInstallshield, std::string(rest), 1, is_upper}};
    }
    default:
      return IsDigit(name.back()) ? OfNumber(name) : std::vector<VolumeNames>();
  }
}

std::string VolumeNames::Lead() const {
  switch (scheme) {
    case Scheme::kZip:
      return stem + InCase(".zip", is_upper);
    case Scheme::kNumbered:
      return stem + ".001";
    case Scheme::kRarParts:
      return stem + Padded(1, digits) + InCase(".rar", is_upper);
    case Scheme::kRar:
      return stem + InCase(".rar", is_upper);
    case Scheme::kInstallshield:
      return stem + "1" + InCase(".hdr", is_upper);
  }
  return {};
}

std::string VolumeNames::Follower(std::size_t index) const {
  constexpr std::size_t kOfOneLetter = 100;
  constexpr std::size_t kLetters = 8;  // r to y: z is zip's
  switch (scheme) {
    case Scheme::kZip:
      return stem + InCase(".z", is_upper) + Padded(index + 1, 2);
    case Scheme::kNumbered:
      return index + 2 < 1000 ? stem + "." + Padded(index + 2, 3) : std::string();
    case Scheme::kRarParts:
      return stem + Padded(index + 2, digits) + InCase(".rar", is_upper);
    case Scheme::kRar: {
      const char letter = static_cast<char>((is_upper ? 'R' : 'r') + index / kOfOneLetter);
      return index < kLetters * kOfOneLetter ? stem + "." + letter + Padded(index % kOfOneLetter, 2)
                                             : std::string();
    }
    case Scheme::kInstallshield:
      return stem + std::to_string(index + 1) + InCase(".cab", is_upper);
  }
  return {};
}

}  // namespace day::volumes
