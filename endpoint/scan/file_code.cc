#include "endpoint/scan/file_code.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>

namespace day::endpoint::scan {
namespace {

constexpr std::size_t kStateBytes = 5 * sizeof(std::uint64_t);
constexpr std::size_t kFixedBytes = kStateBytes + sizeof(crypto::Sha256Digest);
constexpr std::size_t kPathOnStackMax = 440;

}  // namespace

FileCode FileCoder::Code(std::string_view path, const os::FileStat& stat) const {
  const std::array<std::uint64_t, 5> state = {stat.device, stat.inode, stat.size_bytes,
                                              static_cast<std::uint64_t>(stat.mtime_ns),
                                              static_cast<std::uint64_t>(stat.ctime_ns)};
  std::array<std::byte, kFixedBytes + kPathOnStackMax> near;
  std::string far;
  std::span<std::byte> message(near);
  if (path.size() > kPathOnStackMax) {
    far.resize(kFixedBytes + path.size());
    message = std::as_writable_bytes(std::span(far));
  }
  message = message.first(kFixedBytes + path.size());
  std::memcpy(message.data(), state.data(), kStateBytes);
  std::memcpy(message.data() + kStateBytes, generation_.data(), generation_.size());
  std::memcpy(message.data() + kFixedBytes, path.data(), path.size());
  const std::array<std::byte, 16> hash = SipHash128(key_, message);
  FileCode code;
  std::copy_n(hash.begin(), code.size(), code.begin());
  return code;
}

std::array<std::byte, 16> FileCoder::Seal(const FileCode& code, base::Bytes payload) const {
  std::string message(base::AsText(code));
  message += base::AsText(payload);
  return SipHash128(key_, base::AsBytes(message));
}

bool IsSettled(const os::FileStat& stat, std::int64_t opened_ns) {
  return std::max(stat.mtime_ns, stat.ctime_ns) <= opened_ns - kRacyNs;
}

}  // namespace day::endpoint::scan
