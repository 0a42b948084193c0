// Archives in several files, told by the names of the files:
//
//   a.z01 a.z02 a.zip      a.7z.001 a.7z.002          a.part1.rar a.part2.rar
//   a.rar a.r00 a.r01      data1.hdr data1.cab data2.cab
//
// Names only say which files may belong together. Values; free of input and output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace day::volumes {

// Volumes of one archive that are looked at.
inline constexpr std::size_t kVolumesMax = 1000;

// How the files of a set are called. Names are without folders.
struct VolumeNames {
  enum class Scheme : std::uint8_t { kZip, kNumbered, kRarParts, kRar, kInstallshield };
  Scheme scheme = Scheme::kZip;
  std::string stem;        // what all names start with
  std::size_t digits = 2;  // at least, of numbers
  bool is_upper = false;   // the ending

  // What `name` may be a volume of, the likeliest first; nothing for most names.
  static std::vector<VolumeNames> Of(std::string_view name);

  std::string Lead() const;
  bool lead_is_last() const { return scheme == Scheme::kZip; }
  // The others in order, from 0; empty beyond the last that may be.
  std::string Follower(std::size_t index) const;
};

// The names of a set in order, the lead's in its place, up to the first for which `is_there` is
// false; none if there are fewer than two.
template <typename IsThere>
std::vector<std::string> NamesOfSet(const VolumeNames& names, const IsThere& is_there) {
  std::vector<std::string> set = {names.Follower(0)};
  std::string lead = names.Lead();
  // Most leads are archives of one file.
  if (!is_there(set.front()) || !is_there(lead)) {
    return {};
  }
  for (std::size_t i = 1; set.size() + 1 < kVolumesMax; ++i) {
    std::string name = names.Follower(i);
    if (name.empty() || !is_there(name)) {
      break;
    }
    set.push_back(std::move(name));
  }
  set.insert(names.lead_is_last() ? set.end() : set.begin(), std::move(lead));
  return set;
}

}  // namespace day::volumes
