#include "endpoint/scan/volume_sets.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "libs/os/file.h"
#include "libs/os/memory.h"
#include "libs/os/system.h"
#include "libs/workerproto/messages.h"

namespace day::endpoint::scan {

static_assert(volumes::kVolumesMax <= workerproto::kVolumesMax);

// The files that are there, up to the first that is not.
VolumeSets::Set VolumeSets::Look(const os::WalkEntry& entry, std::string_view folder,
                                 const volumes::VolumeNames& names) const {
  std::uint64_t bytes = 0;
  const auto is_there = [&](const std::string& name) {
    const std::string path = std::string(folder) + name;
    const auto fd = os::OpenReadAt(entry.folder_fd, path.c_str(), os::Symlinks::kRefuse);
    const auto stat = fd.ok() ? os::StatFd(fd->get()) : base::Result<os::FileStat>(fd.error());
    if (!stat.ok() || stat->kind != os::FileKind::kRegular) {
      return false;
    }
    bytes += std::min(stat->size_bytes, bytes_max_ + 1);
    return bytes <= bytes_max_;
  };
  Set set;
  set.names = volumes::NamesOfSet(names, is_there);
  return bytes <= bytes_max_ ? set : Set();
}

std::optional<VolumeSets::Place> VolumeSets::Find(
    const os::WalkEntry& entry, const std::function<bool(std::string_view)>& comes_to) {
  const std::string_view path = entry.path;
  const std::string_view opened = entry.name;
  const std::string_view name = opened.substr(opened.rfind('/') + 1);
  for (const volumes::VolumeNames& names : volumes::VolumeNames::Of(name)) {
    const std::string_view folder = opened.substr(0, opened.size() - name.size());
    const std::string lead_path = std::string(path.substr(0, path.rfind('/') + 1)) + names.Lead();
    const auto [known, is_new] = sets_.try_emplace(lead_path);
    Set& set = known->second;
    if (is_new) {
      set = Look(entry, folder, names);
    }
    const auto found = std::find(set.names.begin(), set.names.end(), name);
    if (set.names.size() < 2 || found == set.names.end()) {
      continue;
    }
    Place place;
    place.volume = static_cast<std::uint32_t>(found - set.names.begin());
    place.speaks_for_all = name == names.Lead() || (!set.is_told && !comes_to(lead_path));
    set.is_told |= place.speaks_for_all;
    for (const std::string& volume : set.names) {
      place.names.push_back(std::string(folder) + volume);
    }
    return place;
  }
  return std::nullopt;
}

base::Result<std::uint64_t> AppendToMemory(int from, const os::Fd& to, std::uint64_t bytes_max) {
  std::array<std::byte, 65536> buffer;
  std::uint64_t size_bytes = 0;
  for (;;) {
    const ssize_t count = ::read(from, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR && !os::StopRequested()) {
      continue;
    }
    if (count < 0) {
      return os::ErrnoError("read", errno);
    }
    if (count == 0) {
      return size_bytes;
    }
    size_bytes += static_cast<std::uint64_t>(count);
    if (size_bytes > bytes_max) {
      return base::MakeError(base::ErrorKind::kLimit, "larger than --max-filesize");
    }
    DAY_TRY(os::WriteAll(to.get(), base::Bytes(buffer).first(static_cast<std::size_t>(count))));
  }
}

base::Result<JoinedVolumes> JoinVolumes(int folder_fd, const std::vector<std::string>& names,
                                        std::uint64_t bytes_max) {
  JoinedVolumes joined;
  DAY_TRY_ASSIGN(joined.fd, os::CreateMemfd("daylight-volumes", std::uint64_t{0}));
  std::uint64_t left = bytes_max;
  for (const std::string& name : names) {
    DAY_TRY_ASSIGN(const os::Fd volume,
                   os::OpenReadAt(folder_fd, name.c_str(), os::Symlinks::kRefuse));
    DAY_TRY_ASSIGN(const std::uint64_t size, AppendToMemory(volume.get(), joined.fd, left));
    joined.volume_bytes.push_back(size);
    left -= size;
  }
  return joined;
}

}  // namespace day::endpoint::scan
