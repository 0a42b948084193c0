// Whether a file of a kind really begins where its mark stands, and where it ends. More must fit
// than the mark: programs that handle such files have that, too, and so has noise.
//
// Linear: every check pays for the bytes it looks at from a Purse that holds a few times the file,
// so that bytes full of marks cost no more than that.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.h"
#include "libs/unpack/inflate/inflate.h"

namespace day::unpack::embedded {

class Purse {
 public:
  explicit Purse(std::uint64_t bytes) : left_(bytes) {}
  // Whether that much may be looked at; nothing more may once it was not so.
  bool Pay(std::uint64_t bytes) {
    left_ = bytes <= left_ ? left_ - bytes : 0;
    return left_ != 0;
  }
  bool empty() const { return left_ == 0; }

 private:
  std::uint64_t left_;
};

struct Extent {
  std::uint64_t size;      // to be opened
  std::uint64_t read = 0;  // so much of it is known to belong to it
};

// Each is nothing if no such file begins `bytes`. REQUIRES: its mark does.
std::optional<Extent> RarExtent(base::Bytes bytes, Purse& purse);
std::optional<Extent> SevenZipExtent(base::Bytes bytes, Purse& purse);
std::optional<Extent> CabinetExtent(base::Bytes bytes, Purse& purse);
std::optional<Extent> ArjExtent(base::Bytes bytes, Purse& purse);
std::optional<Extent> NsisExtent(base::Bytes bytes);
std::optional<Extent> AutoitExtent(base::Bytes bytes);
std::optional<Extent> InstallshieldExtent(base::Bytes bytes);
std::optional<Extent> PdfExtent(base::Bytes bytes, Purse& purse);
std::optional<Extent> Iso9660Extent(base::Bytes bytes);
std::optional<Extent> Ole2Extent(base::Bytes bytes);

// Whether these bytes may be the header of a zip's first entry.
bool MayBeZipEntry(base::Bytes bytes);
// Whether they are one beyond doubt, without any directory: what follows the data is the next
// record, or the data can be decoded, or are stored and have the checksum.
bool IsZipEntry(base::Bytes bytes, Purse& purse, inflate::Inflater& inflater);

// Where the mail begins whose "MIME-Version:" stands at `at`; nothing if there is none that has
// encoded parts. Not at the start of the file.
std::optional<std::uint64_t> MailBegin(base::Bytes file, std::uint64_t at, Purse& purse);

}  // namespace day::unpack::embedded
