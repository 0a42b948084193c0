#include "libs/unpack/officecrypt/powerpoint.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace day::unpack::officecrypt {
namespace {

constexpr std::uint64_t kTokenOffset = 12;
constexpr std::uint32_t kEncryptedToken = 0xF3D1C4DF;
constexpr std::uint64_t kCurrentEditOffset = 16;
constexpr std::uint64_t kHeadBytes = 8;
constexpr std::uint16_t kUserEdit = 0x0FF5;
constexpr std::uint16_t kPersistDirectory = 0x1772;
constexpr std::uint16_t kCryptSession = 0x2F14;
constexpr std::uint32_t kNumberBits = 20;

struct Head {
  unsigned instance = 0;
  unsigned type = 0;
  std::uint32_t size = 0;
};

Head HeadOf(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  Head head;
  head.instance = static_cast<unsigned>(reader.U16()) >> 4;
  head.type = reader.U16();
  head.size = reader.U32();
  return head;
}

// The data of the record of that type at `offset`, as much as there is; nothing if another one
// stands there.
std::optional<base::Bytes> RecordAt(base::Bytes stream, std::uint64_t offset, unsigned type) {
  const auto bytes = base::Slice(stream, offset, kHeadBytes);
  if (!bytes) {
    return std::nullopt;
  }
  const Head head = HeadOf(*bytes);
  return head.type == type
             ? std::optional(base::ClippedSlice(stream, offset + kHeadBytes, head.size))
             : std::nullopt;
}

// Where objects lie, by their numbers: the newest save is read first, and counts.
struct Directory {
  std::unordered_map<std::uint32_t, std::uint64_t> offsets;
  std::uint32_t session = 0;  // the number of the object that says how the others are encrypted
};

void ReadPersistDirectory(base::ByteReader reader, Directory& directory) {
  while (reader.remaining() >= 4) {
    const std::uint32_t entry = reader.U32();
    const std::uint32_t first = entry & ((1u << kNumberBits) - 1);
    for (std::uint32_t i = 0; i < entry >> kNumberBits && reader.remaining() >= 4; ++i) {
      if (directory.offsets.size() >= kPersistObjectsMax) {
        return;
      }
      directory.offsets.try_emplace(first + i, reader.U32());
    }
  }
}

Directory ReadDirectory(base::Bytes document, std::uint64_t edit_offset) {
  Directory directory;
  std::unordered_set<std::uint64_t> seen;
  std::uint64_t left = document.size();  // lists do not overlap: more is a lie
  while (seen.size() < kEditsMax && seen.insert(edit_offset).second) {
    const auto edit = RecordAt(document, edit_offset, kUserEdit);
    if (!edit) {
      break;
    }
    base::ByteReader reader(*edit);
    reader.Skip(8);
    edit_offset = reader.U32();
    const std::uint64_t list_offset = reader.U32();
    reader.Skip(12);
    const std::uint32_t session = reader.U32();
    directory.session = directory.session == 0 && reader.ok() ? session : directory.session;
    const auto list = RecordAt(document, list_offset, kPersistDirectory);
    if (list && list->size() <= left) {
      left -= list->size();
      ReadPersistDirectory(base::ByteReader(*list), directory);
    }
  }
  return directory;
}

// Pictures, [MS-ODRAW] 2.2.23: those with two hashes in front.
bool HasSecondHash(unsigned instance) {
  constexpr unsigned kTwoHashes[] = {0x217, 0x3D5, 0x46B, 0x543, 0x6E1, 0x6E3, 0x6E5, 0x7A9};
  return std::find(std::begin(kTwoHashes), std::end(kTwoHashes), instance) != std::end(kTwoHashes);
}

constexpr unsigned kStoreEntry = 0xF007;
constexpr unsigned kFirstMetafile = 0xF01A;
constexpr unsigned kLastMetafile = 0xF01C;
constexpr std::size_t kHashBytes = 16;
constexpr std::size_t kMetafileHeaderBytes = 34;
// The fields of a store entry (FBSE) in front of the picture's name and of the picture.
constexpr std::size_t kStoreEntryFields[] = {1, 1, 16, 2, 4, 4, 4, 1, 1, 1, 1};
constexpr std::size_t kStoreEntryNameSize = 33;  // offset of cbName

// Takes pieces off the front, each encrypted anew under the key of block 0.
class Pieces {
 public:
  Pieces(const Rc4Key& key, std::span<std::byte> data) : start_(key.ForBlock(0)), rest_(data) {}

  std::size_t size() const { return rest_.size(); }
  std::span<std::byte> Take(std::uint64_t size) {
    const std::span<std::byte> piece =
        rest_.first(static_cast<std::size_t>(std::min<std::uint64_t>(size, rest_.size())));
    crypto::Rc4(start_).Apply(piece);
    rest_ = rest_.subspan(piece.size());
    return piece;
  }

 private:
  crypto::Rc4 start_;
  std::span<std::byte> rest_;
};

// A picture behind its head, in `size` bytes.
void DecryptPicture(Pieces& pieces, const Head& head) {
  const std::size_t start = pieces.size();
  const bool is_metafile = head.type >= kFirstMetafile && head.type <= kLastMetafile;
  for (int i = HasSecondHash(head.instance) ? 2 : 1; i > 0; --i) {
    pieces.Take(kHashBytes);
  }
  pieces.Take(is_metafile ? kMetafileHeaderBytes : 1);
  const std::size_t taken = start - pieces.size();
  pieces.Take(head.size > taken ? head.size - taken : 0);
}

}  // namespace

bool IsEncryptedPresentation(base::Bytes current_user) {
  return base::ReadAt<std::uint32_t>(current_user, kTokenOffset) == kEncryptedToken;
}

base::Result<PresentationKey> PresentationKey::Find(base::Bytes current_user, base::Bytes document,
                                                    std::span<const std::string> passwords,
                                                    base::Budget& budget) {
  const auto edit = base::ReadAt<std::uint32_t>(current_user, kCurrentEditOffset);
  const Directory directory = edit ? ReadDirectory(document, *edit) : Directory{};
  const auto session_at = directory.offsets.find(directory.session);
  const auto session = session_at == directory.offsets.end()
                           ? std::nullopt
                           : RecordAt(document, session_at->second, kCryptSession);
  if (!session) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  DAY_TRY_ASSIGN(Rc4Key key, Rc4Key::Find(*session, passwords, budget));
  std::vector<Object> objects;
  for (const auto& [number, offset] : directory.offsets) {
    if (number != directory.session && !RecordAt(document, offset, kUserEdit) &&
        !RecordAt(document, offset, kPersistDirectory)) {
      objects.push_back({offset, number});
    }
  }
  std::sort(objects.begin(), objects.end(), [](const Object& a, const Object& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.number < b.number;
  });
  return PresentationKey(std::move(key), std::move(objects));
}

bool PresentationKey::DecryptDocument(base::Bytes document, inflate::OutputBuffer& out) const {
  out.Clear();
  if (!document.empty() && !out.Reserve(document.size())) {
    return false;
  }
  const std::span<std::byte> plain = out.free().first(document.size());
  std::copy(document.begin(), document.end(), plain.begin());
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    // No object reaches into the next one, so that the work is linear.
    const std::uint64_t end = i + 1 < objects_.size() ? objects_[i + 1].offset : plain.size();
    const std::uint64_t begin = objects_[i].offset;
    if (begin >= plain.size() || begin + kHeadBytes > std::min<std::uint64_t>(end, plain.size())) {
      continue;
    }
    crypto::Rc4 rc4 = key_.ForBlock(objects_[i].number);
    const std::span<std::byte> head = plain.subspan(begin, kHeadBytes);
    rc4.Apply(head);
    const std::uint64_t room = std::min<std::uint64_t>(end, plain.size()) - begin - kHeadBytes;
    rc4.Apply(plain.subspan(begin + kHeadBytes, std::min<std::uint64_t>(HeadOf(head).size, room)));
  }
  out.Commit(document.size());
  return true;
}

bool PresentationKey::DecryptPictures(base::Bytes pictures, inflate::OutputBuffer& out) const {
  out.Clear();
  if (!pictures.empty() && !out.Reserve(pictures.size())) {
    return false;
  }
  const std::span<std::byte> plain = out.free().first(pictures.size());
  std::copy(pictures.begin(), pictures.end(), plain.begin());
  Pieces pieces(key_, plain);
  while (pieces.size() >= kHeadBytes) {
    const Head head = HeadOf(pieces.Take(kHeadBytes));
    if (head.type != kStoreEntry) {
      DecryptPicture(pieces, head);
      continue;
    }
    std::size_t name_bytes = 0;
    std::size_t at = 0;
    for (const std::size_t size : kStoreEntryFields) {
      const std::span<std::byte> field = pieces.Take(size);
      name_bytes = at == kStoreEntryNameSize && !field.empty()
                       ? std::to_integer<std::size_t>(field[0])
                       : name_bytes;
      at += size;
    }
    pieces.Take(name_bytes);
    if (head.size > at + name_bytes && pieces.size() >= kHeadBytes) {
      DecryptPicture(pieces, HeadOf(pieces.Take(kHeadBytes)));
    }
  }
  out.Commit(pictures.size());
  return true;
}

}  // namespace day::unpack::officecrypt
