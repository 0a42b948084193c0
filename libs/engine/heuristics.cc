#include "libs/engine/heuristics.h"

#include <algorithm>

#include "libs/engine/program_facts.h"
#include "libs/formats/elf/soundness.h"
#include "libs/formats/image/soundness.h"
#include "libs/formats/pe/soundness.h"
#include "libs/formats/structured/structured_data.h"

namespace day::engine {
namespace {

namespace structured = formats::structured;

constexpr std::string_view kEncrypted = "encrypted";

constexpr std::string_view kUnwantedPrefix = "PUA.";
constexpr std::string_view kPhishingPrefixes[] = {"HTML.Phishing", "Email.Phishing"};
constexpr std::string_view kUnwantedEndings[] = {".hdu", ".hsu", ".mdu", ".msu", ".ndu", ".ldu"};

struct LimitAlert {
  std::string_view reason;
  std::string_view name;
};
// Limits that ClamAV has under another name, or that stand for one of it.
constexpr LimitAlert kLimits[] = {
    {"limit file_bytes_max", "Heuristics.Limits.Exceeded.MaxFileSize"},
    {"limit bytes_out_max", "Heuristics.Limits.Exceeded.MaxScanSize"},
    {"limit ratio_max", "Heuristics.Limits.Exceeded.MaxScanSize"},
    {"limit files_max", "Heuristics.Limits.Exceeded.MaxFiles"},
    {"limit depth_max", "Heuristics.Limits.Exceeded.MaxRecursion"},
    {"limit steps_max", "Heuristics.Limits.Exceeded.MaxScanTime"},
    {"timeout", "Heuristics.Limits.Exceeded.MaxScanTime"},
};

std::string_view EncryptedName(FileType type, const HeuristicOptions& options) {
  if (type == FileType::kPdf || type == FileType::kOle2) {
    if (!options.encrypted_documents) {
      return {};
    }
    return type == FileType::kPdf ? "Heuristics.Encrypted.PDF" : "Heuristics.Encrypted.OLE2";
  }
  if (!options.encrypted_archives) {
    return {};
  }
  switch (type) {
    case FileType::kZip:
      return "Heuristics.Encrypted.Zip";
    case FileType::kRar:
      return "Heuristics.Encrypted.RAR";
    case FileType::k7z:
      return "Heuristics.Encrypted.7Zip";
    case FileType::kEgg:
      return "Heuristics.Encrypted.EGG";
    default:
      return "Heuristics.Encrypted.Archive";  // ClamAV has no name for others
  }
}

bool IsBrokenProgram(base::Bytes data, FileType type) {
  switch (type) {
    case FileType::kPe:
    case FileType::kDos:
      return formats::pe::IsBroken(data);
    case FileType::kElf:
      return formats::elf::IsBroken(data);
    case FileType::kMachO:
      return !ReadProgramFacts(data, type).parsed;
    default:
      return false;
  }
}

// The alert for what is wrong with a picture, or empty.
std::string_view BrokenMedia(base::Bytes data, FileType type) {
  switch (type) {
    case FileType::kGif:
      return formats::image::GifFault(data);
    case FileType::kPng:
      return formats::image::PngFault(data);
    case FileType::kJpeg:
      return formats::image::JpegFault(data);
    case FileType::kTiff:
      return formats::image::TiffFault(data);
    default:
      return {};
  }
}

void AlertsOfText(std::string_view text, const HeuristicOptions& options,
                  std::vector<Finding>& findings) {
  const auto mode =
      options.credit_cards_only ? structured::CardMode::kCreditOnly : structured::CardMode::kAll;
  const auto format = options.ssn_format == 0   ? structured::SsnFormat::kNormal
                      : options.ssn_format == 1 ? structured::SsnFormat::kStripped
                                                : structured::SsnFormat::kBoth;
  const std::uint64_t cards = options.card_count_min;
  const std::uint64_t ssns = options.ssn_count_min;
  if (cards > 0 && structured::CountCards(text, mode, cards) >= cards) {
    findings.push_back(MakeAlert("Heuristics.Structured.CreditCardNumber"));
  }
  if (ssns > 0 && structured::CountSsns(text, format, ssns) >= ssns) {
    findings.push_back(MakeAlert("Heuristics.Structured.SSN"));
  }
}

bool IsOfUnwantedFile(const Finding& finding) {
  if (finding.source != Finding::Source::kHash && finding.source != Finding::Source::kSignature) {
    return false;
  }
  const std::string_view file =
      std::string_view(finding.provenance).substr(0, finding.provenance.rfind(':'));
  return std::any_of(std::begin(kUnwantedEndings), std::end(kUnwantedEndings),
                     [&](std::string_view ending) { return file.ends_with(ending); });
}

bool IsPhishingSignature(const Finding& finding) {
  return finding.source == Finding::Source::kSignature &&
         std::any_of(std::begin(kPhishingPrefixes), std::end(kPhishingPrefixes),
                     [&](std::string_view prefix) { return finding.name.rfind(prefix, 0) == 0; });
}

// "Win" and "Win.Packer" are categories of PUA.Win.Packer.Upx-1.
bool IsOfCategory(std::string_view name, const std::vector<std::string>& categories) {
  if (!name.starts_with(kUnwantedPrefix)) {
    return false;
  }
  name.remove_prefix(kUnwantedPrefix.size());
  return std::any_of(categories.begin(), categories.end(), [&](const std::string& category) {
    return name.starts_with(category) && name.substr(category.size()).starts_with('.');
  });
}

}  // namespace

bool IsText(FileType type) { return type >= FileType::kXml && type <= FileType::kText; }

std::string_view AlertOfGap(std::string_view reason, FileType type,
                            const HeuristicOptions& options) {
  if (reason.starts_with(kEncrypted)) {
    return EncryptedName(type, options);
  }
  if (!options.exceeded_limits) {
    return {};
  }
  const auto* found = std::find_if(std::begin(kLimits), std::end(kLimits),
                                   [&](const LimitAlert& limit) { return limit.reason == reason; });
  return found == std::end(kLimits) ? std::string_view() : found->name;
}

bool IsWanted(std::string_view alert, const HeuristicOptions& options) {
  if (alert.starts_with("Heuristics.Limits.")) {
    return options.exceeded_limits;
  }
  const bool is_of_disk = alert.find("Partition") != std::string_view::npos;
  return !alert.empty() && (is_of_disk ? options.crossing_partitions : options.deceptive);
}

void AlertsOfObject(base::Bytes data, FileType type, FileType parent, Origin origin,
                    const HeuristicOptions& options, std::vector<Finding>& findings) {
  if (options.macros && (origin == Origin::kVbaMacro || origin == Origin::kXlmMacro)) {
    findings.push_back(MakeAlert(origin == Origin::kVbaMacro
                                     ? "Heuristics.OLE2.ContainsMacros.VBA"
                                     : "Heuristics.OLE2.ContainsMacros.XLM"));
  }
  // What is decoded from a text may begin with "MZ" by chance.
  const bool by_chance = type == FileType::kDos && IsText(parent);
  if (options.broken && !by_chance && IsBrokenProgram(data, type)) {
    findings.push_back(MakeAlert("Heuristics.Broken.Executable"));
  }
  if (options.broken_media) {
    if (const std::string_view name = BrokenMedia(data, type); !name.empty()) {
      findings.push_back(MakeAlert(name));
    }
  }
  if (options.structured && IsText(type) && parent != FileType::kPdf) {
    AlertsOfText(base::AsText(data), options, findings);
  }
}

Finding MakeAlert(std::string_view name) {
  Finding finding;
  finding.source = Finding::Source::kHeuristic;
  finding.name = name;
  finding.rule = name;
  finding.provenance = "heuristic";
  finding.severity = Severity::kMedium;
  return finding;
}

bool IsLeftOut(const Finding& finding, const HeuristicOptions& options) {
  if (!options.phishing_signatures && IsPhishingSignature(finding)) {
    return true;
  }
  if (!IsOfUnwantedFile(finding)) {
    return false;
  }
  if (!options.unwanted) {
    return true;
  }
  if (!options.unwanted_only.empty()) {
    return !IsOfCategory(finding.name, options.unwanted_only);
  }
  return IsOfCategory(finding.name, options.unwanted_but);
}

void OrderFindings(const HeuristicOptions& options, std::vector<Finding>& findings) {
  std::stable_partition(findings.begin(), findings.end(), [&](const Finding& finding) {
    return (finding.source == Finding::Source::kHeuristic) == options.precedence;
  });
}

}  // namespace day::engine
