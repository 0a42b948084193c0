#include "endpoint/scan/artifact_cache.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include "endpoint/scan/clean_cache.h"
#include "libs/os/memory.h"
#include "libs/os/system.h"
#include "libs/wire/codec.h"

namespace day::endpoint::scan {
namespace {

constexpr std::uint32_t kManifestVersion = 1;
constexpr std::uint64_t kManifestBytesMax = 256u << 20;
constexpr std::size_t kSourcesMax = 1'000'000;
constexpr std::size_t kPathBytesMax = 64u << 10;
constexpr std::size_t kNoteBytesMax = 64u << 20;
constexpr std::size_t kSourceBytesMin = 4 + 40 + 32;

struct Manifest {
  crypto::Sha256Digest builder{};
  std::int64_t written_ns = 0;  // time of day
  os::FileStat blob;
  crypto::Sha256Digest sha256{};
  std::vector<ArtifactSource> sources;
  std::string note;
};

void EncodeStat(const os::FileStat& stat, wire::Encoder* encoder) {
  encoder->U64(stat.device);
  encoder->U64(stat.inode);
  encoder->U64(stat.size_bytes);
  encoder->I64(stat.mtime_ns);
  encoder->I64(stat.ctime_ns);
}

os::FileStat DecodeStat(wire::Decoder* decoder) {
  os::FileStat stat;
  stat.device = decoder->U64();
  stat.inode = decoder->U64();
  stat.size_bytes = decoder->U64();
  stat.mtime_ns = decoder->I64();
  stat.ctime_ns = decoder->I64();
  return stat;
}

bool SameState(const os::FileStat& a, const os::FileStat& b) {
  return a.device == b.device && a.inode == b.inode && a.size_bytes == b.size_bytes &&
         a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns;
}

void EncodeDigest(const crypto::Sha256Digest& digest, std::string* out) {
  out->append(base::AsText(digest));
}

crypto::Sha256Digest DecodeDigest(wire::Decoder* decoder) {
  crypto::Sha256Digest digest{};
  for (std::byte& byte : digest) {
    byte = std::byte{decoder->U8()};
  }
  return digest;
}

std::string EncodeManifest(const Manifest& manifest, const crypto::Sha256Digest& key) {
  std::string out;
  wire::Encoder encoder(&out);
  encoder.U32(kManifestVersion);
  EncodeDigest(manifest.builder, &out);
  encoder.I64(manifest.written_ns);
  EncodeStat(manifest.blob, &encoder);
  EncodeDigest(manifest.sha256, &out);
  encoder.Count(manifest.sources.size());
  for (const ArtifactSource& source : manifest.sources) {
    encoder.Text(source.path);
    EncodeStat(source.stat, &encoder);
    EncodeDigest(source.sha256, &out);
  }
  encoder.Text(manifest.note);
  crypto::HmacSha256 hmac(key);
  EncodeDigest(hmac.Authenticate(base::AsBytes(out)), &out);
  return out;
}

std::optional<Manifest> ReadManifest(const std::string& path, const crypto::Sha256Digest& key) {
  const base::Result<std::string> text = os::ReadFile(path, kManifestBytesMax);
  if (!text.ok() || text->size() < key.size()) {
    return std::nullopt;
  }
  const base::Bytes all = base::AsBytes(*text);
  const base::Bytes signed_part = all.first(all.size() - key.size());
  crypto::HmacSha256 hmac(key);
  if (!crypto::EqualConstantTime(hmac.Authenticate(signed_part), all.last(key.size()))) {
    return std::nullopt;
  }
  wire::Decoder decoder(signed_part);
  decoder.Check(decoder.U32() == kManifestVersion);
  Manifest manifest;
  manifest.builder = DecodeDigest(&decoder);
  manifest.written_ns = decoder.I64();
  manifest.blob = DecodeStat(&decoder);
  manifest.sha256 = DecodeDigest(&decoder);
  manifest.sources.resize(decoder.Count(kSourcesMax, kSourceBytesMin));
  for (ArtifactSource& source : manifest.sources) {
    source.path = decoder.Text(kPathBytesMax);
    source.stat = DecodeStat(&decoder);
    source.sha256 = DecodeDigest(&decoder);
  }
  manifest.note = decoder.Text(kNoteBytesMax);
  return decoder.Finish("manifest").ok() ? std::optional(std::move(manifest)) : std::nullopt;
}

// When a manifest was used last is its mtime: nothing else asks for that. Once a day is enough.
void NoteUse(const std::string& manifest) {
  namespace fs = std::filesystem;
  std::error_code failure;
  const auto now = fs::file_time_type::clock::now();
  const auto used = fs::last_write_time(manifest, failure);
  if (!failure && now - used > std::chrono::hours(24)) {
    fs::last_write_time(manifest, now, failure);
  }
}

// Whether the source is what it was when the artifact was made.
bool IsUnchanged(const ArtifactSource& source, std::int64_t written_ns) {
  const base::Result<os::Fd> fd = os::OpenRead(source.path);
  if (!fd.ok()) {
    return false;
  }
  const base::Result<os::FileStat> stat = os::StatFd(fd->get());
  if (!stat.ok()) {
    return false;
  }
  const std::int64_t newest_ns = std::max(source.stat.mtime_ns, source.stat.ctime_ns);
  if (SameState(*stat, source.stat) && newest_ns < written_ns - kRacyNs) {
    return true;
  }
  const base::Result<crypto::Sha256Digest> sha256 = HashFile(fd->get());
  return sha256.ok() && *sha256 == source.sha256;
}

}  // namespace

base::Result<crypto::Sha256Digest> HashFile(int fd) {
  constexpr std::uint64_t kSourceBytesMax = 8ull << 30;
  os::ReadBuffer buffer;
  DAY_TRY_ASSIGN(const os::FileStat stat, os::StatFd(fd));
  DAY_TRY_ASSIGN(const base::Bytes bytes, buffer.Read(fd, stat.size_bytes, kSourceBytesMax));
  return crypto::Sha256(bytes);
}

ArtifactCache::ArtifactCache(std::string folder, const UserKey& key)
    : folder_(std::move(folder)), key_(DeriveKey(key, "daylight artifact cache 1")) {}

std::optional<Artifact> ArtifactCache::Lookup(const std::string& name,
                                              const crypto::Sha256Digest& builder) const {
  const std::optional<Manifest> manifest = ReadManifest(folder_ + "/" + name + ".manifest", key_);
  if (!manifest || manifest->builder != builder) {
    return std::nullopt;
  }
  base::Result<os::Fd> blob = os::OpenRead(folder_ + "/" + name + ".blob", os::Symlinks::kRefuse);
  if (!blob.ok()) {
    return std::nullopt;
  }
  const base::Result<os::FileStat> stat = os::StatFd(blob->get());
  if (!stat.ok() || stat->kind != os::FileKind::kRegular) {
    return std::nullopt;
  }
  const bool unchanged =
      std::all_of(manifest->sources.begin(), manifest->sources.end(),
                  [&](const auto& source) { return IsUnchanged(source, manifest->written_ns); });
  if (!unchanged) {
    return std::nullopt;
  }
  if (!SameState(*stat, manifest->blob)) {
    // A cache folder that was copied or restored: the content decides.
    const base::Result<os::Mapping> bytes = os::Mapping::ReadOnly(*blob, stat->size_bytes);
    if (!bytes.ok() || crypto::Sha256(bytes->bytes()) != manifest->sha256) {
      return std::nullopt;
    }
  }
  NoteUse(folder_ + "/" + name + ".manifest");
  return Artifact{std::move(blob).value(), stat->size_bytes, manifest->sha256, manifest->note};
}

// REQUIRES: the folder's lock is held. What cannot be removed stays.
void ArtifactCache::MakeRoom(const std::string& kept) const {
  namespace fs = std::filesystem;
  os::RemoveUnfinished(folder_);
  std::error_code failure;
  std::multimap<fs::file_time_type, fs::path> by_use;  // manifests
  std::uint64_t bytes = 0;
  for (fs::directory_iterator it(folder_, failure), end; !failure && it != end;
       it.increment(failure)) {
    std::error_code gone;
    const std::uint64_t size = it->file_size(gone);
    bytes += gone ? 0 : size;
    const auto used = it->last_write_time(gone);
    if (!gone && it->path().extension() == ".manifest" && it->path().stem() != kept) {
      by_use.emplace(used, it->path());
    }
  }
  const auto oldest = fs::file_time_type::clock::now() - std::chrono::hours(24 * kUnusedDaysMax);
  for (auto& [used, manifest] : by_use) {
    if (used >= oldest && bytes <= kArtifactBytesMax) {
      return;
    }
    for (const char* extension : {".manifest", ".blob"}) {
      const fs::path path = fs::path(manifest).replace_extension(extension);
      const std::uint64_t size = fs::file_size(path, failure);
      bytes -= failure ? 0 : std::min(bytes, size);
      fs::remove(path, failure);
    }
  }
}

base::Result<Artifact> ArtifactCache::Store(const std::string& name,
                                            const crypto::Sha256Digest& builder,
                                            const std::vector<ArtifactSource>& sources,
                                            const os::Fd& blob, std::uint64_t size_bytes,
                                            std::string note) const {
  DAY_TRY(os::MakeFolders(folder_, 0700));
  DAY_TRY_ASSIGN(const os::Mapping bytes, os::Mapping::ReadOnly(blob, size_bytes));
  const std::string path = folder_ + "/" + name;
  // Two processes may store the same artifact at once: under the lock blob and manifest stay a
  // pair.
  constexpr std::uint32_t kLockTimeoutMs = 10'000;
  DAY_TRY_ASSIGN(const os::Fd lock, os::LockFile(folder_ + "/lock", kLockTimeoutMs));
  DAY_TRY(
      os::WriteFileAtomic(path + ".blob", bytes.bytes(), 0600, os::Durability::kCrashOfProcess));
  Artifact artifact;
  DAY_TRY_ASSIGN(artifact.blob, os::OpenRead(path + ".blob", os::Symlinks::kRefuse));
  artifact.size_bytes = size_bytes;
  artifact.sha256 = crypto::Sha256(bytes.bytes());
  artifact.note = std::move(note);
  Manifest manifest;
  manifest.builder = builder;
  manifest.written_ns = os::RealtimeNs();
  DAY_TRY_ASSIGN(manifest.blob, os::StatFd(artifact.blob.get()));
  manifest.sha256 = artifact.sha256;
  manifest.sources = sources;
  manifest.note = artifact.note;
  const std::string encoded = EncodeManifest(manifest, key_);
  DAY_TRY(os::WriteFileAtomic(path + ".manifest", base::AsBytes(encoded), 0600,
                              os::Durability::kCrashOfProcess));
  MakeRoom(name);
  return artifact;
}

}  // namespace day::endpoint::scan
