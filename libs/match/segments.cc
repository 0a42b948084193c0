#include "libs/match/segments.h"

#include <algorithm>

#include "libs/match/atoms.h"
#include "libs/match/automaton.h"

namespace day::match {
namespace {

// Places YARA may try at once; more only ever come from hostile patterns.
constexpr std::size_t kPlacesMax = 1u << 14;

struct SegmentCode {
  std::uint32_t first = 0;  // index of its first byte among all
  std::uint32_t size = 0;
  std::uint32_t gap_min = 0;
  std::uint32_t gap_max = 0;
  std::uint32_t has_negated = 0;
  std::uint32_t unused = 0;
};

struct BodyHeader {
  std::uint32_t segment_count = 0;
  std::uint32_t byte_count = 0;
  std::uint32_t only = kAllSegments;
  std::uint32_t atom_end = 0;
};

// What the body holds: BodyHeader, SegmentCode[], values, masks, and, if any segment has some,
// negations (0 or 1).
struct Body {
  const SegmentCode* segments;
  std::uint32_t segment_count;
  std::uint32_t only;
  std::uint32_t atom_end;
  const std::uint8_t* value;
  const std::uint8_t* mask;
  const std::uint8_t* negated;
};

Body BodyOf(Code code, const PartHeader& part) {
  const BodyHeader& header = *CodeAt<BodyHeader>(code, part.body_at);
  Body body;
  body.segment_count = header.segment_count;
  body.only = header.only;
  body.atom_end = header.atom_end;
  body.segments = CodeAt<SegmentCode>(code, part.body_at + sizeof(BodyHeader));
  body.value = reinterpret_cast<const std::uint8_t*>(body.segments + header.segment_count);
  body.mask = body.value + header.byte_count;
  body.negated = body.mask + header.byte_count;
  return body;
}

// Whether byte `i` of the segment must not be what value and mask say.
bool IsNegated(const Body& body, const SegmentCode& segment, std::uint32_t i) {
  return segment.has_negated != 0 && body.negated[segment.first + i] != 0;
}

bool EqualBytes(const Body& body, const SegmentCode& segment, std::uint32_t from, std::uint32_t to,
                const std::byte* data) {
  const std::uint8_t* value = body.value + segment.first;
  const std::uint8_t* mask = body.mask + segment.first;
  if (segment.has_negated == 0) {
    return EqualMasked(value + from, mask + from, to - from, data + from);
  }
  for (std::uint32_t i = from; i < to; ++i) {
    const bool equal = (std::to_integer<std::uint8_t>(data[i]) & mask[i]) == value[i];
    if (equal == (body.negated[segment.first + i] != 0)) {
      return false;
    }
  }
  return true;
}

// Bytes [from, to) of a segment whose byte 0 would be at data[start].
bool SegmentAt(const Body& body, const SegmentCode& segment, std::uint32_t from, std::uint32_t to,
               base::Bytes data, std::uint64_t start) {
  return start + to <= data.size() && EqualBytes(body, segment, from, to, data.data() + start);
}

// From the ends of segment index - 1 (ascending) to those of segment `index`: all places within the
// gap where it stands. Ranges of neighbouring ends are merged, so each place is tried once.
void StepForward(const Body& body, std::uint32_t index, base::Bytes data, std::uint64_t limit,
                 SegmentsScratch& scratch) {
  const SegmentCode& previous = body.segments[index - 1];
  const SegmentCode& segment = body.segments[index];
  scratch.next.clear();
  std::uint64_t tried_to = 0;
  const std::uint64_t last_start = limit >= segment.size ? limit - segment.size : 0;
  for (const std::uint64_t end : scratch.ends) {
    std::uint64_t place = std::max(end + previous.gap_min, tried_to);
    const std::uint64_t to = std::min(end + previous.gap_max, last_start);
    for (; place <= to; ++place) {
      if (place + segment.size <= limit && SegmentAt(body, segment, 0, segment.size, data, place)) {
        scratch.next.push_back(place + segment.size);
      }
    }
    tried_to = std::max(tried_to, place);
  }
  std::swap(scratch.ends, scratch.next);
}

// The same towards the start: from the starts of segment index + 1 (descending) to those of
// `index`.
void StepBackward(const Body& body, std::uint32_t index, base::Bytes data, std::uint64_t limit,
                  SegmentsScratch& scratch) {
  const SegmentCode& segment = body.segments[index];
  scratch.next.clear();
  std::uint64_t tried_from = ~std::uint64_t{0};
  const std::uint64_t need = std::uint64_t{segment.gap_min} + segment.size;
  for (const std::uint64_t start : scratch.ends) {
    if (start < limit + need) {
      continue;
    }
    std::uint64_t place = std::min(start - need, tried_from - 1);
    const std::uint64_t reach = std::uint64_t{segment.gap_max} + segment.size;
    const std::uint64_t to = start >= limit + reach ? start - reach : limit;
    if (place > start) {
      continue;
    }
    while (place >= to && place != ~std::uint64_t{0}) {
      if (SegmentAt(body, segment, 0, segment.size, data, place)) {
        scratch.next.push_back(place);
      }
      tried_from = place;
      --place;
    }
  }
  std::swap(scratch.ends, scratch.next);
}

// The same as StepForward(), but with the places in the order in which YARA keeps them, which is
// not ascending once there are several to start from: new places are sorted in among those not yet
// moved.
void StepForwardOrdered(const Body& body, std::uint32_t index, base::Bytes data,
                        std::uint64_t limit, SegmentsScratch& scratch) {
  const SegmentCode& previous = body.segments[index - 1];
  const SegmentCode& segment = body.segments[index];
  std::vector<SegmentsScratch::Place>& places = scratch.places;
  places.clear();
  for (const std::uint64_t end : scratch.ends) {
    places.push_back({end, false});
  }
  const bool literal =
      segment.size > 0 && body.mask[segment.first] == 0xFF && !IsNegated(body, segment, 0);
  std::size_t current = 0;
  while (current < places.size()) {
    if (places[current].next) {
      ++current;
      continue;
    }
    const std::uint64_t from = places[current].at;
    if (from + previous.gap_min >= limit) {
      places.erase(places.begin() + static_cast<std::ptrdiff_t>(current));
      continue;
    }
    std::size_t before = current;
    const std::uint64_t last = std::min(from + previous.gap_max, limit - 1);
    for (std::uint64_t at = from + previous.gap_min + 1; at <= last; ++at) {
      while (before + 1 < places.size() && places[before + 1].at <= at) {
        ++before;
      }
      const bool there = places[before].next && places[before].at == at;
      const bool hopeless =
          literal && std::to_integer<std::uint8_t>(data[at]) != body.value[segment.first];
      if (!there && !hopeless && places.size() < kPlacesMax) {
        places.insert(places.begin() + static_cast<std::ptrdiff_t>(before) + 1, {at, true});
      }
    }
    places[current] = {from + previous.gap_min, true};
    ++current;
  }
  scratch.ends.clear();
  for (const SegmentsScratch::Place& place : places) {
    if (place.at + segment.size <= limit &&
        SegmentAt(body, segment, 0, segment.size, data, place.at)) {
      scratch.ends.push_back(place.at + segment.size);
    }
  }
}

// Towards the start, in YARA's order too; scratch.ends holds the starts of segment index + 1.
void StepBackwardOrdered(const Body& body, std::uint32_t index, base::Bytes data,
                         std::uint64_t limit, SegmentsScratch& scratch) {
  const SegmentCode& segment = body.segments[index];
  std::vector<SegmentsScratch::Place>& places = scratch.places;
  places.clear();
  for (const std::uint64_t start : scratch.ends) {
    places.push_back({start, false});
  }
  const std::uint32_t final_byte = segment.size - 1;
  const bool literal = segment.size > 0 && body.mask[segment.first + final_byte] == 0xFF &&
                       !IsNegated(body, segment, final_byte);
  std::size_t current = 0;
  while (current < places.size()) {
    if (places[current].next) {
      ++current;
      continue;
    }
    const std::uint64_t from = places[current].at;
    if (from <= limit + segment.gap_min) {
      places.erase(places.begin() + static_cast<std::ptrdiff_t>(current));
      continue;
    }
    std::size_t before = current;
    for (std::uint64_t jump = std::uint64_t{segment.gap_min} + 1;
         jump <= segment.gap_max && from > limit + jump; ++jump) {
      const std::uint64_t at = from - jump;
      while (before + 1 < places.size() && places[before + 1].at <= at) {
        ++before;
      }
      const bool there = places[before].next && places[before].at == at;
      const bool hopeless = literal && std::to_integer<std::uint8_t>(data[at - 1]) !=
                                           body.value[segment.first + final_byte];
      if (!there && !hopeless && places.size() < kPlacesMax) {
        places.insert(places.begin() + static_cast<std::ptrdiff_t>(before) + 1, {at, true});
      }
    }
    places[current] = {from - segment.gap_min, true};
    ++current;
  }
  scratch.ends.clear();
  for (const SegmentsScratch::Place& place : places) {
    if (place.at >= limit + segment.size &&
        SegmentAt(body, segment, 0, segment.size, data, place.at - segment.size)) {
      scratch.ends.push_back(place.at - segment.size);
    }
  }
}

bool RunForward(const Body& body, std::uint32_t index, base::Bytes data, std::uint64_t limit,
                bool greedy, SegmentsScratch& scratch, std::uint64_t& end) {
  for (++index; index < body.segment_count && !scratch.ends.empty(); ++index) {
    if (body.only != kAllSegments && scratch.ends.size() > 1) {
      StepForwardOrdered(body, index, data, limit, scratch);
    } else {
      StepForward(body, index, data, limit, scratch);
    }
  }
  if (scratch.ends.empty()) {
    return false;
  }
  end = greedy ? scratch.ends.back() : scratch.ends.front();
  return true;
}

}  // namespace

void WriteSegments(const std::vector<Segment>& segments, YaraSegment only, CodeWriter& writer,
                   PartHeader& part) {
  BodyHeader header;
  header.only = only.segment;
  header.atom_end = only.atom_end;
  std::vector<SegmentCode> codes;
  std::vector<std::uint8_t> values;
  std::vector<std::uint8_t> masks;
  std::vector<std::uint8_t> negations;
  bool any_negated = false;
  for (const Segment& segment : segments) {
    SegmentCode code;
    code.first = static_cast<std::uint32_t>(values.size());
    code.size = static_cast<std::uint32_t>(segment.bytes.size());
    code.gap_min = segment.gap_min;
    code.gap_max = segment.gap_max;
    for (const MaskedByte& byte : segment.bytes) {
      values.push_back(byte.value);
      masks.push_back(byte.mask);
      negations.push_back(byte.negated ? 1 : 0);
      code.has_negated |= byte.negated ? 1u : 0u;
    }
    any_negated = any_negated || code.has_negated != 0;
    codes.push_back(code);
  }
  header.segment_count = static_cast<std::uint32_t>(codes.size());
  header.byte_count = static_cast<std::uint32_t>(values.size());
  values.insert(values.end(), masks.begin(), masks.end());
  if (any_negated) {
    values.insert(values.end(), negations.begin(), negations.end());
  }
  part.type = PartType::kSegments;
  part.width = 1;
  part.body_at = writer.Append(std::span<const BodyHeader>(&header, 1));
  writer.Append(codes);
  writer.Append(values);
  part.body_size = writer.size() - part.body_at;
}

PartAtoms SegmentsAtoms(const std::vector<Segment>& segments, std::uint32_t only) {
  AtomCollector collector;
  std::uint32_t index = 0;
  for (std::uint32_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    std::vector<AtomByte> run;
    for (const MaskedByte& byte : segment.bytes) {
      run.push_back({byte.negated ? std::uint8_t{0} : byte.value,
                     byte.negated ? std::uint8_t{0} : byte.mask, index++});
    }
    if (only == kAllSegments || only == i) {
      collector.AddRun(run);
    }
  }
  return collector.Take();
}

bool VerifySegments(Code code, const PartHeader& part, base::Bytes data, std::uint32_t anchor,
                    std::uint64_t position, SegmentsScratch& scratch, std::uint64_t& end,
                    std::uint64_t& order) {
  const Body body = BodyOf(code, part);
  std::uint32_t index = 0;
  while (anchor >= body.segments[index].first + body.segments[index].size) {
    ++index;
  }
  const SegmentCode& segment = body.segments[index];
  const std::uint32_t before = anchor - segment.first;
  if (position < before || !SegmentAt(body, segment, 0, segment.size, data, position - before)) {
    return false;
  }
  const std::uint64_t start = position - before;
  scratch.ends.assign(1, start + segment.size);
  const std::uint64_t limit = std::min<std::uint64_t>(data.size(), position + kRegexScanMax);
  if (!RunForward(body, index, data, limit, (part.flags & kPartGreedy) != 0, scratch, end)) {
    return false;
  }
  scratch.ends.assign(1, start);
  const std::uint64_t back_limit = position > kRegexScanMax ? position - kRegexScanMax : 0;
  while (index > 0 && !scratch.ends.empty()) {
    if (body.only != kAllSegments) {
      StepBackwardOrdered(body, --index, data, back_limit, scratch);
    } else {
      StepBackward(body, --index, data, back_limit, scratch);
    }
  }
  std::swap(scratch.starts, scratch.ends);
  order = OrderByEnd(body.only != kAllSegments ? start + body.atom_end : end);
  return !scratch.starts.empty();
}

// The first match YARA would find from `offset`: its segment is looked for at every place.
bool MatchFromYara(Code code, const PartHeader& part, base::Bytes data, std::uint64_t offset,
                   SegmentsScratch& scratch, std::uint64_t& end, std::uint64_t& order) {
  const Body body = BodyOf(code, part);
  const std::uint32_t anchor = body.segments[body.only].first;
  const SegmentCode& first = body.segments[0];
  if (!SegmentAt(body, first, 0, first.size, data, offset)) {
    return false;
  }
  const std::uint64_t stop = std::min<std::uint64_t>(data.size(), offset + kRegexScanMax + 1);
  for (std::uint64_t at = offset; at < stop; ++at) {
    if (!VerifySegments(code, part, data, anchor, at, scratch, end, order)) {
      continue;
    }
    const auto found = std::find(scratch.starts.begin(), scratch.starts.end(), offset);
    if (found != scratch.starts.end()) {
      order += static_cast<std::uint64_t>(found - scratch.starts.begin());
      return true;
    }
  }
  return false;
}

bool MatchSegments(Code code, const PartHeader& part, base::Bytes data, std::uint64_t offset,
                   SegmentsScratch& scratch, std::uint64_t& end, std::uint64_t& order) {
  const Body body = BodyOf(code, part);
  if (body.only != kAllSegments) {
    return MatchFromYara(code, part, data, offset, scratch, end, order);
  }
  const SegmentCode& segment = body.segments[0];
  if (!SegmentAt(body, segment, 0, segment.size, data, offset)) {
    return false;
  }
  scratch.ends.assign(1, offset + segment.size);
  const std::uint64_t limit = std::min<std::uint64_t>(data.size(), offset + 2 * kRegexScanMax);
  const bool found =
      RunForward(body, 0, data, limit, (part.flags & kPartGreedy) != 0, scratch, end);
  order = OrderByEnd(end);
  return found;
}

}  // namespace day::match
