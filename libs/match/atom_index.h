// An index over planned atoms, and the pass over a file that finds them.
//
// The index is flat (offsets into one block of memory), so the same code serves the trigger sets
// that live in a mapped file and the small ones built for one file's second search. Thread safety:
// a finished index is immutable; ScanAtoms() needs one CandidateBuffer a thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/match/atom_plan.h"
#include "libs/match/gram_kernel.h"
#include "libs/match/short_groups.h"

namespace day::match {

// An occurrence of a gram in an atom's window. Entries of equal grams form a list. Small, because
// there are many: numbers share words with offsets in the window.
struct GramEntry {
  // Four more bytes of the window, `check` bytes from its start.
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
  std::uint32_t atom : 28 = 0;  // index into atoms
  std::uint32_t check : 4 = 0;
  std::uint32_t next : 28 = 0;  // index + 1; 0 ends the list
  std::uint32_t back : 4 = 0;   // the window starts this many bytes before the gram
};
inline constexpr std::size_t kIndexEntriesMax = (1u << 28) - 1;

// Open addressing by GramHash(); first == 0 is empty.
struct GramSlot {
  std::uint32_t gram = 0;
  std::uint32_t first = 0;  // index + 1 into entries
};

struct GramTable {
  GramBitmap bitmap;
  std::uint32_t slot_bits = 0;
  const GramSlot* slots = nullptr;  // null: no atoms of this class
};

// Read access to a finished index; borrowed memory.
struct AtomIndex {
  GramTable sampled;  // looked up at every fourth position
  GramTable dense;    // looked up at every position
  std::span<const GramEntry> entries;
  std::span<const PlannedAtom> atoms;
  std::span<const ShortGroup> groups;
  std::span<const ShortAtom> short_atoms;
};

// Builds an index over some of the atoms of an array. Reusable: Build() replaces what was there and
// keeps the memory.
class AtomIndexBuilder {
 public:
  // For every file: atoms with enough known bytes go by sampled grams, the others by groups that
  // are made with care; if there are too many for that, those with a whole gram go by dense grams.
  // For one file: if all fit one group, all are short, because building tables of grams would cost
  // more than it saves; short atoms with a whole gram go by dense grams if there are more of them
  // than fit one group.
  enum class Purpose : std::uint8_t { kForEveryFile, kForOneFile };

  // `chosen`: indices into `atoms`. REQUIRES: atoms outlive the index; at most kIndexEntriesMax / 4
  // are chosen, and there are no more than kIndexEntriesMax.
  void Build(std::span<const PlannedAtom> atoms, std::span<const std::uint32_t> chosen,
             Purpose purpose);
  // Valid until the next Build() and while the builder lives.
  const AtomIndex& index() const { return index_; }

 private:
  // The memory of one gram table.
  struct Table {
    std::vector<std::uint32_t> words;
    std::vector<GramSlot> slots;
  };

  static void SizeTable(std::size_t gram_count, Purpose purpose, Table& memory, GramTable& table);
  void Insert(std::uint32_t gram, const GramEntry& entry, Table& memory, const GramTable& table);
  // Takes the short atoms with a whole gram out and puts them into the dense table.
  void MoveGramsToDense(std::span<const PlannedAtom> atoms, Purpose purpose);

  AtomIndex index_;
  Table sampled_;
  Table dense_;
  std::vector<GramEntry> entries_;
  std::vector<ShortAtom> short_atoms_;
  std::vector<ShortGroup> groups_;
};

// Appends the index, without its atoms, as a block whose start must be 64-byte aligned in the file,
// and reads it back. REQUIRES: `atoms` are those it was built with, and outlive it.
void AppendIndex(const AtomIndex& index, std::string& out);
base::Result<AtomIndex> ReadIndex(base::Bytes block, std::span<const PlannedAtom> atoms);

struct CandidateBuffer {
  std::vector<std::uint32_t> positions = std::vector<std::uint32_t>(kGramBlock + 64);
};

// Who is told of atoms.
class AtomSink {
 public:
  virtual ~AtomSink() = default;
  // The window of `atom` lies at data[start]. Windows are told once for each way they were found:
  // a window may come more than once.
  virtual void OnAtom(const PlannedAtom& atom, std::uint64_t start) = 0;
  // False if hits of the atom's pattern are no longer wanted: it may then be left out.
  virtual bool Wanted(const PlannedAtom& atom) = 0;
};

// One pass over `data`: tells the sink of every window of the index.
void ScanAtoms(const AtomIndex& index, base::Bytes data, Simd simd, CandidateBuffer& buffer,
               AtomSink& sink);

}  // namespace day::match
