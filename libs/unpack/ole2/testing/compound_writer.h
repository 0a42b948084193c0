// Writes compound files for tests: plain ones, and ones whose fields a test then breaks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace day::unpack::ole2 {

class CompoundWriter {
 public:
  // Versions 3 (sectors of 512 bytes) and 4 (4,096).
  explicit CompoundWriter(int version = 3) : shift_(version == 4 ? 12 : 9), version_(version) {}

  // Storages in a path ("Macros/VBA/dir") are made as needed. A component is UTF-8 below U+0800.
  void AddStream(const std::string& path, std::string content);
  // One that no tree leads to.
  void AddUnlistedStream(const std::string& name, std::string content);

  std::string Build();

  // Where things lie in what Build() gave: for tests that break them.
  std::uint64_t fat_offset() const { return fat_offset_; }
  std::uint64_t directory_offset() const { return directory_offset_; }

 private:
  struct Node {
    std::string name;
    std::string content;
    bool is_storage = false;
    bool is_listed = true;
    std::vector<std::uint32_t> children;
    std::uint32_t start = 0xFFFFFFFE;
    std::uint32_t right = 0xFFFFFFFF;
  };

  std::uint32_t StorageFor(std::uint32_t parent, const std::string& name);
  std::string LayOutStreams(std::vector<std::uint32_t>& mini_fat);
  std::uint32_t AddSectors(const std::string& content);
  std::string DirectoryEntry(std::size_t id) const;

  int shift_;
  int version_;
  std::vector<Node> nodes_ = {Node{"Root Entry", "", true, true, {}, 0xFFFFFFFE, 0xFFFFFFFF}};
  std::string sectors_;
  std::vector<std::uint32_t> fat_;
  std::uint64_t fat_offset_ = 0;
  std::uint64_t directory_offset_ = 0;
};

// A package ("\1Ole10Native") with a file in it.
std::string PackageStream(const std::string& file_name, const std::string& content);

}  // namespace day::unpack::ole2
