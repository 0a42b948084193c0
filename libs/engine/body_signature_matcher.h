// BodySignatureMatcher: ClamAV's body and logical signatures against one object.
//
// Tells the matcher what it has to know of the object: its targets, the types of what holds it,
// and (asked only when needed) its program headers. A signature that wants the object taken for
// another type (HandlerType) has it matched once more as that type. Not thread-safe.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/engine/descend/container.h"
#include "libs/engine/file_kind.h"
#include "libs/engine/object_matcher.h"
#include "libs/engine/report.h"
#include "libs/signatures/clamav/body_database.h"
#include "libs/signatures/clamav/matcher.h"
#include "libs/signatures/icons/icon_table.h"

namespace day::engine {

class BodySignatureMatcher {
 public:
  // REQUIRES: `database` outlives the matcher.
  // `icons`: those of the same database's lists; null: none.
  explicit BodySignatureMatcher(const signatures::clamav::BodyDatabase& database,
                                const signatures::icons::IconTable* icons = nullptr)
      : database_(database), icons_(icons), matcher_(database) {}

  struct Outcome {
    std::vector<std::string_view> gaps;  // reasons
    // What signatures want the object to be opened as.
    std::vector<signatures::clamav::ClamType> handlers;
  };

  // Appends a finding for each signature that matches; inner_path is left empty. `origin` tells
  // normalised copies, which alone are matched against signatures for HTML; `containers`: the types
  // of what holds the object, outermost first.
  Outcome Match(base::Bytes data, const FileKind& kind, Origin origin,
                std::span<const signatures::clamav::ClamType> containers, const MatchLimits& limits,
                base::Budget& budget, std::vector<Finding>& findings);

 private:
  Finding MakeFinding(const signatures::clamav::BodyHit& hit) const;

  const signatures::clamav::BodyDatabase& database_;
  const signatures::icons::IconTable* icons_;
  signatures::clamav::BodyMatcher matcher_;
};

}  // namespace day::engine
