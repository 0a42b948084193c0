#include "libs/signatures/cvd/cvd.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "libs/base/budget.h"
#include "libs/base/lines.h"
#include "libs/unpack/gzip/gzip_reader.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/tar/tar_reader.h"

namespace day::signatures::cvd {
namespace {

constexpr std::string_view kMagic = "ClamAV-VDB:";
constexpr std::string_view kInfoEnding = ".info";
constexpr std::string_view kFreeMember = "COPYING";
constexpr std::string_view kSignatureLine = "DSIG:";
// magic, time, version, signatures, level, MD5, signature, builder[, time]
constexpr std::size_t kFieldsMin = 8;
constexpr std::size_t kFieldsMax = 9;

base::Error Malformed(std::string message) {
  return base::MakeError(base::ErrorKind::kMalformed, std::move(message));
}

template <typename T>
bool ReadNumber(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::vector<std::string_view> Split(std::string_view text, std::size_t fields_max) {
  std::vector<std::string_view> fields;
  while (fields.size() + 1 < fields_max) {
    const std::size_t end = text.find(':');
    if (end == std::string_view::npos) {
      break;
    }
    fields.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  fields.push_back(text);
  return fields;
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(std::string_view(" \t\r\n\0", 5));
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

bool IsDigest(std::string_view text, std::size_t digits) {
  return text.size() == digits && base::FromHex(text).has_value();
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

base::BudgetLimits Limits() {
  base::BudgetLimits limits;
  limits.files_max = kMembersMax;
  limits.bytes_out_max = kBytesMax;
  limits.file_bytes_max = kBytesMax;
  return limits;
}

// The content of all gzip members, joined.
base::Status Decompress(base::Bytes file, unpack::inflate::OutputBuffer& buffer) {
  DAY_TRY_ASSIGN(unpack::gzip::GzipReader gzip, unpack::gzip::GzipReader::Create(file));
  base::Budget budget(Limits());
  unpack::inflate::Inflater inflater;
  while (const auto member = gzip.Next(budget, inflater, buffer)) {
    if (!member->gap.empty()) {
      return base::MakeError(
          member->gap.starts_with("limit") ? base::ErrorKind::kLimit : base::ErrorKind::kMalformed,
          "the compressed part: " + member->gap);
    }
  }
  return base::OkStatus();
}

struct Listed {
  std::uint64_t size = 0;
  std::string sha256;  // lower-case digits
  bool seen = false;
};

// "NAME:SIZE:SHA256" lines of an .info.
base::Result<std::map<std::string, Listed>> ReadList(std::string_view lines) {
  std::map<std::string, Listed> listed;
  while (!lines.empty()) {
    const std::string_view line = Trimmed(base::TakeLine(&lines));
    if (line.empty()) {
      continue;
    }
    const std::vector<std::string_view> fields = Split(line, 3);
    Listed entry;
    if (fields.size() != 3 || !ReadNumber(fields[1], entry.size) || !IsDigest(fields[2], 64)) {
      return Malformed("a line of the .info is not NAME:SIZE:SHA256");
    }
    entry.sha256 = Lower(fields[2]);
    listed.insert_or_assign(std::string(fields[0]), std::move(entry));
  }
  return listed;
}

}  // namespace

std::optional<Kind> KindOfName(std::string_view file_name) {
  if (file_name.ends_with(".cvd")) {
    return Kind::kCvd;
  }
  if (file_name.ends_with(".cld")) {
    return Kind::kCld;
  }
  return file_name.ends_with(".cud") ? std::optional(Kind::kCud) : std::nullopt;
}

base::Result<Header> ParseHeader(std::string_view text) {
  text = Trimmed(text);
  if (!text.starts_with(kMagic)) {
    return Malformed("no container of ClamAV: it does not start with ClamAV-VDB");
  }
  const std::vector<std::string_view> fields = Split(text, kFieldsMax);
  Header header;
  if (fields.size() < kFieldsMin || !ReadNumber(fields[2], header.version) ||
      !ReadNumber(fields[3], header.signature_count) ||
      !ReadNumber(fields[4], header.functionality_level)) {
    return Malformed("the header is damaged");
  }
  header.time = fields[1];
  header.md5 = fields[5];
  header.signature = fields[6];
  header.builder = fields[7];
  if (fields.size() == kFieldsMax && !ReadNumber(fields[8], header.unix_time)) {
    return Malformed("the header is damaged");
  }
  return header;
}

base::Status Container::ReadMembers(base::Bytes rest, std::string* info) {
  const bool is_compressed =
      rest.size() >= 2 && rest[0] == std::byte{0x1F} && rest[1] == std::byte{0x8B};
  if (is_compressed) {
    DAY_TRY(Decompress(rest, buffer_));
  } else if (rest.size() > kBytesMax || !buffer_.Append(rest)) {
    return base::MakeError(base::ErrorKind::kLimit, "too large");
  }
  DAY_TRY_ASSIGN(unpack::tar::TarReader tar, unpack::tar::TarReader::Create(buffer_.bytes()));
  bool has_info = false;
  while (auto entry = tar.Next()) {
    if (!entry->gap.empty() || entry->is_sparse() ||
        entry->kind != unpack::tar::Entry::Kind::kFile) {
      return Malformed("the archive inside is damaged or has other things than files");
    }
    if (entry->name.empty() || entry->name.find('/') != std::string::npos) {
      return Malformed("the archive inside has names with folders");
    }
    if (members_.size() >= kMembersMax) {
      return base::MakeError(base::ErrorKind::kLimit, "more than 10,000 files inside");
    }
    if (entry->name.ends_with(kInfoEnding)) {
      if (has_info) {
        return Malformed("there are two .info files inside");
      }
      has_info = true;
      *info = base::AsText(entry->data);
      continue;
    }
    members_.push_back({std::move(entry->name), entry->data});
  }
  if (!tar.problem().empty()) {
    return Malformed("the archive inside: " + std::string(tar.problem()));
  }
  return has_info ? base::OkStatus() : base::Status(Malformed("there is no .info inside"));
}

base::Status Container::CheckInfo(std::string_view info, bool needs_signature,
                                  const PublicKeys& keys) const {
  const std::size_t at = info.starts_with(kSignatureLine) ? 0 : info.find("\nDSIG:") + 1;
  const bool is_signed = at != 0 || info.starts_with(kSignatureLine);
  const std::string_view listed_text = is_signed ? info.substr(0, at) : info;
  if (needs_signature) {
    const std::string_view signature =
        is_signed ? Trimmed(info.substr(at + kSignatureLine.size())) : std::string_view();
    if (!is_signed ||
        !VerifyInfoSignature(keys.info, crypto::Sha256(base::AsBytes(listed_text)), signature)) {
      return Malformed(is_signed ? "the signature in the .info is wrong"
                                 : "the .info has no signature");
    }
  }
  std::string_view lines = listed_text;
  DAY_TRY_ASSIGN(const Header repeated,
                 ParseHeader(lines.empty() ? lines : base::TakeLine(&lines)));
  if (repeated.version != header_.version || repeated.signature_count != header_.signature_count ||
      repeated.functionality_level != header_.functionality_level ||
      repeated.time != header_.time) {
    return Malformed("the .info is of another container");
  }
  DAY_TRY_ASSIGN(auto listed, ReadList(lines));
  for (const Member& member : members_) {
    const auto found = listed.find(member.name);
    if (found == listed.end()) {
      if (member.name == kFreeMember) {
        continue;
      }
      return Malformed(member.name + " is not in the .info");
    }
    if (found->second.seen || found->second.size != member.content.size() ||
        crypto::Sha256Hex(member.content) != found->second.sha256) {
      return Malformed(member.name + " is not what the .info says");
    }
    found->second.seen = true;
  }
  for (const auto& [name, entry] : listed) {
    if (!entry.seen) {
      return Malformed(name + " of the .info is missing");
    }
  }
  return base::OkStatus();
}

base::Result<Container> Container::Open(Kind kind, base::Bytes file, const OpenOptions& options) {
  Container container;
  if (file.size() < kHeaderBytes) {
    return Malformed("shorter than its header");
  }
  DAY_TRY_ASSIGN(container.header_, ParseHeader(base::AsText(file.first(kHeaderBytes))));
  const base::Bytes rest = file.subspan(kHeaderBytes);
  bool needs_info_signature = kind != Kind::kCud;
  if (!options.certificates.empty() && !options.sign_text.empty()) {
    DAY_TRY_ASSIGN(container.signer_, VerifyBeside(file, options.sign_text, options.certificates));
    container.trust_ = Trust::kCertificate;
    needs_info_signature = false;
  } else if (kind == Kind::kCvd) {
    if (Lower(container.header_.md5) != crypto::ToHexDigest(crypto::Md5(rest))) {
      return Malformed("its MD5 is not the one in its header");
    }
    if (!VerifyHeaderSignature(options.keys->header, container.header_.md5,
                               container.header_.signature)) {
      return Malformed("the signature in its header is wrong");
    }
    container.trust_ = Trust::kHeaderKey;
  } else if (kind == Kind::kCld) {
    container.trust_ = Trust::kInfoKey;
  }
  std::string info;
  DAY_TRY(container.ReadMembers(rest, &info));
  DAY_TRY(container.CheckInfo(info, needs_info_signature, *options.keys));
  return container;
}

}  // namespace day::signatures::cvd
