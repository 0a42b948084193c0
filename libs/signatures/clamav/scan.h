// The state of matching one object, shared by the first pass and the evaluation. Not thread-safe.
#pragma once

#include <optional>
#include <vector>

#include "libs/signatures/clamav/matcher.h"
#include "libs/signatures/clamav/place.h"

namespace day::signatures::clamav {

struct Scan {
  base::Bytes data;
  const ObjectFacts& facts;
  Work work;
  std::optional<ProgramFacts> program_facts;
  std::vector<BodyHit> hits;
  std::vector<std::uint32_t> candidates;  // signatures to be evaluated
  BodyOutcome outcome = {};
  // Outer: whether it was asked for; inner: whether there is one.
  std::optional<std::optional<std::uint64_t>> known_image_hash = {};

  const ProgramFacts& program() {
    if (!program_facts) {
      program_facts = facts.program ? facts.program() : ProgramFacts{};
    }
    return *program_facts;
  }
  std::optional<std::uint64_t> image_hash() {
    if (!known_image_hash) {
      known_image_hash.emplace(facts.image_hash ? facts.image_hash() : std::nullopt);
    }
    return *known_image_hash;
  }
  bool IsTarget(std::uint8_t target) const { return (facts.targets >> target & 1) != 0; }
  std::optional<Place> PlaceFor(const Offset& offset, std::uint8_t target) {
    const bool is_program_target = target == 1 || target == 6 || target == 9;
    const bool is_simple =
        offset.kind == Offset::Kind::kAny || offset.kind == Offset::Kind::kAbsolute;
    static const ProgramFacts kNone;
    return PlaceOf(offset, data.size(), is_simple ? kNone : program(), is_program_target);
  }
};

}  // namespace day::signatures::clamav
