#include "libs/unpack/libarchive/libarchive_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "libs/unpack/parts/sink.h"

namespace day::unpack::libarchive {
namespace {

using std::string_view_literals::operator""sv;
using parts::Member;
using parts::Sink;

constexpr std::uint64_t kIsoMagicOffset = 0x8001;
// Steps for a header: libarchive may look at much of a file for one.
constexpr std::uint64_t kStepsPerHeader = 1000;
constexpr std::size_t kMessageBytesMax = 100;
constexpr int kRetriesMax = 10;
constexpr int kEmptyBlocksMax = 100'000;

struct Close {
  void operator()(struct archive* archive) const { archive_read_free(archive); }
};
using Handle = std::unique_ptr<struct archive, Close>;

bool Contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// libarchive's words for what went wrong, as a gap. They may hold names out of the file.
std::string ReasonOf(struct archive* archive) {
  const char* words = archive_error_string(archive);
  std::string text(words != nullptr ? words : "cannot be decoded");
  text.resize(std::min(text.size(), kMessageBytesMax));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  if (Contains(text, "ncrypt") || Contains(text, "assphrase")) {
    return "encrypted";
  }
  if (archive_errno(archive) == ENOMEM) {
    return "limit memory_bytes_max";
  }
  const bool is_unsupported = Contains(text, "nsupported") || Contains(text, "not supported") ||
                              Contains(text, "unavailable") || Contains(text, "ultivolume");
  return (is_unsupported ? "unsupported: " : "damaged: ") + text;
}

int Support(struct archive* archive, Format format) {
  switch (format) {
    case Format::k7z:
      return archive_read_support_format_7zip(archive);
    case Format::kIso9660:
      return archive_read_support_format_iso9660(archive);
  }
  return ARCHIVE_FATAL;
}

// Whatever kind an entry claims to be (some tools write none), data is data. The content of a hard
// link was given under its first name. A folder of a disc has a size: that of its listing.
bool HasContent(struct archive_entry* entry, Format format) {
  const auto kind = archive_entry_filetype(entry);
  if (format == Format::kIso9660 && kind == AE_IFDIR) {
    return false;
  }
  const bool is_file = kind == AE_IFREG || kind == 0;
  return archive_entry_hardlink(entry) == nullptr && (is_file || archive_entry_size(entry) > 0);
}

std::string NameOf(struct archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) {
    name = archive_entry_pathname_utf8(entry);
  }
  return name != nullptr ? name : "";
}

class LibarchiveReader final : public parts::Archive {
 public:
  LibarchiveReader(Format format, base::Bytes file) : format_(format), file_(file) {}

  std::optional<Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override {
    if (!std::exchange(opened_, true)) {
      Open();
    }
    for (int retries = 0; handle_ != nullptr;) {
      if (!budget.SpendSteps(kStepsPerHeader).ok()) {
        return Stop(parts::LimitReason(base::Limit::kSteps));
      }
      struct archive_entry* entry = nullptr;
      const int status = archive_read_next_header(handle_.get(), &entry);
      if (status == ARCHIVE_EOF) {
        return Stop({});
      }
      if (status == ARCHIVE_RETRY && ++retries < kRetriesMax) {
        continue;
      }
      if (status < ARCHIVE_WARN) {
        // Libarchive knows of the encryption before it stumbles over it.
        return Stop(archive_read_has_encrypted_entries(handle_.get()) > 0
                        ? "encrypted"
                        : ReasonOf(handle_.get()));
      }
      if (HasContent(entry, format_)) {
        return ReadMember(entry, budget, buffer);
      }
    }
    return std::nullopt;
  }

  std::string_view problem() const override { return problem_; }

 private:
  void Open() {
    handle_.reset(archive_read_new());
    if (handle_ == nullptr) {
      problem_ = "limit memory_bytes_max";
    } else if (Support(handle_.get(), format_) < ARCHIVE_WARN ||
               archive_read_open_memory(handle_.get(), file_.data(), file_.size()) < ARCHIVE_WARN) {
      Stop(ReasonOf(handle_.get()));
    }
  }

  std::optional<Member> Stop(std::string problem) {
    if (problem_.empty()) {
      problem_ = std::move(problem);
    }
    handle_.reset();
    return std::nullopt;
  }

  // Appends the blocks as they come: neither format has holes. Libarchive only warns of methods
  // that it does not know, and gives nothing. True if the archive cannot be read further.
  bool ReadData(Sink& sink) {
    for (int empty_blocks = 0; sink.ok();) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(handle_.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) {
        return false;
      }
      if (status == ARCHIVE_WARN && size == 0) {
        sink.End(ReasonOf(handle_.get()));
        return false;
      }
      if (status < ARCHIVE_WARN) {
        sink.End(ReasonOf(handle_.get()));
        return status == ARCHIVE_FATAL;
      }
      if (size == 0 && ++empty_blocks > kEmptyBlocksMax) {
        sink.End("damaged: blocks without data");
      }
      sink.Write(base::Bytes(static_cast<const std::byte*>(block), size));
    }
    return false;
  }

  Member ReadMember(struct archive_entry* entry, base::Budget& budget,
                    inflate::OutputBuffer& buffer) {
    Member member;
    member.name = NameOf(entry);
    if (archive_entry_is_encrypted(entry) != 0) {
      member.gap = "encrypted";
      return member;
    }
    buffer.Clear();
    Sink sink(file_.size(), budget, buffer);
    const bool is_fatal = ReadData(sink);
    member.gap = sink.gap();
    member.content = sink.content();
    member.has_content = !member.content.empty() || member.gap.empty();
    const bool at_limit = member.gap.starts_with("limit");
    if (is_fatal || (at_limit && format_ != Format::kIso9660)) {
      Stop(member.gap + "; what follows in the archive was not looked at");
    }
    return member;
  }

  Format format_;
  base::Bytes file_;
  Handle handle_;
  bool opened_ = false;
  std::string problem_;
};

}  // namespace

std::optional<Format> FormatOf(base::Bytes file) {
  const std::string_view text = base::AsText(file);
  if (text.starts_with("7z\xBC\xAF\x27\x1C"sv)) {
    return Format::k7z;
  }
  if (base::AsText(base::ClippedSlice(file, kIsoMagicOffset, 5)) == "CD001") {
    return Format::kIso9660;
  }
  return std::nullopt;
}

std::unique_ptr<parts::Archive> Open(Format format, base::Bytes file) {
  return std::make_unique<LibarchiveReader>(format, file);
}

}  // namespace day::unpack::libarchive
