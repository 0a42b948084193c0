#include "libs/match/atom_index.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace day::match {
namespace {

constexpr std::uint32_t kBitmapBitsMin = 10;
constexpr std::uint32_t kBitmapBitsMax = 22;
constexpr std::uint32_t kSlotBitsMin = 5;

std::uint32_t GramOf(const PlannedAtom& atom, std::size_t at) { return LoadGram(atom.value + at); }

// Eight bytes from data[start]; zeros stand for what lies beyond the end.
std::uint64_t LoadWindow(const std::uint8_t* data, std::uint64_t size, std::uint64_t start) {
  std::uint64_t window = 0;
  const std::uint64_t rest = size - start;
  std::memcpy(&window, data + start, rest < 8 ? static_cast<std::size_t>(rest) : 8);
  return window;
}

GramEntry MakeEntry(const PlannedAtom& atom, std::uint32_t number, std::size_t gram) {
  GramEntry entry;
  std::memcpy(&entry.value, atom.value, 8);
  std::memcpy(&entry.mask, atom.mask, 8);
  entry.atom = number;
  entry.back = static_cast<std::uint8_t>(gram);
  return entry;
}

struct Pass {
  const AtomIndex& index;
  const std::uint8_t* data;
  std::uint64_t size;
  AtomSink& sink;
};

// One candidate position of a gram table: looks the gram up and tells of the windows that match.
inline void CheckCandidate(const Pass& pass, const GramTable& table, std::uint64_t position) {
  const std::uint32_t gram = LoadGram(pass.data + position);
  const std::uint32_t slot_mask = (1u << table.slot_bits) - 1;
  std::uint32_t at = GramHash(gram, table.slot_bits);
  while (table.slots[at].first != 0 && table.slots[at].gram != gram) {
    at = (at + 1) & slot_mask;
  }
  for (std::uint32_t next = table.slots[at].first; next != 0;) {
    const GramEntry& entry = pass.index.entries[next - 1];
    next = entry.next;
    if (entry.back > position) {
      continue;
    }
    const std::uint64_t start = position - entry.back;
    const std::uint64_t window = LoadWindow(pass.data, pass.size, start);
    if ((window & entry.mask) != entry.value) {
      continue;
    }
    const PlannedAtom& atom = pass.index.atoms[entry.atom];
    if (WindowMatches(atom, pass.data, pass.size, start) && pass.sink.Wanted(atom)) {
      pass.sink.OnAtom(atom, start);
    }
  }
}

void ScanGrams(const Pass& pass, const GramTable& table, std::uint32_t stride, std::size_t begin,
               std::size_t end, Simd simd, CandidateBuffer& buffer) {
  const std::size_t count =
      FindGrams(simd, pass.data, begin, end, stride, table.bitmap, buffer.positions.data());
  // Slots are far apart: ask for one a few candidates before it is needed.
  constexpr std::size_t kAhead = 8;
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) {
      const std::uint32_t gram = LoadGram(pass.data + begin + buffer.positions[i + kAhead]);
      __builtin_prefetch(&table.slots[GramHash(gram, table.slot_bits)]);
    }
    CheckCandidate(pass, table, begin + buffer.positions[i]);
  }
}

// Looks for one probe at `count` positions from data[base]; `at` holds those bytes and enough
// after. Returns whether anybody still wants the atom.
bool ScanProbe(const Pass& pass, const PlannedAtom& atom, const std::uint8_t* at,
               std::uint64_t base, std::size_t count, Simd simd, CandidateBuffer& buffer) {
  const std::size_t found = FindProbes(simd, at, count, atom.probe, buffer.positions.data());
  for (std::size_t i = 0; i < found; ++i) {
    const std::uint64_t start = base + buffer.positions[i];
    if (WindowMatches(atom, pass.data, pass.size, start)) {
      if (!pass.sink.Wanted(atom)) {
        return false;
      }
      pass.sink.OnAtom(atom, start);
    }
  }
  return found == 0 || pass.sink.Wanted(atom);
}

// Looks for all active probes in [begin, end); drops those that nobody wants any more.
void ScanProbes(const Pass& pass, std::size_t begin, std::size_t end, Simd simd,
                CandidateBuffer& buffer) {
  constexpr std::size_t kSlack = kProbeBlock + kProbeReach;
  std::uint8_t tail[kGramBlock + kSlack];
  const std::uint8_t* at = pass.data + begin;
  if (end + kSlack > pass.size) {
    // The last bytes are copied so that loads stay inside; windows are checked against the real
    // size.
    const std::size_t rest = static_cast<std::size_t>(pass.size) - begin;
    std::memcpy(tail, at, std::min(rest, sizeof(tail)));
    std::memset(tail + std::min(rest, sizeof(tail)), 0,
                sizeof(tail) - std::min(rest, sizeof(tail)));
    at = tail;
  }
  std::vector<std::uint32_t>& active = buffer.active_probes;
  for (std::size_t i = 0; i < active.size();) {
    const PlannedAtom& atom = pass.index.atoms[active[i]];
    if (ScanProbe(pass, atom, at, begin, end - begin, simd, buffer)) {
      ++i;
    } else {
      active[i] = active.back();
      active.pop_back();
    }
  }
}

}  // namespace

void AtomIndexBuilder::SizeTable(unsigned table, std::size_t gram_count, Density density) {
  const auto grams = static_cast<std::uint32_t>(gram_count);
  const std::uint32_t spread = density == Density::kForEveryFile ? 64 : 32;
  const std::uint32_t bits =
      std::clamp<std::uint32_t>(static_cast<std::uint32_t>(std::bit_width(grams * spread - 1)),
                                kBitmapBitsMin, kBitmapBitsMax);
  const std::uint32_t slot_bits = std::max<std::uint32_t>(
      static_cast<std::uint32_t>(std::bit_width(grams * 2 - 1)), kSlotBitsMin);
  words_[table].assign(std::size_t{1} << (bits - 5), 0);
  slots_[table].assign(std::size_t{1} << slot_bits, GramSlot{});
  index_.tables[table] = {{words_[table].data(), bits}, slot_bits, slots_[table].data()};
}

void AtomIndexBuilder::Insert(unsigned table, std::uint32_t gram, const GramEntry& entry) {
  const GramTable& sizes = index_.tables[table];
  const std::uint32_t hash = GramHash(gram, sizes.bitmap.bits);
  words_[table][hash >> 5] |= 1u << (hash & 31);
  const std::uint32_t slot_mask = (1u << sizes.slot_bits) - 1;
  std::uint32_t at = GramHash(gram, sizes.slot_bits);
  while (slots_[table][at].first != 0 && slots_[table][at].gram != gram) {
    at = (at + 1) & slot_mask;
  }
  entries_.push_back(entry);
  entries_.back().next = slots_[table][at].first;
  slots_[table][at] = {gram, static_cast<std::uint32_t>(entries_.size())};
}

// A pass over every position costs about as much as this many probes (docs/benchmarks.md).
constexpr std::size_t kProbesForPass[kGramClasses] = {8, 14, 25};

AtomIndexBuilder::Ways AtomIndexBuilder::ChooseWays(std::span<const PlannedAtom> atoms,
                                                    Density density) {
  std::size_t counts[kGramClasses] = {};
  for (const PlannedAtom& atom : atoms) {
    if (atom.atom_class != AtomClass::kProbe) {
      ++counts[static_cast<unsigned>(atom.atom_class)];
    }
  }
  Ways ways;
  for (unsigned c = 0; c < kGramClasses; ++c) {
    // Sets for every file keep their sampled pass: its atoms are many, or rare enough not to
    // matter.
    const bool may = c != 0 || density == Density::kForOneFile;
    ways.as_probe[c] = may && counts[c] <= kProbesForPass[c];
  }
  ways.stride2_as_stride1 = !ways.as_probe[1] && !ways.as_probe[2];
  return ways;
}

void AtomIndexBuilder::Build(std::span<const PlannedAtom> atoms, Density density) {
  index_ = AtomIndex{};
  entries_.clear();
  probes_.clear();
  const Ways ways = ChooseWays(atoms, density);
  const auto table_of = [&](const PlannedAtom& atom) {
    const auto c = static_cast<unsigned>(atom.atom_class);
    return c == 1 && ways.stride2_as_stride1 ? 2u : c;
  };
  const auto by_probe = [&](const PlannedAtom& atom) {
    return atom.atom_class == AtomClass::kProbe ||
           ways.as_probe[static_cast<unsigned>(atom.atom_class)];
  };
  std::size_t gram_count[kGramClasses] = {};
  for (const PlannedAtom& atom : atoms) {
    if (!by_probe(atom)) {
      gram_count[table_of(atom)] += 4u >> table_of(atom);
    }
  }
  for (unsigned table = 0; table < kGramClasses; ++table) {
    if (gram_count[table] != 0) {
      SizeTable(table, gram_count[table], density);
    }
  }
  for (std::uint32_t number = 0; number < atoms.size(); ++number) {
    const PlannedAtom& atom = atoms[number];
    if (by_probe(atom)) {
      probes_.push_back(number);
      continue;
    }
    const unsigned table = table_of(atom);
    for (std::size_t g = 0; g < (4u >> table); ++g) {
      Insert(table, GramOf(atom, atom.grams[g]), MakeEntry(atom, number, atom.grams[g]));
    }
  }
  index_.entries = entries_;
  index_.atoms = atoms;
  index_.probes = probes_;
}

void ScanAtoms(const AtomIndex& index, base::Bytes data, Simd simd, CandidateBuffer& buffer,
               AtomSink& sink) {
  const Pass pass{index, reinterpret_cast<const std::uint8_t*>(data.data()), data.size(), sink};
  buffer.active_probes.assign(index.probes.begin(), index.probes.end());
  const std::size_t gram_end = data.size() >= 4 ? data.size() - 3 : 0;
  for (std::size_t begin = 0; begin < data.size(); begin += kGramBlock) {
    const std::size_t end = std::min(begin + kGramBlock, gram_end);
    for (unsigned t = 0; t < kGramClasses && begin < end; ++t) {
      if (index.tables[t].slots != nullptr) {
        ScanGrams(pass, index.tables[t], 4u >> t, begin, end, simd, buffer);
      }
    }
    if (!buffer.active_probes.empty()) {
      ScanProbes(pass, begin, std::min(begin + kGramBlock, data.size()), simd, buffer);
    }
  }
}

namespace {

constexpr std::uint64_t kIndexMagic = 0x31305849444D4144;  // "DAMDIX01"

// Where each array of a serialised index lies, from the block's start. All are 64-byte aligned.
struct IndexHeader {
  std::uint64_t magic = kIndexMagic;
  std::uint64_t size_bytes = 0;
  struct Table {
    std::uint32_t bits = 0;
    std::uint32_t slot_bits = 0;
    std::uint64_t words_offset = 0;
    std::uint64_t slots_offset = 0;  // 0: no such table
  } tables[kGramClasses];
  std::uint64_t entries_offset = 0;
  std::uint64_t entries_count = 0;
  std::uint64_t atoms_offset = 0;
  std::uint64_t atoms_count = 0;
  std::uint64_t probes_offset = 0;
  std::uint64_t probes_count = 0;
};

void PadTo64(std::string& out, std::size_t begin) {
  out.resize(begin + (out.size() - begin + 63) / 64 * 64);
}

template <typename T>
std::uint64_t AppendArray(std::string& out, std::size_t begin, const T* items, std::size_t count) {
  PadTo64(out, begin);
  const std::uint64_t offset = out.size() - begin;
  out.append(reinterpret_cast<const char*>(items), count * sizeof(T));
  return offset;
}

// A pointer to `count` items at `offset`, or null if they do not lie inside the block.
template <typename T>
const T* ArrayAt(base::Bytes block, std::uint64_t offset, std::uint64_t count) {
  if (offset % 64 != 0 || count > block.size() / sizeof(T) ||
      !base::Slice(block, offset, count * sizeof(T))) {
    return nullptr;
  }
  return reinterpret_cast<const T*>(block.data() + offset);
}

}  // namespace

void AppendIndex(const AtomIndex& index, std::string& out) {
  const std::size_t begin = out.size();
  IndexHeader header;
  out.resize(begin + sizeof(header));
  for (unsigned t = 0; t < kGramClasses; ++t) {
    const GramTable& table = index.tables[t];
    if (table.slots == nullptr) {
      continue;
    }
    header.tables[t] = {
        table.bitmap.bits, table.slot_bits,
        AppendArray(out, begin, table.bitmap.words, std::size_t{1} << (table.bitmap.bits - 5)),
        AppendArray(out, begin, table.slots, std::size_t{1} << table.slot_bits)};
  }
  header.entries_offset = AppendArray(out, begin, index.entries.data(), index.entries.size());
  header.entries_count = index.entries.size();
  header.atoms_offset = AppendArray(out, begin, index.atoms.data(), index.atoms.size());
  header.atoms_count = index.atoms.size();
  header.probes_offset = AppendArray(out, begin, index.probes.data(), index.probes.size());
  header.probes_count = index.probes.size();
  PadTo64(out, begin);
  header.size_bytes = out.size() - begin;
  std::memcpy(out.data() + begin, &header, sizeof(header));
}

base::Result<AtomIndex> ReadIndex(base::Bytes block) {
  const auto damaged = [] {
    return base::MakeError(base::ErrorKind::kMalformed, "damaged index of atoms");
  };
  IndexHeader header;
  if (block.size() < sizeof(header)) {
    return damaged();
  }
  std::memcpy(&header, block.data(), sizeof(header));
  if (header.magic != kIndexMagic || header.size_bytes > block.size()) {
    return damaged();
  }
  AtomIndex index;
  for (unsigned t = 0; t < kGramClasses; ++t) {
    const IndexHeader::Table& table = header.tables[t];
    if (table.slots_offset == 0) {
      continue;
    }
    if (table.bits < kBitmapBitsMin || table.bits > kBitmapBitsMax ||
        table.slot_bits < kSlotBitsMin || table.slot_bits > 31) {
      return damaged();
    }
    index.tables[t].bitmap = {
        ArrayAt<std::uint32_t>(block, table.words_offset, std::uint64_t{1} << (table.bits - 5)),
        table.bits};
    index.tables[t].slot_bits = table.slot_bits;
    index.tables[t].slots =
        ArrayAt<GramSlot>(block, table.slots_offset, std::uint64_t{1} << table.slot_bits);
    if (index.tables[t].bitmap.words == nullptr || index.tables[t].slots == nullptr) {
      return damaged();
    }
  }
  const auto* entries = ArrayAt<GramEntry>(block, header.entries_offset, header.entries_count);
  const auto* atoms = ArrayAt<PlannedAtom>(block, header.atoms_offset, header.atoms_count);
  const auto* probes = ArrayAt<std::uint32_t>(block, header.probes_offset, header.probes_count);
  if (entries == nullptr || atoms == nullptr || probes == nullptr) {
    return damaged();
  }
  index.entries = {entries, static_cast<std::size_t>(header.entries_count)};
  index.atoms = {atoms, static_cast<std::size_t>(header.atoms_count)};
  index.probes = {probes, static_cast<std::size_t>(header.probes_count)};
  return index;
}

}  // namespace day::match
