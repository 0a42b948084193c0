#include "libs/engine/naming.h"

#include <algorithm>
#include <array>
#include <optional>

namespace day::engine {
namespace {

constexpr std::string_view kClamavEndings[] = {
    ".hdb", ".hdu", ".hsb", ".hsu", ".mdb", ".mdu", ".msb", ".msu", ".imp", ".db",
    ".ndb", ".ndu", ".sdb", ".ldb", ".ldu", ".cdb", ".zmd", ".rmd", ".idb"};
constexpr std::string_view kSignedContainers[] = {".cvd//", ".cld//"};

constexpr std::size_t kNameBytesMax = 128;

// First parts of rule identifiers that name a platform, as public collections write them.
constexpr std::array<std::string_view, 17> kPlatforms = {
    "Win32", "Win64",   "Windows",  "Linux",  "Linux32",  "Linux64", "MacOS", "OSX",  "Android",
    "Multi", "Multios", "ByteCode", "Script", "Document", "Macos",   "PHP",   "Email"};

std::string_view TextMeta(std::span<const RuleMeta> metas, std::string_view key) {
  for (const RuleMeta& meta : metas) {
    const auto* text = std::get_if<std::string_view>(&meta.value);
    if (meta.key == key && text != nullptr && !text->empty()) {
      return *text;
    }
  }
  return {};
}

std::string Clean(std::string_view name) {
  std::string clean(name.substr(0, kNameBytesMax));
  std::replace_if(
      clean.begin(), clean.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }, '?');
  return clean;
}

bool StartsWithPlatform(std::string_view identifier) {
  const std::string_view first = identifier.substr(0, identifier.find('_'));
  return first.size() < identifier.size() &&
         std::find(kPlatforms.begin(), kPlatforms.end(), first) != kPlatforms.end();
}

std::string Dotted(std::string_view identifier) {
  std::string name(identifier);
  std::replace(name.begin(), name.end(), '_', '.');
  return name;
}

// "Windows_Trojan_" of Windows_Trojan_Emotet_1a2b, or nothing.
std::string_view PlatformAndType(std::string_view identifier) {
  if (!StartsWithPlatform(identifier)) {
    return {};
  }
  const std::size_t second = identifier.find('_', identifier.find('_') + 1);
  return second == std::string_view::npos ? std::string_view{} : identifier.substr(0, second + 1);
}

std::optional<Severity> SeverityOfWord(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  for (const Severity severity :
       {Severity::kInfo, Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical}) {
    if (lower == SeverityName(severity)) {
      return severity;
    }
  }
  return lower == "informational" ? std::optional(Severity::kInfo) : std::nullopt;
}

Severity SeverityOfScore(std::int64_t score) {
  if (score >= 90) {
    return Severity::kCritical;
  }
  if (score >= 60) {
    return Severity::kHigh;
  }
  if (score >= 40) {
    return Severity::kMedium;
  }
  return score >= 20 ? Severity::kLow : Severity::kInfo;
}

}  // namespace

std::string ClamavRuleName(std::string_view identifier) {
  return "YARA." + Clean(identifier) + std::string(kUnofficialEnding);
}

bool IsUnofficialList(std::string_view provenance) {
  const std::string_view file = provenance.substr(0, provenance.rfind(':'));
  const auto has_ending = [&](std::string_view ending) { return file.ends_with(ending); };
  const auto is_inside = [&](std::string_view container) {
    return file.find(container) != std::string_view::npos;
  };
  return std::ranges::any_of(kClamavEndings, has_ending) &&
         std::ranges::none_of(kSignedContainers, is_inside);
}

std::string ThreatName(std::string_view identifier, std::span<const RuleMeta> metas) {
  if (const std::string_view name = TextMeta(metas, "threat_name"); !name.empty()) {
    return Clean(name);
  }
  for (const std::string_view key : {"family", "malware_family", "malware"}) {
    if (const std::string_view family = TextMeta(metas, key); !family.empty()) {
      return Clean(Dotted(PlatformAndType(identifier)) + std::string(family));
    }
  }
  return Clean(StartsWithPlatform(identifier) ? Dotted(identifier) : std::string(identifier));
}

Severity RuleSeverity(std::span<const RuleMeta> metas) {
  for (const std::string_view key : {"severity", "score"}) {
    for (const RuleMeta& meta : metas) {
      if (meta.key != key) {
        continue;
      }
      if (const auto* number = std::get_if<std::int64_t>(&meta.value)) {
        return SeverityOfScore(*number);
      }
      if (const auto* word = std::get_if<std::string_view>(&meta.value)) {
        if (const auto severity = SeverityOfWord(*word)) {
          return *severity;
        }
      }
    }
  }
  return Severity::kHigh;
}

Severity SignatureSeverity(std::string_view name) {
  return name.starts_with("PUA.") || name.starts_with("PUP.") ? Severity::kLow : Severity::kHigh;
}

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kLow:
      return "low";
    case Severity::kMedium:
      return "medium";
    case Severity::kHigh:
      return "high";
    case Severity::kCritical:
      break;
  }
  return "critical";
}

}  // namespace day::engine
