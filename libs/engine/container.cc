#include "libs/engine/container.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/gzip/gzip_reader.h"
#include "libs/unpack/mail/mail_reader.h"
#include "libs/unpack/stream/stream.h"
#include "libs/unpack/tar/tar_reader.h"
#include "libs/unpack/zip/zip_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;
using unpack::mail::MailReader;

constexpr std::string_view kTrailingName = "(trailing data)";

std::string LimitReason(base::Limit limit) {
  return "limit " + std::string(base::LimitName(limit));
}

// How much of `size` bytes may be produced; fills in the gap if it is less.
std::uint64_t Affordable(std::uint64_t size, base::Budget& budget, std::string& gap) {
  const base::BudgetLimits& limits = budget.limits();
  const std::uint64_t left =
      limits.bytes_out_max - std::min(limits.bytes_out_max, budget.bytes_out());
  const std::uint64_t affordable = std::min({size, limits.file_bytes_max, left});
  if (affordable < size) {
    const base::Limit limit =
        left < limits.file_bytes_max ? base::Limit::kBytesOut : base::Limit::kFileBytes;
    (void)budget.Exceed(limit);
    gap = LimitReason(limit);
  }
  return affordable;
}

// Views into the file are paid for like decoded bytes: they are scanned like them.
base::Bytes Pay(base::Bytes view, base::Budget& budget, std::string& gap) {
  const base::Bytes content = base::ClippedSlice(view, 0, Affordable(view.size(), budget, gap));
  (void)budget.SpendBytesOut(content.size());
  return content;
}

std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool HasOtherThanZeros(base::Bytes bytes) {
  return std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; });
}

// The name of what a compressed file holds: "x.tar.gz" holds x.tar, and so does "x.tgz".
struct Ending {
  std::string_view packed;
  std::string_view plain;
};
constexpr Ending kEndings[] = {
    {".gz", ""},  {".tgz", ".tar"},  {".bz2", ""},  {".tbz2", ".tar"}, {".tbz", ".tar"},
    {".xz", ""},  {".txz", ".tar"},  {".lzma", ""}, {".tlz", ".tar"},  {".lz", ""},
    {".zst", ""}, {".tzst", ".tar"}, {".lz4", ""},  {".Z", ""},        {".taz", ".tar"},
};

std::string NameWithoutEnding(std::string_view path) {
  const std::string_view base = BaseName(path);
  for (const Ending& ending : kEndings) {
    if (base.ends_with(ending.packed) && base.size() > ending.packed.size()) {
      return std::string(base.substr(0, base.size() - ending.packed.size())) +
             std::string(ending.plain);
    }
  }
  return "(content)";
}

class ZipContainer final : public Container {
 public:
  explicit ZipContainer(unpack::zip::ZipReader reader) : reader_(std::move(reader)) {}

  std::optional<Item> Next(base::Budget& budget, Inflater& inflater,
                           OutputBuffer& buffer) override {
    while (const auto entry = reader_.Next()) {
      if (entry->is_directory) {
        continue;
      }
      buffer.Clear();
      unpack::zip::Extraction extraction = reader_.Extract(*entry, budget, inflater, buffer);
      Item item;
      item.name = std::string(entry->name);
      item.content = extraction.content;
      item.has_content = !extraction.content.empty() || extraction.gap.empty();
      item.gap = std::move(extraction.gap);
      return item;
    }
    return std::nullopt;
  }

  std::string_view problem() const override { return reader_.problem(); }

 private:
  unpack::zip::ZipReader reader_;
};

class GzipContainer final : public Container {
 public:
  GzipContainer(unpack::gzip::GzipReader reader, std::string_view name)
      : reader_(std::move(reader)), name_(name) {}

  std::optional<Item> Next(base::Budget& budget, Inflater& inflater,
                           OutputBuffer& buffer) override {
    Item item;
    if (!content_given_) {
      content_given_ = true;
      buffer.Clear();
      while (auto member = reader_.Next(budget, inflater, buffer)) {
        if (item.name.empty()) {
          item.name = std::string(member->name);
        }
        if (item.gap.empty()) {
          item.gap = std::move(member->gap);
        }
      }
      if (item.name.empty()) {
        item.name = NameWithoutEnding(name_);
      }
      item.content = buffer.bytes();
      item.has_content = !item.content.empty() || item.gap.empty();
      return item;
    }
    if (!trailing_given_ && !reader_.trailing().empty()) {
      trailing_given_ = true;
      item.name = kTrailingName;
      item.content = Pay(reader_.trailing(), budget, item.gap);
      item.has_content = !item.content.empty();
      return item;
    }
    return std::nullopt;
  }

 private:
  unpack::gzip::GzipReader reader_;
  std::string name_;
  bool content_given_ = false;
  bool trailing_given_ = false;
};

// bzip2, xz, zstd and their like: one content, and perhaps something behind it.
class StreamContainer final : public Container {
 public:
  StreamContainer(unpack::stream::Format format, base::Bytes data, std::string_view name)
      : format_(format), data_(data), name_(name) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& buffer) override {
    Item item;
    if (!content_given_) {
      content_given_ = true;
      buffer.Clear();
      unpack::stream::Outcome outcome = unpack::stream::Decode(format_, data_, budget, buffer);
      if (outcome.gap.empty()) {
        trailing_ = base::ClippedSlice(data_, outcome.consumed, data_.size());
      }
      item.name = NameWithoutEnding(name_);
      item.content = buffer.bytes();
      item.gap = std::move(outcome.gap);
      item.has_content = !item.content.empty() || item.gap.empty();
      return item;
    }
    if (HasOtherThanZeros(trailing_)) {
      item.name = kTrailingName;
      item.content = Pay(std::exchange(trailing_, {}), budget, item.gap);
      item.has_content = !item.content.empty();
      return item;
    }
    return std::nullopt;
  }

 private:
  unpack::stream::Format format_;
  base::Bytes data_;
  std::string name_;
  base::Bytes trailing_;
  bool content_given_ = false;
};

class TarContainer final : public Container {
 public:
  explicit TarContainer(unpack::tar::TarReader reader) : reader_(std::move(reader)) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& buffer) override {
    while (auto entry = reader_.Next()) {
      if (entry->kind == unpack::tar::Entry::Kind::kFile) {
        return MakeItem(*entry, budget, buffer);
      }
    }
    const base::Bytes trailing = reader_.trailing();
    if (!trailing_given_ && HasOtherThanZeros(trailing)) {
      trailing_given_ = true;
      Item item;
      item.name = kTrailingName;
      item.content = Pay(trailing, budget, item.gap);
      item.has_content = !item.content.empty();
      return item;
    }
    return std::nullopt;
  }

  std::string_view problem() const override { return reader_.problem(); }

 private:
  static Item MakeItem(const unpack::tar::Entry& entry, base::Budget& budget,
                       OutputBuffer& buffer) {
    Item item;
    item.name = entry.name;
    item.gap = entry.gap;
    const bool fits =
        entry.is_sparse() && Affordable(entry.real_size, budget, item.gap) == entry.real_size;
    buffer.Clear();
    if (fits && buffer.Reserve(static_cast<std::size_t>(entry.real_size))) {
      const auto size = static_cast<std::size_t>(entry.real_size);
      (void)budget.SpendBytesOut(size);
      unpack::tar::ExpandSparse(entry, buffer.free().first(size));
      buffer.Commit(size);
      item.content = buffer.bytes();
    } else {
      // Not sparse, or too large once expanded: then at least the stored pieces are looked at.
      item.content = Pay(entry.data, budget, item.gap);
    }
    item.has_content = !item.content.empty() || item.gap.empty();
    return item;
  }

  unpack::tar::TarReader reader_;
  bool trailing_given_ = false;
};

class MailContainer final : public Container {
 public:
  explicit MailContainer(MailReader reader) : reader_(std::move(reader)) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& buffer) override {
    auto part = reader_.Next(budget, buffer);
    if (!part) {
      return std::nullopt;
    }
    Item item;
    item.name = std::move(part->name);
    item.content = part->content;
    item.has_content = !part->content.empty();
    item.gap = std::move(part->gap);
    item.origin = part->is_message ? Origin::kMessage : Origin::kMailPart;
    return item;
  }

  std::string_view problem() const override { return reader_.problem(); }

 private:
  MailReader reader_;
};

}  // namespace

std::vector<std::unique_ptr<Container>> OpenContainers(base::Bytes data, FileType type,
                                                       std::string_view name, Origin origin) {
  std::vector<std::unique_ptr<Container>> containers;
  if (type == FileType::kGzip) {
    if (auto reader = unpack::gzip::GzipReader::Create(data); reader.ok()) {
      containers.push_back(std::make_unique<GzipContainer>(*std::move(reader), name));
    }
  }
  const bool is_text = type == FileType::kText || type == FileType::kUnknown;
  if (type == FileType::kMail) {
    containers.push_back(std::make_unique<MailContainer>(MailReader(data)));
  } else if (is_text && origin == Origin::kOther && MailReader::IsEncodedFile(data)) {
    containers.push_back(std::make_unique<MailContainer>(MailReader::OfEncodedFile(data)));
  }
  if (const auto format = unpack::stream::FormatOf(data)) {
    containers.push_back(std::make_unique<StreamContainer>(*format, data, name));
  }
  if (type == FileType::kTar) {
    // A zip behind its last entry is found as trailing data; one at its end is an entry.
    if (auto reader = unpack::tar::TarReader::Create(data); reader.ok()) {
      containers.push_back(std::make_unique<TarContainer>(*std::move(reader)));
    }
  } else if (type == FileType::kZip || unpack::zip::ZipReader::HasDirectory(data)) {
    if (auto reader = unpack::zip::ZipReader::Create(data); reader.ok()) {
      containers.push_back(std::make_unique<ZipContainer>(*std::move(reader)));
    }
  }
  return containers;
}

}  // namespace day::engine
