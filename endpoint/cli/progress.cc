#include "endpoint/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "endpoint/cli/format.h"
#include "endpoint/cli/texts.h"
#include "libs/os/system.h"
#include "libs/wire/json_writer.h"

namespace day::endpoint::cli {
namespace {

// Whole units only: a guess with digits behind the point flickers and means nothing.
std::string FormatRemaining(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::max(0.0, seconds)) + 1;
  if (whole < 90) {
    return fmt::format("{} s", whole);
  }
  return whole < 5400 ? fmt::format("{} min", (whole + 30) / 60)
                      : fmt::format("{} h", (whole + 1800) / 3600);
}

}  // namespace

Progress::Progress(Mode mode, std::vector<std::string> paths, os::WalkOptions walk,
                   scan::GlobSet excludes)
    : mode_(mode), paths_(std::move(paths)), walk_(walk), excludes_(std::move(excludes)) {
  walk_.helpers = 0;  // the scan needs the processors more
}

Progress::~Progress() { Wipe(); }

void Progress::Count(const std::stop_token& stop) {
  for (const std::string& path : paths_) {
    os::Walker walker(walk_);
    walker.set_filter(
        [](void* context, std::string_view item, bool /*is_folder*/) {
          return !static_cast<const scan::GlobSet*>(context)->Matches(item);
        },
        &excludes_);
    walker.Start(path);
    os::WalkEntry entry;
    while (!stop.stop_requested() && walker.Next(&entry)) {
      if (entry.kind == os::WalkEntry::Kind::kFile) {
        files_total_.fetch_add(1, std::memory_order_relaxed);
      }
    }
  }
  counted_.store(true, std::memory_order_release);
}

void Progress::Update(const scan::ScanSummary& summary, std::string_view path) {
  if (mode_ == Mode::kOff) {
    return;
  }
  if (!counter_.joinable()) {
    counter_ = std::jthread([this](const std::stop_token& stop) { Count(stop); });
  }
  const std::uint64_t total = files_total_.load(std::memory_order_relaxed);
  const std::string rate = FormatRate(summary.bytes, summary.elapsed_ns);
  std::string line;
  if (counted_.load(std::memory_order_acquire) && total > 0 && summary.files > 0) {
    const std::uint64_t done = std::min(summary.files, total);
    const double left = static_cast<double>(summary.elapsed_ns) *
                        static_cast<double>(total - done) / static_cast<double>(done);
    line = fmt::format(texts::kProgressKnown, done * 100 / total, FormatCount(done),
                       FormatCount(total), rate, FormatCount(summary.files_found),
                       FormatRemaining(left / 1e9));
  } else {
    line = fmt::format(texts::kProgressCounting, FormatCount(summary.files), rate,
                       FormatCount(summary.files_found));
  }
  // The end of the path tells more than its beginning; what does not fit would wrap.
  const std::size_t columns = os::TerminalColumns(STDERR_FILENO);
  const std::size_t room = columns > line.size() + 1 ? columns - line.size() - 1 : 0;
  std::string shown = wire::PrintableText(path);
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; },
      '?');
  line += shown.size() <= room ? shown : shown.substr(shown.size() - room);
  const std::string out = "\r\x1b[K" + line.substr(0, columns > 0 ? columns - 1 : 0);
  (void)std::fwrite(out.data(), 1, out.size(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::Wipe() {
  if (shown_) {
    (void)std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
    shown_ = false;
  }
}

}  // namespace day::endpoint::cli
