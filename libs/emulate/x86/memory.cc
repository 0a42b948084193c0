#include "libs/emulate/x86/memory.h"

#include <algorithm>

namespace day::emulate::x86 {
namespace {

constexpr std::uint64_t PageDown(std::uint64_t address) {
  return address / kPageBytes * kPageBytes;
}

// The parts of [address, address + size) page by page; at most two for any one instruction.
struct Piece {
  std::uint64_t address;
  std::size_t offset;
  std::size_t size;
};

Piece NextPiece(std::uint64_t address, std::size_t rest) {
  const std::size_t offset = address % kPageBytes;
  return {address, offset, std::min(rest, kPageBytes - offset)};
}

}  // namespace

bool Memory::Map(std::uint64_t address, std::uint64_t size, std::uint8_t permissions) {
  const std::uint64_t begin = PageDown(address);
  const std::uint64_t last = address + size - 1;
  if (size == 0 || last < address || last >= ~std::uint64_t{0} - kPageBytes ||
      regions_.size() >= kRegionsMax) {
    return false;
  }
  const std::uint64_t end = PageDown(last) + kPageBytes;
  const auto after = std::find_if(regions_.begin(), regions_.end(),
                                  [&](const Region& region) { return region.end > begin; });
  if (after != regions_.end() && after->begin < end) {
    return false;
  }
  regions_.insert(after, {begin, end, permissions});
  return true;
}

bool Memory::Unmap(std::uint64_t address) {
  const auto region = std::find_if(regions_.begin(), regions_.end(),
                                   [&](const Region& each) { return each.begin == address; });
  if (region == regions_.end()) {
    return false;
  }
  const std::uint64_t first = region->begin / kPageBytes;
  const std::uint64_t end = region->end / kPageBytes;
  if (end - first < pages_.size()) {
    for (std::uint64_t number = first; number < end; ++number) {
      pages_.erase(number);
    }
  } else {
    std::erase_if(pages_,
                  [&](const auto& page) { return page.first >= first && page.first < end; });
  }
  regions_.erase(region);
  FlushAll();
  return true;
}

bool Memory::Protect(std::uint64_t address, std::uint64_t size, std::uint8_t permissions) {
  const std::uint64_t last = address + (size == 0 ? 0 : size - 1);
  const Region* region = FindRegion(address);
  if (last < address || region == nullptr || last >= region->end) {
    return false;
  }
  for (std::uint64_t at = PageDown(address); at <= last; at += kPageBytes) {
    AccessResult result = AccessResult::kDone;
    Page* page = PageAt(at, result);
    if (page == nullptr) {
      return false;
    }
    page->permissions = permissions;
    FlushPage(at / kPageBytes);
  }
  return true;
}

const Region* Memory::FindRegion(std::uint64_t address) const {
  const auto region =
      std::upper_bound(regions_.begin(), regions_.end(), address,
                       [](std::uint64_t value, const Region& each) { return value < each.end; });
  return region != regions_.end() && region->begin <= address ? &*region : nullptr;
}

std::uint64_t Memory::FindFree(std::uint64_t from, std::uint64_t below, std::uint64_t size) const {
  constexpr std::uint64_t kGranularity = 0x10000;
  std::uint64_t candidate = from;
  for (const Region& region : regions_) {
    if (region.end <= candidate) {
      continue;
    }
    if (region.begin >= candidate && region.begin - candidate >= size) {
      break;
    }
    candidate = (region.end + kGranularity - 1) / kGranularity * kGranularity;
  }
  return candidate < below && below - candidate >= size ? candidate : 0;
}

Page* Memory::PageAt(std::uint64_t address, AccessResult& result) {
  const std::uint64_t number = address / kPageBytes;
  if (const auto found = pages_.find(number); found != pages_.end()) {
    result = AccessResult::kDone;
    return found->second.get();
  }
  const Region* region = FindRegion(address);
  if (region == nullptr || pages_.size() >= pages_max_) {
    result = region == nullptr ? AccessResult::kFault : AccessResult::kOutOfPages;
    return nullptr;
  }
  auto page = std::make_unique<Page>();
  page->permissions = region->permissions;
  result = AccessResult::kDone;
  return pages_.emplace(number, std::move(page)).first->second.get();
}

const Page* Memory::TouchedPage(std::uint64_t address) const {
  const auto found = pages_.find(address / kPageBytes);
  return found == pages_.end() ? nullptr : found->second.get();
}

AccessResult Memory::ReadSlow(std::uint64_t address, std::uint8_t* out, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const Piece piece = NextPiece(address + done, size - done);
    AccessResult result = AccessResult::kDone;
    Page* page = PageAt(piece.address, result);
    if (page == nullptr) {
      return result;
    }
    if ((page->permissions & kRead) == 0) {
      return AccessResult::kFault;
    }
    std::memcpy(out + done, page->bytes.data() + piece.offset, piece.size);
    const std::uint64_t number = piece.address / kPageBytes;
    read_cache_[number % kCacheEntries] = {number, page->bytes.data()};
    done += piece.size;
  }
  return AccessResult::kDone;
}

AccessResult Memory::Writable(std::uint64_t address, std::uint8_t needed, Page*& page) {
  AccessResult result = AccessResult::kDone;
  page = PageAt(address, result);
  if (page != nullptr && (page->permissions & needed) != needed) {
    return AccessResult::kFault;
  }
  return result;
}

void Memory::Store(Page& page, std::size_t offset, const std::uint8_t* data, std::size_t size) {
  std::memcpy(page.bytes.data() + offset, data, size);
  if (page.code != nullptr) {
    page.code->Invalidate(offset, size);
  }
}

// All or nothing, as the processor does it.
AccessResult Memory::WriteSlow(std::uint64_t address, const std::uint8_t* data, std::size_t size) {
  const Piece first = NextPiece(address, size);
  Page* page = nullptr;
  if (const AccessResult result = Writable(address, kWrite, page); result != AccessResult::kDone) {
    return result;
  }
  Page* second = nullptr;
  if (first.size < size) {
    const AccessResult result = Writable(address + first.size, kWrite, second);
    if (result != AccessResult::kDone) {
      return result;
    }
    Store(*second, 0, data + first.size, size - first.size);
    second->is_written = true;
  }
  Store(*page, first.offset, data, first.size);
  page->is_written = true;
  if (page->code == nullptr) {
    const std::uint64_t number = address / kPageBytes;
    write_cache_[number % kCacheEntries] = {number, page->bytes.data()};
  }
  return AccessResult::kDone;
}

bool Memory::Peek(std::uint64_t address, std::span<std::uint8_t> out) {
  for (std::size_t done = 0; done < out.size();) {
    const Piece piece = NextPiece(address + done, out.size() - done);
    if (FindRegion(piece.address) == nullptr) {
      return false;
    }
    const Page* page = TouchedPage(piece.address);
    if (page != nullptr) {
      std::memcpy(out.data() + done, page->bytes.data() + piece.offset, piece.size);
    } else {
      std::memset(out.data() + done, 0, piece.size);
    }
    done += piece.size;
  }
  return true;
}

bool Memory::Copy(std::uint64_t address, base::Bytes data, bool by_program) {
  for (std::size_t done = 0; done < data.size();) {
    const Piece piece = NextPiece(address + done, data.size() - done);
    Page* page = nullptr;
    if (Writable(piece.address, 0, page) != AccessResult::kDone) {
      return false;
    }
    Store(*page, piece.offset, reinterpret_cast<const std::uint8_t*>(data.data()) + done,
          piece.size);
    page->is_written = page->is_written || by_program;
    done += piece.size;
  }
  return true;
}

bool Memory::Poke(std::uint64_t address, base::Bytes data) { return Copy(address, data, false); }

bool Memory::WriteForProgram(std::uint64_t address, base::Bytes data) {
  return Copy(address, data, true);
}

void Memory::ForgetWrites(std::uint64_t address) {
  AccessResult result = AccessResult::kDone;
  if (Page* page = PageAt(address, result)) {
    page->is_written = false;
    FlushPage(address / kPageBytes);
  }
}

void Memory::WatchCode(std::uint64_t page_number) { FlushPage(page_number); }

void Memory::FlushPage(std::uint64_t number) {
  read_cache_[number % kCacheEntries] = {};
  write_cache_[number % kCacheEntries] = {};
}

void Memory::FlushAll() {
  read_cache_.fill({});
  write_cache_.fill({});
}

}  // namespace day::emulate::x86
