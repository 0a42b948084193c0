// Memory: the paged address space of an emulated program. Bounded, and all its own: no address of
// the emulated program is ever an address of ours.
//
// Regions are declared by Map() and cost nothing until touched; a page is made, full of zeros, when
// it is first read or written. Every page knows whether the program wrote to it since that was last
// forgotten (ForgetWrites), which is how unpacked code is recognised when it is run.
// Not thread-safe.
//
// Limits: kRegionsMax regions, `pages_max` pages; the rest of the program's accesses fail.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/emulate/x86/instruction.h"

namespace day::emulate::x86 {

static_assert(std::endian::native == std::endian::little, "registers and memory are little-endian");

inline constexpr std::size_t kRegionsMax = 1024;

enum Permission : std::uint8_t {
  kRead = 1,
  kWrite = 2,
  kExecute = 4,
  kTrap = 8,  // running code here stops the processor before the first instruction
  kReadWriteExecute = kRead | kWrite | kExecute,
};

enum class AccessResult : std::uint8_t { kDone, kFault, kOutOfPages };

struct Page {
  std::array<std::uint8_t, kPageBytes> bytes{};
  std::uint8_t permissions = 0;
  bool is_written = false;  // by the program, since ForgetWrites()
  bool is_run = false;      // an instruction of it was decoded
  std::unique_ptr<CodePage> code;
};

struct Region {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // both page-aligned
  std::uint8_t permissions = 0;
};

class Memory {
 public:
  explicit Memory(std::size_t pages_max) : pages_max_(pages_max) { FlushAll(); }

  // Declares [address, address + size), rounded outwards to pages. False if it overlaps a region,
  // wraps around, or there are too many.
  bool Map(std::uint64_t address, std::uint64_t size, std::uint8_t permissions);
  // Takes the region that begins at `address` away, and what it held.
  bool Unmap(std::uint64_t address);
  // Of the pages that [address, address + size) touches. False if any of them is not mapped.
  bool Protect(std::uint64_t address, std::uint64_t size, std::uint8_t permissions);
  // The region that holds the address; null if none does.
  const Region* FindRegion(std::uint64_t address) const;
  std::span<const Region> regions() const { return regions_; }
  // A free range of that size, at or above `from` and below `below`; 0 if there is none.
  std::uint64_t FindFree(std::uint64_t from, std::uint64_t below, std::uint64_t size) const;

  // What the emulated program does.
  template <typename T>
  AccessResult Read(std::uint64_t address, T& value) {
    const std::uint64_t number = address / kPageBytes;
    const std::size_t offset = address % kPageBytes;
    const Entry& entry = read_cache_[number % kCacheEntries];
    if (entry.number == number && offset <= kPageBytes - sizeof(T)) [[likely]] {
      std::memcpy(&value, entry.bytes + offset, sizeof(T));
      return AccessResult::kDone;
    }
    return ReadSlow(address, reinterpret_cast<std::uint8_t*>(&value), sizeof(T));
  }
  template <typename T>
  AccessResult Write(std::uint64_t address, T value) {
    const std::uint64_t number = address / kPageBytes;
    const std::size_t offset = address % kPageBytes;
    const Entry& entry = write_cache_[number % kCacheEntries];
    if (entry.number == number && offset <= kPageBytes - sizeof(T)) [[likely]] {
      std::memcpy(entry.bytes + offset, &value, sizeof(T));
      return AccessResult::kDone;
    }
    return WriteSlow(address, reinterpret_cast<const std::uint8_t*>(&value), sizeof(T));
  }

  // What the loader and the emulated system do: permissions do not matter and nothing counts as
  // written by the program, except by WriteForProgram. False if a part is not mapped or no page is
  // left.
  bool Peek(std::uint64_t address, std::span<std::uint8_t> out);
  bool Poke(std::uint64_t address, base::Bytes data);
  bool WriteForProgram(std::uint64_t address, base::Bytes data);

  // The page with the address, made if it is mapped but was never touched; null if it is not
  // mapped or no page is left (`result` says which).
  Page* PageAt(std::uint64_t address, AccessResult& result);
  // The page, only if it was ever touched.
  const Page* TouchedPage(std::uint64_t address) const;
  // From now on the page is not written to, until it is again.
  void ForgetWrites(std::uint64_t address);
  // After code was decoded in a page: writes to it must be seen.
  void WatchCode(std::uint64_t page_number);

  std::size_t page_count() const { return pages_.size(); }

 private:
  static constexpr std::size_t kCacheEntries = 256;
  static constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
  struct Entry {
    std::uint64_t number = kNoPage;
    std::uint8_t* bytes = nullptr;
  };

  AccessResult ReadSlow(std::uint64_t address, std::uint8_t* out, std::size_t size);
  AccessResult WriteSlow(std::uint64_t address, const std::uint8_t* data, std::size_t size);
  AccessResult Writable(std::uint64_t address, std::uint8_t needed, Page*& page);
  static void Store(Page& page, std::size_t offset, const std::uint8_t* data, std::size_t size);
  bool Copy(std::uint64_t address, base::Bytes data, bool by_program);
  void FlushAll();
  void FlushPage(std::uint64_t number);

  std::size_t pages_max_;
  std::vector<Region> regions_;  // by address
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
  std::array<Entry, kCacheEntries> read_cache_;
  std::array<Entry, kCacheEntries> write_cache_;
};

}  // namespace day::emulate::x86
