// Parts made of masked bytes and gaps of any bytes: hex strings without alternatives, the most
// common patterns of all. Verified by straight masked compares, without an automaton.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/match/code.h"
#include "libs/match/program.h"

namespace day::match {

struct MaskedByte {
  std::uint8_t value = 0;
  std::uint8_t mask = 0;
  bool negated = false;
  std::uint32_t node = 0;  // of the tree
};

// Atoms may be taken from any segment.
inline constexpr std::uint32_t kAllSegments = 0xFFFFFFFF;

// Bytes, and the gap that follows them (none after the last: 0, 0).
struct Segment {
  std::vector<MaskedByte> bytes;
  std::uint32_t gap_min = 0;
  std::uint32_t gap_max = 0;
};

// Writes the body and fills in `part`. REQUIRES: at least one segment has bytes.
// The segment YARA's atom is in (kAllSegments: it does not matter), and where in it the atom ends.
struct YaraSegment {
  std::uint32_t segment = kAllSegments;
  std::uint32_t atom_end = 0;
};

// `only`: the segment that YARA starts from, if the length it reports depends on that.
void WriteSegments(const std::vector<Segment>& segments, YaraSegment only, CodeWriter& writer,
                   PartHeader& part);
PartAtoms SegmentsAtoms(const std::vector<Segment>& segments, std::uint32_t only);

struct SegmentsScratch {
  std::vector<std::uint64_t> ends;
  std::vector<std::uint64_t> next;
  std::vector<std::uint64_t> starts;
  struct Place {
    std::uint64_t at = 0;
    bool next = false;
  };
  std::vector<Place> places;
};

// Fills scratch.starts with every start, `order` with a number that grows in the order of finding,
// and sets `end` to the shortest or longest end (kPartGreedy) of the matches that have byte number
// `anchor` at data[position]. Returns false if there are none.
bool VerifySegments(Code code, const PartHeader& part, base::Bytes data, std::uint32_t anchor,
                    std::uint64_t position, SegmentsScratch& scratch, std::uint64_t& end,
                    std::uint64_t& order);
// The end of the match that starts at `offset`, if there is one.
bool MatchSegments(Code code, const PartHeader& part, base::Bytes data, std::uint64_t offset,
                   SegmentsScratch& scratch, std::uint64_t& end, std::uint64_t& order);

}  // namespace day::match
