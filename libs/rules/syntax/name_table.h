// A map from (scope, name) to a number: open addressing, names kept in one string. Used for rules,
// strings, externals and wildcards, where std::map would dominate the time to compile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace day::rules::syntax {

class NameTable {
 public:
  std::optional<std::uint32_t> Find(std::uint32_t scope, std::string_view name) const {
    if (slots_.empty()) {
      return std::nullopt;
    }
    const std::uint64_t hash = Hash(scope, name);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = static_cast<std::size_t>(hash) & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (!slot.used) {
        return std::nullopt;
      }
      if (slot.hash == hash && slot.scope == scope && NameOf(slot) == name) {
        return slot.value;
      }
    }
  }

  // Adds the name, or gives it a new value.
  void Set(std::uint32_t scope, std::string_view name, std::uint32_t value) {
    if ((count_ + 1) * 2 > slots_.size()) {
      Grow();
    }
    const std::uint64_t hash = Hash(scope, name);
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(hash) & mask;
    while (slots_[at].used) {
      Slot& slot = slots_[at];
      if (slot.hash == hash && slot.scope == scope && NameOf(slot) == name) {
        slot.value = value;
        return;
      }
      at = (at + 1) & mask;
    }
    slots_[at] = {.hash = hash,
                  .name_begin = names_.size(),
                  .scope = scope,
                  .value = value,
                  .name_size = static_cast<std::uint32_t>(name.size()),
                  .used = true};
    names_ += name;
    ++count_;
  }

  std::size_t size() const { return count_; }

  // Calls `visit(scope, name)` for every name, in no order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.used) {
        visit(slot.scope, NameOf(slot));
      }
    }
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::size_t name_begin = 0;
    std::uint32_t scope = 0;
    std::uint32_t value = 0;
    std::uint32_t name_size = 0;
    bool used = false;
  };

  std::string_view NameOf(const Slot& slot) const {
    return std::string_view(names_).substr(slot.name_begin, slot.name_size);
  }

  static std::uint64_t Hash(std::uint32_t scope, std::string_view name) {
    std::uint64_t hash = 0xCBF29CE484222325u ^ scope;
    for (const char c : name) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
    }
    return hash ^ (hash >> 29);
  }

  void Grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (!slot.used) {
        continue;
      }
      std::size_t at = static_cast<std::size_t>(slot.hash) & mask;
      while (slots_[at].used) {
        at = (at + 1) & mask;
      }
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::string names_;
  std::size_t count_ = 0;
};

}  // namespace day::rules::syntax
