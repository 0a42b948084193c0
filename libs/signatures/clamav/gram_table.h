// The tables of the first pass, while they are built: grams or pairs, and the parts they lead to.
// Deterministic. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/signatures/clamav/part_plan.h"

namespace day::signatures::clamav {

class GramTable {
 public:
  void Add(const GramChoice& choice, std::uint32_t part, std::uint32_t signature) {
    rows_.push_back({choice, part, signature});
  }
  // Appends the sections of body_format.h; nothing if no gram was added.
  void Write(std::string* bitmap, std::string* starts, std::string* entries);

 private:
  struct Row {
    GramChoice choice;
    std::uint32_t part = 0;
    std::uint32_t signature = 0;
  };
  std::vector<Row> rows_;
};

class PairTable {
 public:
  void Add(const GramChoice& choice, std::uint32_t part, std::uint32_t signature) {
    rows_.push_back({choice, part, signature});
  }
  void Write(std::string* tables, std::string* starts, std::string* entries);

 private:
  struct Row {
    GramChoice choice;
    std::uint32_t part = 0;
    std::uint32_t signature = 0;
  };
  std::vector<Row> rows_;
};

}  // namespace day::signatures::clamav
