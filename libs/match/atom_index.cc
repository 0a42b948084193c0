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
  for (std::size_t i = 0; i < count; ++i) {
    CheckCandidate(pass, table, begin + buffer.positions[i]);
  }
}

void TellProbeHits(const Pass& pass, const PlannedAtom& atom, std::uint64_t base,
                   std::uint64_t found) {
  while (found != 0) {
    const std::uint64_t start = base + static_cast<unsigned>(std::countr_zero(found));
    found &= found - 1;
    if (WindowMatches(atom, pass.data, pass.size, start) && pass.sink.Wanted(atom)) {
      pass.sink.OnAtom(atom, start);
    }
  }
}

// Probes of the 64 positions from `base`; drops those that nobody wants any more.
void ScanProbes(const Pass& pass, const std::uint8_t* at, std::uint64_t base, Simd simd,
                std::vector<std::uint32_t>& active) {
  for (std::size_t i = 0; i < active.size();) {
    const PlannedAtom& atom = pass.index.atoms[active[i]];
    const std::uint64_t found = ProbeBlock(simd, at, atom.probe);
    if (found != 0) {
      TellProbeHits(pass, atom, base, found);
      if (!pass.sink.Wanted(atom)) {
        active[i] = active.back();
        active.pop_back();
        continue;
      }
    }
    ++i;
  }
}

void ScanProbeRange(const Pass& pass, std::size_t begin, std::size_t end, Simd simd,
                    std::vector<std::uint32_t>& active) {
  std::size_t base = begin;
  for (; base < end && base + 64 + kProbeReach <= pass.size; base += 64) {
    ScanProbes(pass, pass.data + base, base, simd, active);
  }
  // The last bytes are copied so that loads stay inside; windows are checked against the real size.
  for (; base < end; base += 64) {
    std::uint8_t tail[64 + kProbeReach] = {};
    std::memcpy(tail, pass.data + base,
                std::min<std::size_t>(sizeof(tail), static_cast<std::size_t>(pass.size) - base));
    ScanProbes(pass, tail, base, simd, active);
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

void AtomIndexBuilder::Build(std::span<const PlannedAtom> atoms, Density density) {
  index_ = AtomIndex{};
  entries_.clear();
  probes_.clear();
  std::size_t gram_count[kGramClasses] = {};
  for (const PlannedAtom& atom : atoms) {
    if (atom.atom_class != AtomClass::kProbe) {
      gram_count[static_cast<unsigned>(atom.atom_class)] += ClassStride(atom.atom_class);
    }
  }
  for (unsigned table = 0; table < kGramClasses; ++table) {
    if (gram_count[table] != 0) {
      SizeTable(table, gram_count[table], density);
    }
  }
  for (std::uint32_t number = 0; number < atoms.size(); ++number) {
    const PlannedAtom& atom = atoms[number];
    if (atom.atom_class == AtomClass::kProbe) {
      probes_.push_back(number);
      continue;
    }
    for (std::size_t g = 0; g < ClassStride(atom.atom_class); ++g) {
      Insert(static_cast<unsigned>(atom.atom_class), GramOf(atom, atom.gram + g),
             MakeEntry(atom, number, atom.gram + g));
    }
  }
  index_.entries = entries_.data();
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
      ScanProbeRange(pass, begin, std::min(begin + kGramBlock, data.size()), simd,
                     buffer.active_probes);
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
  std::size_t entries_count = 0;
  for (const PlannedAtom& atom : index.atoms) {
    entries_count += atom.atom_class == AtomClass::kProbe ? 0 : ClassStride(atom.atom_class);
  }
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
  header.entries_offset = AppendArray(out, begin, index.entries, entries_count);
  header.entries_count = entries_count;
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
  index.entries = ArrayAt<GramEntry>(block, header.entries_offset, header.entries_count);
  const auto* atoms = ArrayAt<PlannedAtom>(block, header.atoms_offset, header.atoms_count);
  const auto* probes = ArrayAt<std::uint32_t>(block, header.probes_offset, header.probes_count);
  if (index.entries == nullptr || atoms == nullptr || probes == nullptr) {
    return damaged();
  }
  index.atoms = {atoms, static_cast<std::size_t>(header.atoms_count)};
  index.probes = {probes, static_cast<std::size_t>(header.probes_count)};
  return index;
}

}  // namespace day::match
