// FileScan: what stands in the report.
#include <algorithm>

#include "libs/engine/engine_state.h"
#include "libs/engine/file_scan.h"
#include "libs/engine/heuristics.h"
#include "libs/engine/naming.h"

namespace day::engine {
namespace {

// What a volume without the others says of itself, if it is one at all: a file may be called so
// and be damaged. Damage is told of the archive only if the file is a piece of that archive for
// sure.
bool IsOfVolume(std::string_view reason, bool is_piece) {
  return (is_piece && reason.starts_with("damaged")) ||
         (reason.starts_with("unsupported") && reason.find("volume") != std::string_view::npos);
}

}  // namespace

void FileScan::AddGap(std::string_view inner_path, std::string_view reason) {
  if (is_alone_ && IsOfVolume(reason, is_piece_)) {
    return;  // the archive as a whole says what it lacks
  }
  const std::size_t gaps_max = state_.options.gaps_max;
  if (report_.gaps.size() < gaps_max) {
    report_.gaps.push_back({std::string(inner_path), std::string(reason)});
  } else if (gaps_max > 0) {
    report_.gaps.back() = {std::string(), LimitReason("gaps_max")};
  }
  Alert(reason, inner_path);
}

// Makes a finding of a gap if somebody wants it: once for each container, which may have
// thousands of such entries.
void FileScan::Alert(std::string_view reason, std::string_view inner_path) {
  const FileType type = stack_.empty() ? FileType::kUnknown : stack_.back().type;
  AddAlert(AlertOfGap(reason, type, state_.options.heuristics), inner_path);
}

// The same of how the innermost container itself is made.
void FileScan::AlertOfContainer() {
  const Frame& frame = stack_.back();
  const std::string_view name = frame.container->alert();
  if (IsWanted(name, state_.options.heuristics)) {
    AddAlert(name, frame.inner_path);
  }
}

void FileScan::AddAlert(std::string_view name, std::string_view inner_path) {
  if (name.empty()) {
    return;
  }
  const std::string_view container =
      stack_.empty() ? std::string_view() : std::string_view(stack_.back().inner_path);
  const bool is_known =
      std::any_of(report_.findings.begin(), report_.findings.end(), [&](const Finding& finding) {
        return finding.source == Finding::Source::kHeuristic && finding.name == name &&
               std::string_view(finding.inner_path).starts_with(container);
      });
  const base::Bytes object = stack_.empty() ? data_ : stack_.back().data;
  if (is_known || (state_.hashes != nullptr && IsAllowed(object))) {
    return;
  }
  if (report_.findings.size() < state_.options.findings_max) {
    report_.findings.push_back(MakeAlert(name));
    report_.findings.back().inner_path = inner_path;
  }
}

// Of the findings from `first` on, in a copy, those that the object or another copy of it had.
void FileScan::DropRepeatedFindings(std::size_t first) {
  const std::string& whole = stack_.back().inner_path;
  const std::string copies = whole.empty() ? "(" : whole + std::string(kPathSeparator) + "(";
  const auto begin = report_.findings.begin();
  const auto begin_new = begin + static_cast<std::ptrdiff_t>(first);
  const auto is_known = [&](const Finding& finding) {
    return std::any_of(begin, begin_new, [&](const Finding& other) {
      return other.source == finding.source && other.rule == finding.rule &&
             (other.inner_path == whole || std::string_view(other.inner_path).starts_with(copies));
    });
  };
  report_.findings.erase(std::remove_if(begin_new, report_.findings.end(), is_known),
                         report_.findings.end());
}

// Drops the findings from `first` on if the object or a container around it is allowed; else says
// where they are.
void FileScan::JudgeFindings(std::size_t first, base::Bytes data, const std::string& inner_path) {
  if (state_.hashes != nullptr && IsAllowed(data)) {
    report_.findings.resize(first);
    return;
  }
  const auto is_left_out = [&](const Finding& finding) {
    return IsLeftOut(finding, state_.options.heuristics);
  };
  const auto begin = report_.findings.begin() + static_cast<std::ptrdiff_t>(first);
  report_.findings.erase(std::remove_if(begin, report_.findings.end(), is_left_out),
                         report_.findings.end());
  for (std::size_t i = first; i < report_.findings.size(); ++i) {
    Finding& finding = report_.findings[i];
    finding.inner_path = inner_path;
    const bool is_signature =
        finding.source == Finding::Source::kHash || finding.source == Finding::Source::kSignature;
    if (is_signature && !state_.options.official_signatures &&
        IsUnofficialList(finding.provenance)) {
      finding.name += kUnofficialEnding;
    }
  }
}

bool FileScan::IsAllowed(base::Bytes data) {
  for (Frame& frame : stack_) {
    if (!frame.allowed) {
      frame.allowed = state_.hashes->IsAllowed(frame.data);
    }
    if (*frame.allowed) {
      return true;
    }
  }
  return state_.hashes->IsAllowed(data);
}

}  // namespace day::engine
