#include "libs/signatures/sources/source_set.h"

#include <algorithm>

#include "libs/base/lines.h"
#include "libs/signatures/clamav/regex.h"
#include "libs/signatures/lists.h"
#include "libs/signatures/metadata/metadata_line.h"
#include "libs/signatures/phishing/phishing_line.h"
#include "libs/signatures/sources/list_line.h"

namespace day::signatures::sources {
namespace {

SourceReport ReportOf(const SourceKind& kind, std::string_view name) {
  SourceReport report;
  report.name = name;
  report.type = kind.ending.empty() ? kind.ending : kind.ending.substr(1);
  report.title = kind.title;
  report.note = kind.reason;
  report.is_used = kind.use != Use::kNotSupported && kind.use != Use::kKnown;
  return report;
}

std::uint64_t CountLines(std::string_view text) {
  std::uint64_t count = 0;
  while (!text.empty()) {
    const std::string_view line = base::TakeLine(&text);
    count += !line.empty() && line != "\r" && line.front() != '#' ? 1u : 0u;
  }
  return count;
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "daily-27780.cvd.sign" for daily.cvd of version 27780.
std::string SignName(std::string_view container, const cvd::Header& header) {
  const std::string_view base = BaseName(container);
  const std::size_t dot = base.rfind('.');
  return std::string(base.substr(0, dot)) + "-" + std::to_string(header.version) +
         std::string(base.substr(dot)) + ".sign";
}

std::string TrustText(const cvd::Container& container) {
  switch (container.trust()) {
    case cvd::Trust::kNobody:
      return "unsigned; its digests are right";
    case cvd::Trust::kInfoKey:
      return "its list of digests is signed by ClamAV";
    case cvd::Trust::kHeaderKey:
      return "signed by ClamAV";
    case cvd::Trust::kCertificate:
      break;
  }
  return "signed by " + container.signer();
}

}  // namespace

void SourceSet::KeepError(const base::Error& error, std::string_view name) {
  if (status_.ok()) {
    status_ = base::MakeError(error.kind, std::string(name) + ": " + error.message);
  }
}

void SourceSet::AddFile(std::string_view name, std::string_view text) {
  const SourceKind& kind = SourceKindOf(name);
  switch (kind.use) {
    case Use::kIgnoreList:
      reports_.push_back(ReportOf(kind, name));
      reports_.back().lines = ignored_.AddFile(name, text);
      return;
    case Use::kCertificate:
      certificates_.emplace_back(text);
      return;
    case Use::kSignBeside:
      signs_.emplace_back(BaseName(name), text);
      return;
    case Use::kContainer:
      AddContainer(name, text);
      return;
    case Use::kSignatures:
    case Use::kBodies:
    case Use::kMetadata:
    case Use::kList:
    case Use::kPhishing:
    case Use::kOther:
      AddSignatures(kind, name, text);
      return;
    case Use::kRules:
      reports_.push_back(ReportOf(kind, name));
      reports_.back().is_used = false;
      reports_.back().note = "rules inside a container are not used";
      return;
    case Use::kKnown:
    case Use::kNotSupported:
      reports_.push_back(ReportOf(kind, name));
      // A program of bytecode is one signature; switches and digests are none.
      if (kind.use == Use::kNotSupported) {
        reports_.back().lines.lines_skipped = kind.ending == ".cbc" ? 1 : CountLines(text);
      }
      return;
  }
}

void SourceSet::AddContainer(std::string_view name, std::string_view file) {
  const std::optional<cvd::Kind> kind = cvd::KindOfName(name);
  const base::Bytes bytes = base::AsBytes(file);
  cvd::OpenOptions options;
  options.keys = keys_;
  options.certificates = certificates_;
  const auto header =
      cvd::ParseHeader(base::AsText(base::ClippedSlice(bytes, 0, cvd::kHeaderBytes)));
  if (header.ok()) {
    const std::string sign_name = SignName(name, *header);
    const auto sign = std::find_if(signs_.begin(), signs_.end(),
                                   [&](const auto& entry) { return entry.first == sign_name; });
    options.sign_text = sign == signs_.end() ? std::string_view() : sign->second;
  }
  base::Result<cvd::Container> container = cvd::Container::Open(*kind, bytes, options);
  reports_.push_back(ReportOf(SourceKindOf(name), name));
  if (!container.ok()) {
    reports_.back().is_used = false;
    reports_.back().note = container.error().message;
    KeepError(container.error(), name);
    return;
  }
  reports_.back().note = "version " + std::to_string(container->header().version) + " of " +
                         container->header().time + ", " + TrustText(*container);
  for (const cvd::Member& member : container->members()) {
    if (SourceKindOf(member.name).use == Use::kIgnoreList) {
      AddFile(std::string(name) + "//" + member.name, base::AsText(member.content));
    }
  }
  containers_.emplace_back(name, std::move(container).value());
}

std::string SourceSet::WithoutIgnored(const SourceKind& kind, std::string_view text,
                                      std::uint64_t* ignored) const {
  std::string kept;
  std::string_view rest = text;
  std::size_t copied = 0;  // bytes of `text` that are in `kept`
  while (!ignored_.empty() && kind.separator != '\0' && !rest.empty()) {
    const std::size_t begin = text.size() - rest.size();
    const std::string_view line = base::TakeLine(&rest);
    if (line.empty() || !ignored_.Ignores(SignatureNameOf(kind, line), line)) {
      continue;
    }
    ++*ignored;
    kept.append(text.substr(copied, begin - copied));
    copied = begin + line.size();  // the line end stays: numbers of lines stay right
  }
  if (*ignored > 0) {
    kept.append(text.substr(copied));
  }
  return kept;
}

void SourceSet::AddBodies(std::string_view name, std::string_view text, SourceReport* report) {
  const base::Result<clamav::BodyFileReport> lines = bodies_.AddFile(name, text);
  if (!lines.ok()) {
    KeepError(lines.error(), name);
    return;
  }
  report->lines.signatures = lines->signatures;
  report->lines.lines_skipped = lines->lines_skipped + lines->lines_malformed;
  report->lines.reasons = lines->reasons;
  for (const clamav::BodyDiagnostic& diagnostic : lines->diagnostics) {
    report->lines.diagnostics.push_back(
        {diagnostic.line,
         (diagnostic.malformed ? "malformed: " : "not used: ") + diagnostic.reason});
  }
}

void SourceSet::AddMetadata(std::string_view name, std::string_view text, SourceReport* report) {
  const metadata::MetadataFormat format = metadata::MetadataFormatOf(name);
  std::string_view rest = text;
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const metadata::MetadataLine line = metadata::ParseMetadataLine(format, base::TakeLine(&rest));
    if (line.kind == metadata::MetadataLine::Kind::kBad) {
      report->lines.Skip(number, line.problem);
    } else if (line.kind == metadata::MetadataLine::Kind::kSignature) {
      const bool compiles =
          line.signature.regex.empty() || clamav::Regex::Compile(line.signature.regex, "").ok();
      if (compiles) {
        ++report->lines.signatures;
      } else {
        report->lines.Skip(number, "the expression cannot be read");
      }
    }
  }
  builder_.AddList(name, text, report->lines.signatures);
}

// Lines that say something of files or archives, and are no signatures that are counted.
void SourceSet::AddSmallList(const SourceKind& kind, std::string_view name, std::string_view text,
                             SourceReport* report) {
  std::string_view rest = text;
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const LineProblem problem = CheckListLine(kind.ending, base::TakeLine(&rest));
    if (problem.is_used) {
      ++report->lines.signatures;
    } else if (!problem.reason.empty()) {
      report->lines.Skip(number, problem.reason);
    }
  }
  builder_.AddList(name, text, 0);
}

void SourceSet::AddPhishing(std::string_view name, std::string_view text, SourceReport* report) {
  using phishing::Entry;
  std::string_view rest = text;
  for (std::uint32_t number = 1; !rest.empty(); ++number) {
    const phishing::PhishingLine line = phishing::ParsePhishingLine(name, base::TakeLine(&rest));
    const bool is_regex = line.entry == Entry::kWatchedPair || line.entry == Entry::kAllowedPair;
    if (line.entry == Entry::kBad) {
      report->lines.Skip(number, line.problem);
    } else if (is_regex && !clamav::Regex::Compile(line.text, "").ok()) {
      report->lines.Skip(number, "the expression cannot be read");
    } else {
      report->lines.signatures += line.entry == Entry::kNothing ? 0 : 1;
    }
  }
  builder_.AddList(name, text, report->lines.signatures);
}

void SourceSet::AddSignatures(const SourceKind& kind, std::string_view name,
                              std::string_view text) {
  SourceReport report = ReportOf(kind, name);
  const std::string kept = WithoutIgnored(kind, text, &report.ignored);
  text = report.ignored > 0 ? kept : text;
  if (kind.use == Use::kBodies) {
    AddBodies(name, text, &report);
    reports_.push_back(std::move(report));
    return;
  }
  if (kind.use == Use::kMetadata || kind.use == Use::kList) {
    kind.use == Use::kList ? AddSmallList(kind, name, text, &report)
                           : AddMetadata(name, text, &report);
    reports_.push_back(std::move(report));
    return;
  }
  if (kind.use == Use::kPhishing) {
    AddPhishing(name, text, &report);
    reports_.push_back(std::move(report));
    return;
  }
  base::Result<FileReport> lines = builder_.AddFile(name, text);
  if (lines.ok()) {
    report.lines = std::move(lines).value();
  } else {
    KeepError(lines.error(), name);
  }
  reports_.push_back(std::move(report));
}

base::Status SourceSet::WriteTo(const std::function<base::Status(base::Bytes)>& write) {
  DAY_TRY(status_);
  for (const auto& [name, container] : containers_) {
    for (const cvd::Member& member : container.members()) {
      const Use use = SourceKindOf(member.name).use;
      if (use != Use::kIgnoreList && use != Use::kOther && use != Use::kContainer) {
        AddFile(name + "//" + member.name, base::AsText(member.content));
      }
    }
  }
  containers_.clear();
  DAY_TRY(status_);
  if (!ignored_.empty()) {
    builder_.AddList(kIgnoredNames, ignored_.Names(), 0);
  }
  if (bodies_.count() > 0) {
    DAY_TRY_ASSIGN(std::string body, bodies_.Build());
    builder_.SetBody(std::move(body));
  }
  return builder_.WriteTo(write);
}

}  // namespace day::signatures::sources
