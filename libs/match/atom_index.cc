#include "libs/match/atom_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

namespace day::match {
namespace {

constexpr std::uint32_t kBitmapBitsMin = 10;
constexpr std::uint32_t kBitmapBitsMax = 22;
constexpr std::uint32_t kSlotBitsMin = 5;

std::uint32_t GramOf(const PlannedAtom& atom, std::size_t at) { return LoadGram(atom.value + at); }

std::uint32_t LoadWord(const std::uint8_t* at) {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// How many of the four bytes at `at` are certain, but for the case of letters.
int KnownBytes(const PlannedAtom& atom, std::size_t at) {
  int known = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    known += atom.mask[i] >= 0xDF ? 1 : 0;
  }
  return known;
}

// REQUIRES: the atom has four bytes or more.
GramEntry MakeEntry(const PlannedAtom& atom, std::uint32_t number, std::size_t gram) {
  // The gram is known already: the word behind it or before it, whichever tells more.
  const std::size_t behind = std::min<std::size_t>(gram + 4, atom.size - 4u);
  const std::size_t before = gram < 4 ? 0 : gram - 4;
  const std::size_t check = KnownBytes(atom, behind) >= KnownBytes(atom, before) ? behind : before;
  GramEntry entry;
  entry.value = LoadWord(atom.value + check);
  entry.mask = LoadWord(atom.mask + check);
  entry.atom = number & kIndexEntriesMax;
  entry.check = check & 15;
  entry.back = gram & 15;
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
    if (start + entry.check + 4 > pass.size ||
        (LoadWord(pass.data + start + entry.check) & entry.mask) != entry.value) {
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

// Tells of the atoms of the given buckets whose windows lie around `position`, where `word` begins.
void CheckBuckets(const Pass& pass, const ShortGroup& group, unsigned buckets, std::uint32_t word,
                  std::uint64_t position) {
  while (buckets != 0) {
    const auto bucket = static_cast<unsigned>(std::countr_zero(buckets));
    buckets &= buckets - 1;
    for (std::uint32_t i = group.begin[bucket]; i < group.begin[bucket + 1]; ++i) {
      const ShortAtom& short_atom = pass.index.short_atoms[i];
      if ((word & short_atom.mask) != short_atom.value) {
        continue;
      }
      const PlannedAtom& atom = pass.index.atoms[short_atom.atom];
      if (atom.short_at > position || !pass.sink.Wanted(atom)) {
        continue;
      }
      const std::uint64_t start = position - atom.short_at;
      if (WindowMatches(atom, pass.data, pass.size, start)) {
        pass.sink.OnAtom(atom, start);
      }
    }
  }
}

// Looks for all short atoms at the positions [begin, end).
void ScanShort(const Pass& pass, std::size_t begin, std::size_t end, Simd simd,
               CandidateBuffer& buffer) {
  std::uint8_t tail[kGramBlock + kShortReach];
  const std::uint8_t* at = pass.data + begin;
  if (end + kShortReach > pass.size) {
    // The last bytes are copied so that loads stay inside; windows are checked against the real
    // size.
    const auto rest = std::min(static_cast<std::size_t>(pass.size) - begin, sizeof(tail));
    std::memcpy(tail, at, rest);
    std::memset(tail + rest, 0, sizeof(tail) - rest);
    at = tail;
  }
  for (const ShortGroup& group : pass.index.groups) {
    const std::size_t count =
        FindShort(simd, at, end - begin, group.tables, buffer.positions.data());
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t position = buffer.positions[i] >> 8;
      std::uint32_t word;
      std::memcpy(&word, at + position, sizeof(word));
      CheckBuckets(pass, group, buffer.positions[i] & 0xFF, word, begin + position);
    }
  }
}

ShortAtom MakeShortAtom(const PlannedAtom& atom, std::uint32_t number) {
  ShortAtom short_atom;
  const std::size_t known = std::min<std::size_t>(4, kAtomSizeMax - atom.short_at);
  std::memcpy(&short_atom.value, atom.value + atom.short_at, known);
  std::memcpy(&short_atom.mask, atom.mask + atom.short_at, known);
  short_atom.atom = number;
  return short_atom;
}

}  // namespace

void AtomIndexBuilder::SizeTable(std::size_t gram_count, Purpose purpose, Table& memory,
                                 GramTable& table) {
  const auto grams = static_cast<std::uint32_t>(gram_count);
  const std::uint32_t spread = purpose == Purpose::kForEveryFile ? 64 : 32;
  const std::uint32_t bits =
      std::clamp<std::uint32_t>(static_cast<std::uint32_t>(std::bit_width(grams * spread - 1)),
                                kBitmapBitsMin, kBitmapBitsMax);
  // At least a quarter of the slots stays free.
  const std::uint32_t slot_bits = std::max<std::uint32_t>(
      static_cast<std::uint32_t>(std::bit_width(grams + grams / 3)), kSlotBitsMin);
  memory.words.assign(std::size_t{1} << (bits - 5), 0);
  memory.slots.assign(std::size_t{1} << slot_bits, GramSlot{});
  table = {{memory.words.data(), bits}, slot_bits, memory.slots.data()};
}

void AtomIndexBuilder::Insert(std::uint32_t gram, const GramEntry& entry, Table& memory,
                              const GramTable& table) {
  const std::uint32_t hash = GramHash(gram, table.bitmap.bits);
  memory.words[hash >> 5] |= 1u << (hash & 31);
  const std::uint32_t slot_mask = (1u << table.slot_bits) - 1;
  std::uint32_t at = GramHash(gram, table.slot_bits);
  while (memory.slots[at].first != 0 && memory.slots[at].gram != gram) {
    at = (at + 1) & slot_mask;
  }
  entries_.push_back(entry);
  entries_.back().next = memory.slots[at].first & kIndexEntriesMax;
  memory.slots[at] = {gram, static_cast<std::uint32_t>(entries_.size())};
}

void AtomIndexBuilder::Build(std::span<const PlannedAtom> atoms,
                             std::span<const std::uint32_t> chosen, Purpose purpose) {
  index_ = AtomIndex{};
  entries_.clear();
  short_atoms_.clear();
  groups_.clear();
  const bool for_one_file = purpose == Purpose::kForOneFile;
  const bool all_short = for_one_file && chosen.size() <= kShortGroupAtoms;
  for (const std::uint32_t number : chosen) {
    if (atoms[number].atom_class == AtomClass::kShort || all_short) {
      short_atoms_.push_back(MakeShortAtom(atoms[number], number));
    }
  }
  const std::size_t sampled = chosen.size() - short_atoms_.size();
  if (sampled != 0) {
    SizeTable(sampled * 4, purpose, sampled_, index_.sampled);
  }
  for (const std::uint32_t number : chosen) {
    const PlannedAtom& atom = atoms[number];
    if (sampled != 0 && atom.atom_class == AtomClass::kGrams) {
      for (const std::uint8_t at : atom.grams) {
        Insert(GramOf(atom, at), MakeEntry(atom, number, at), sampled_, index_.sampled);
      }
    }
  }
  const bool crowded = for_one_file ? short_atoms_.size() > kShortGroupAtoms
                                    : CountWords(short_atoms_) > kShortWordsMax;
  if (crowded) {
    MoveGramsToDense(atoms, purpose);
  }
  if (for_one_file || crowded) {
    GroupQuickly(short_atoms_, groups_);
  } else {
    GroupWithCare(short_atoms_, groups_);
  }
  index_.entries = entries_;
  index_.atoms = atoms;
  index_.groups = groups_;
  index_.short_atoms = short_atoms_;
}

void AtomIndexBuilder::MoveGramsToDense(std::span<const PlannedAtom> atoms, Purpose purpose) {
  const auto is_gram = [atoms](const ShortAtom& s) { return atoms[s.atom].short_is_gram != 0; };
  const auto grams = std::stable_partition(short_atoms_.begin(), short_atoms_.end(),
                                           [&](const ShortAtom& s) { return !is_gram(s); });
  if (grams == short_atoms_.end()) {
    return;
  }
  SizeTable(static_cast<std::size_t>(short_atoms_.end() - grams), purpose, dense_, index_.dense);
  for (auto it = grams; it != short_atoms_.end(); ++it) {
    const PlannedAtom& atom = atoms[it->atom];
    Insert(GramOf(atom, atom.short_at), MakeEntry(atom, it->atom, atom.short_at), dense_,
           index_.dense);
  }
  short_atoms_.erase(grams, short_atoms_.end());
}

void ScanAtoms(const AtomIndex& index, base::Bytes data, Simd simd, CandidateBuffer& buffer,
               AtomSink& sink) {
  const Pass pass{index, reinterpret_cast<const std::uint8_t*>(data.data()), data.size(), sink};
  const std::size_t gram_end = data.size() >= 4 ? data.size() - 3 : 0;
  for (std::size_t begin = 0; begin < data.size(); begin += kGramBlock) {
    const std::size_t end = std::min(begin + kGramBlock, data.size());
    if (index.sampled.slots != nullptr && begin < gram_end) {
      ScanGrams(pass, index.sampled, 4, begin, std::min(end, gram_end), simd, buffer);
    }
    if (index.dense.slots != nullptr && begin < gram_end) {
      ScanGrams(pass, index.dense, 1, begin, std::min(end, gram_end), simd, buffer);
    }
    if (!index.groups.empty()) {
      ScanShort(pass, begin, end, simd, buffer);
    }
  }
}

namespace {

constexpr std::uint64_t kIndexMagic = 0x33305849444D4144;  // "DAMDIX03"

// Where each array of a serialised index lies, from the block's start. All are 64-byte aligned.
struct IndexHeader {
  std::uint64_t magic = kIndexMagic;
  std::uint64_t size_bytes = 0;
  struct Table {
    std::uint32_t bits = 0;
    std::uint32_t slot_bits = 0;
    std::uint64_t words_offset = 0;
    std::uint64_t slots_offset = 0;  // 0: no such table
  };
  Table sampled;
  Table dense;
  std::uint64_t entries_offset = 0;
  std::uint64_t entries_count = 0;
  std::uint64_t groups_offset = 0;
  std::uint64_t groups_count = 0;
  std::uint64_t short_offset = 0;
  std::uint64_t short_count = 0;
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

// Appends the arrays of a gram table and says where they lie.
IndexHeader::Table AppendTable(const GramTable& table, std::size_t begin, std::string& out) {
  if (table.slots == nullptr) {
    return {};
  }
  IndexHeader::Table header;
  header.bits = table.bitmap.bits;
  header.slot_bits = table.slot_bits;
  header.words_offset =
      AppendArray(out, begin, table.bitmap.words, std::size_t{1} << (table.bitmap.bits - 5));
  header.slots_offset = AppendArray(out, begin, table.slots, std::size_t{1} << table.slot_bits);
  return header;
}

// Whether the table is absent or lies inside the block.
bool ReadTable(base::Bytes block, const IndexHeader::Table& header, GramTable& table) {
  if (header.slots_offset == 0) {
    return true;
  }
  if (header.bits < kBitmapBitsMin || header.bits > kBitmapBitsMax ||
      header.slot_bits < kSlotBitsMin || header.slot_bits > 31) {
    return false;
  }
  table.bitmap = {
      ArrayAt<std::uint32_t>(block, header.words_offset, std::uint64_t{1} << (header.bits - 5)),
      header.bits};
  table.slot_bits = header.slot_bits;
  table.slots = ArrayAt<GramSlot>(block, header.slots_offset, std::uint64_t{1} << header.slot_bits);
  return table.bitmap.words != nullptr && table.slots != nullptr;
}

}  // namespace

void AppendIndex(const AtomIndex& index, std::string& out) {
  const std::size_t begin = out.size();
  IndexHeader header;
  out.resize(begin + sizeof(header));
  header.sampled = AppendTable(index.sampled, begin, out);
  header.dense = AppendTable(index.dense, begin, out);
  header.entries_offset = AppendArray(out, begin, index.entries.data(), index.entries.size());
  header.entries_count = index.entries.size();
  header.groups_offset = AppendArray(out, begin, index.groups.data(), index.groups.size());
  header.groups_count = index.groups.size();
  header.short_offset = AppendArray(out, begin, index.short_atoms.data(), index.short_atoms.size());
  header.short_count = index.short_atoms.size();
  PadTo64(out, begin);
  header.size_bytes = out.size() - begin;
  std::memcpy(out.data() + begin, &header, sizeof(header));
}

base::Result<AtomIndex> ReadIndex(base::Bytes block, std::span<const PlannedAtom> atoms) {
  const base::Error damaged =
      base::MakeError(base::ErrorKind::kMalformed, "damaged index of atoms");
  IndexHeader header;
  if (block.size() < sizeof(header)) {
    return damaged;
  }
  std::memcpy(&header, block.data(), sizeof(header));
  if (header.magic != kIndexMagic || header.size_bytes > block.size()) {
    return damaged;
  }
  AtomIndex index;
  if (!ReadTable(block, header.sampled, index.sampled) ||
      !ReadTable(block, header.dense, index.dense)) {
    return damaged;
  }
  const auto* entries = ArrayAt<GramEntry>(block, header.entries_offset, header.entries_count);
  const auto* groups = ArrayAt<ShortGroup>(block, header.groups_offset, header.groups_count);
  const auto* short_atoms = ArrayAt<ShortAtom>(block, header.short_offset, header.short_count);
  if (entries == nullptr || groups == nullptr || short_atoms == nullptr) {
    return damaged;
  }
  index.entries = {entries, static_cast<std::size_t>(header.entries_count)};
  index.atoms = atoms;
  index.groups = {groups, static_cast<std::size_t>(header.groups_count)};
  index.short_atoms = {short_atoms, static_cast<std::size_t>(header.short_count)};
  return index;
}

}  // namespace day::match
