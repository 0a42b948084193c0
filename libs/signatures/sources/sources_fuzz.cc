// A folder of databases: pieces that a byte of zero ends, each a name, a line end and a text. The
// pieces behind the name of a container are what is in it. What comes out of the set is a table
// that opens.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "libs/signatures/cvd/testing/cvd_builder.h"
#include "libs/signatures/database.h"
#include "libs/signatures/sources/source_set.h"

namespace {

namespace signatures = day::signatures;
using signatures::sources::SourceKindOf;
using signatures::sources::SourceSet;
using signatures::sources::Use;

constexpr std::size_t kMembersMax = 16;

// The bytes up to the end, which is passed over.
std::string_view Take(std::string_view* rest, char end) {
  const std::string_view piece = rest->substr(0, rest->find(end));
  rest->remove_prefix(std::min(rest->size(), piece.size() + 1));
  return piece;
}

void AddContainer(std::string_view name, std::string_view rest, SourceSet* sources) {
  signatures::cvd::testing::CvdSpec spec;
  spec.files.clear();
  while (!rest.empty() && spec.files.size() < kMembersMax) {
    std::string member(Take(&rest, '\n').substr(0, 64));
    spec.files.emplace_back(std::move(member), Take(&rest, '\0'));
  }
  sources->AddFile(name, signatures::cvd::testing::MakeCvd(spec));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = day::base::AsText(std::as_bytes(std::span(data, size)));
  SourceSet sources;
  while (!rest.empty()) {
    const std::string_view name = Take(&rest, '\n');
    if (SourceKindOf(name).use == Use::kContainer) {
      AddContainer(name, std::exchange(rest, {}), &sources);
    } else {
      sources.AddFile(name, Take(&rest, '\0'));
    }
  }
  std::string table;
  const day::base::Status status = sources.WriteTo([&](day::base::Bytes piece) {
    table += day::base::AsText(piece);
    return day::base::OkStatus();
  });
  if (status.ok() && !signatures::Database::Open(day::base::AsBytes(table)).ok()) {
    std::abort();
  }
  return 0;
}
