#include "endpoint/scan/volume_sets.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "libs/os/file.h"
#include "libs/os/memory.h"
#include "libs/os/system.h"
#include "libs/workerproto/messages.h"

namespace day::endpoint::scan {
namespace {

constexpr std::size_t kNumberDigitsMax = 5;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }
char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

// Whether `name`, which has more than that, ends so, in whatever case.
bool EndsWith(std::string_view name, std::string_view ending) {
  return name.size() > ending.size() &&
         std::equal(ending.begin(), ending.end(), name.end() - static_cast<long>(ending.size()),
                    [](char a, char b) { return a == ToLower(b); });
}

// Takes the number off the end of `name`; nothing if there is none, or 0.
struct Number {
  std::uint32_t value = 0;
  std::size_t digits = 0;
  bool is_padded = false;
};
std::optional<Number> TakeNumber(std::string_view& name) {
  std::size_t begin = name.size();
  while (begin > 0 && IsDigit(name[begin - 1])) {
    --begin;
  }
  const std::string_view text = name.substr(begin);
  Number number;
  number.digits = text.size();
  if (text.empty() || text.size() > kNumberDigitsMax) {
    return std::nullopt;
  }
  std::from_chars(text.data(), text.data() + text.size(), number.value);
  number.is_padded = text.front() == '0';
  name.remove_suffix(text.size());
  return number;
}

std::string Padded(std::size_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

// "a.z01", "a.r00", "a.001": by what stands in front of the number.
std::vector<VolumeNames> OfNumber(std::string_view name) {
  using Scheme = VolumeNames::Scheme;
  const auto number = TakeNumber(name);
  if (!number || number->digits < 2 || name.size() < 2) {
    return {};
  }
  const char last = name.back();
  const auto make = [&](Scheme scheme, std::size_t left_out) {
    VolumeNames names;
    names.scheme = scheme;
    names.stem = name.substr(0, name.size() - left_out);
    names.is_upper = IsUpper(last);
    return std::vector<VolumeNames>{std::move(names)};
  };
  if (last == '.' && number->digits == 3 && number->value > 0) {
    return make(Scheme::kNumbered, 1);
  }
  if (name.size() < 3 || name[name.size() - 2] != '.') {
    return {};
  }
  const char letter = ToLower(last);
  if (letter == 'z' && number->value > 0) {
    return make(Scheme::kZip, 2);
  }
  return letter >= 'r' && letter <= 'y' && number->digits == 2 ? make(Scheme::kRar, 2)
                                                               : std::vector<VolumeNames>();
}

std::vector<VolumeNames> OfRar(std::string_view name, bool is_upper) {
  using Scheme = VolumeNames::Scheme;
  std::vector<VolumeNames> found;
  std::string_view rest = name;
  const auto number = TakeNumber(rest);
  if (number && number->value > 0 && EndsWith(rest, ".part")) {
    found.push_back({Scheme::kRarParts, std::string(rest), number->digits, is_upper});
    if (number->digits > 1 && !number->is_padded) {
      found.push_back({Scheme::kRarParts, std::string(rest), 1, is_upper});
    }
  }
  found.push_back({Scheme::kRar, std::string(name), 2, is_upper});
  return found;
}

std::string InCase(std::string_view ending, bool is_upper) {
  std::string text(ending);
  if (is_upper) {
    std::transform(text.begin(), text.end(), text.begin(), ToUpper);
  }
  return text;
}

}  // namespace

std::vector<VolumeNames> VolumeNames::Of(std::string_view name) {
  constexpr std::size_t kEnding = 4;
  if (name.size() <= kEnding) {
    return {};
  }
  const bool is_upper = IsUpper(name.back());
  const std::string_view stem = name.substr(0, name.size() - kEnding);
  switch (ToLower(name.back())) {
    case 'p':
      return EndsWith(name, ".zip")
                 ? std::vector<VolumeNames>{{Scheme::kZip, std::string(stem), 2, is_upper}}
                 : std::vector<VolumeNames>();
    case 'r':
    case 'b': {
      if (EndsWith(name, ".rar")) {
        return OfRar(stem, is_upper);
      }
      std::string_view rest = stem;
      if (!(EndsWith(name, ".hdr") || EndsWith(name, ".cab")) || !TakeNumber(rest)) {
        return {};
      }
      return {{Scheme::kInstallshield, std::string(rest), 1, is_upper}};
    }
    default:
      return IsDigit(name.back()) ? OfNumber(name) : std::vector<VolumeNames>();
  }
}

std::string VolumeNames::Lead() const {
  switch (scheme) {
    case Scheme::kZip:
      return stem + InCase(".zip", is_upper);
    case Scheme::kNumbered:
      return stem + ".001";
    case Scheme::kRarParts:
      return stem + Padded(1, digits) + InCase(".rar", is_upper);
    case Scheme::kRar:
      return stem + InCase(".rar", is_upper);
    case Scheme::kInstallshield:
      return stem + "1" + InCase(".hdr", is_upper);
  }
  return {};
}

std::string VolumeNames::Follower(std::size_t index) const {
  constexpr std::size_t kOfOneLetter = 100;
  constexpr std::size_t kLetters = 8;  // r to y: z is zip's
  switch (scheme) {
    case Scheme::kZip:
      return stem + InCase(".z", is_upper) + Padded(index + 1, 2);
    case Scheme::kNumbered:
      return index + 2 < 1000 ? stem + "." + Padded(index + 2, 3) : std::string();
    case Scheme::kRarParts:
      return stem + Padded(index + 2, digits) + InCase(".rar", is_upper);
    case Scheme::kRar: {
      const char letter = static_cast<char>((is_upper ? 'R' : 'r') + index / kOfOneLetter);
      return index < kLetters * kOfOneLetter ? stem + "." + letter + Padded(index % kOfOneLetter, 2)
                                             : std::string();
    }
    case Scheme::kInstallshield:
      return stem + std::to_string(index + 1) + InCase(".cab", is_upper);
  }
  return {};
}

// The files that are there, up to the first that is not.
VolumeSets::Set VolumeSets::Look(const os::WalkEntry& entry, std::string_view folder,
                                 const VolumeNames& names) const {
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
  std::string lead = names.Lead();
  if (!is_there(lead)) {
    return set;
  }
  for (std::size_t i = 0; set.names.size() + 1 < workerproto::kVolumesMax; ++i) {
    std::string name = names.Follower(i);
    if (name.empty() || !is_there(name)) {
      break;
    }
    set.names.push_back(std::move(name));
  }
  set.names.insert(names.lead_is_last() ? set.names.end() : set.names.begin(), std::move(lead));
  return bytes <= bytes_max_ ? set : Set();
}

std::optional<VolumeSets::Place> VolumeSets::Find(
    const os::WalkEntry& entry, const std::function<bool(std::string_view)>& comes_to) {
  const std::string_view path = entry.path;
  const std::string_view opened = entry.name;
  const std::string_view name = opened.substr(opened.rfind('/') + 1);
  for (const VolumeNames& names : VolumeNames::Of(name)) {
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
