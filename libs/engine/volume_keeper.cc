#include "libs/engine/volume_keeper.h"

#include <algorithm>
#include <utility>

#include "libs/volumes/volume_names.h"

namespace day::engine {
namespace {

using volumes::VolumeNames;

// "2:a.zip" is "a.zip".
std::string_view WithoutNumber(std::string_view name) {
  const std::size_t digits = name.find_first_not_of("0123456789");
  const bool is_numbered = digits != 0 && digits != std::string_view::npos && name[digits] == ':';
  return is_numbered ? name.substr(digits + 1) : name;
}

std::size_t FolderSize(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? 0 : slash + 1;
}

}  // namespace

bool VolumeKeeper::MayBeVolume(std::string_view name) {
  const std::string_view path = WithoutNumber(name);
  return !VolumeNames::Of(path.substr(FolderSize(path))).empty();
}

void VolumeKeeper::Keep(std::string_view name, base::Bytes content) {
  Volume volume = {std::string(name), {content.begin(), content.end()}};
  if (kept_.emplace(WithoutNumber(name), std::move(volume)).second) {
    bytes_ += content.size();
  }
}

std::optional<VolumeKeeper::Archive> VolumeKeeper::Next() {
  while (!kept_.empty()) {
    const std::string path = kept_.begin()->first;
    const std::string folder = path.substr(0, FolderSize(path));
    for (const VolumeNames& names : VolumeNames::Of(std::string_view(path).substr(folder.size()))) {
      std::vector<std::string> set = volumes::NamesOfSet(
          names, [&](const std::string& name) { return kept_.contains(folder + name); });
      if (set.size() < 2) {
        continue;
      }
      for (std::string& name : set) {
        name.insert(0, folder);
      }
      return Take(set, folder + names.Lead());
    }
    bytes_ -= kept_.begin()->second.content.size();
    kept_.erase(kept_.begin());  // sets become fewer only: it belongs to none
  }
  return std::nullopt;
}

std::optional<VolumeKeeper::Archive> VolumeKeeper::Take(const std::vector<std::string>& keys,
                                                        const std::string& lead) {
  Archive archive;
  archive.lead = kept_.at(lead).name;
  for (const std::string& key : keys) {
    const auto volume = kept_.find(key);
    const std::vector<std::byte>& content = volume->second.content;
    archive.starts.push_back(archive.joined.size());
    archive.joined.insert(archive.joined.end(), content.begin(), content.end());
    bytes_ -= content.size();
    kept_.erase(volume);
  }
  return archive;
}

}  // namespace day::engine
