// The files of a database, of whatever kind ClamAV knows, put together into one table file.
//
//   SourceSet sources;
//   sources.AddFile("db/local.ign2", text);      // and so on, in the order below
//   base::Status status = sources.WriteTo(write);
//   for (const SourceReport& report : sources.reports()) ...
//
// Lists of ignored names and certificates have to come first, then containers, then the rest: a
// container's own lists count for all. Containers are opened at once and their members read by
// WriteTo(); every other file is read by AddFile(), and its bytes may go afterwards. A member is
// called "db/daily.cvd//daily.hdb". A container that is not what it says is an error of the whole
// set: a database that was tampered with is not used in part.
//
// Memory: containers decoded (cvd::kBytesMax each) until WriteTo(); see DatabaseBuilder. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/signatures/clamav/body_builder.h"
#include "libs/signatures/cvd/cvd.h"
#include "libs/signatures/database_builder.h"
#include "libs/signatures/sources/ignore_list.h"
#include "libs/signatures/sources/source_kind.h"

namespace day::signatures::sources {

// What became of one file or member.
struct SourceReport {
  std::string name;
  std::string type;   // its ending without the dot; empty: none of ClamAV's
  std::string title;  // SourceKind::title
  std::string note;   // why it is not used; of a container, who vouches for it
  bool is_used = true;
  std::uint64_t ignored = 0;  // left out by name
  FileReport lines;
};

class SourceSet {
 public:
  // `keys` are those of containers. REQUIRES: they outlive the set.
  explicit SourceSet(const cvd::PublicKeys& keys = cvd::OfficialKeys()) : keys_(&keys) {}

  // Takes one file. A refused container, or a limit, is kept for WriteTo().
  void AddFile(std::string_view name, std::string_view text);

  // Ends the set: call once. Errors: kMalformed (a refused container, with its name), kLimit, those
  // of `write`.
  base::Status WriteTo(const std::function<base::Status(base::Bytes)>& write);

  // Complete after WriteTo().
  const std::vector<SourceReport>& reports() const { return reports_; }
  std::uint64_t count() const { return builder_.count() + bodies_.count(); }

 private:
  void AddContainer(std::string_view name, std::string_view file);
  void AddSignatures(const SourceKind& kind, std::string_view name, std::string_view text);
  void AddMetadata(std::string_view name, std::string_view text, SourceReport* report);
  void AddSmallList(const SourceKind& kind, std::string_view name, std::string_view text,
                    SourceReport* report);
  void AddPhishing(std::string_view name, std::string_view text, SourceReport* report);
  void AddBodies(std::string_view name, std::string_view text, SourceReport* report);
  // A copy of the text with ignored lines emptied; nothing if there are none.
  std::string WithoutIgnored(const SourceKind& kind, std::string_view text,
                             std::uint64_t* ignored) const;
  void KeepError(const base::Error& error, std::string_view name);

  const cvd::PublicKeys* keys_;
  DatabaseBuilder builder_;
  clamav::BodyBuilder bodies_;
  IgnoreList ignored_;
  std::vector<std::string> certificates_;
  std::vector<std::pair<std::string, std::string>> signs_;  // name, text
  std::vector<std::pair<std::string, cvd::Container>> containers_;
  std::vector<SourceReport> reports_;
  base::Status status_;
};

}  // namespace day::signatures::sources
