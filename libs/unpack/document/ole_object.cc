#include "libs/unpack/document/ole_object.h"

#include "libs/unpack/document/text.h"

namespace day::unpack::document {
namespace {

constexpr std::uint16_t kPackageStart = 2;
constexpr std::uint16_t kPackageEmbeds = 3;
constexpr std::uint32_t kFormatEmbedded = 2;
// A longer name is none.
constexpr std::uint64_t kNameBytesMax = 4096;

// A text that a zero ends, or nothing if none does.
std::optional<base::Bytes> TakeText(base::ByteReader& reader, base::Bytes bytes) {
  const base::Bytes rest = base::ClippedSlice(bytes, reader.offset(), kNameBytesMax);
  const std::size_t end = base::AsText(rest).find('\0');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  reader.Skip(end + 1);
  return rest.first(end);
}

// A length and so many bytes, the last of them zero.
std::optional<base::Bytes> TakeCounted(base::ByteReader& reader) {
  const std::uint32_t size = reader.U32();
  if (!reader.ok() || size > kNameBytesMax) {
    return std::nullopt;
  }
  const base::Bytes text = reader.Take(size);
  return reader.ok() ? std::optional(text) : std::nullopt;
}

}  // namespace

std::optional<EmbeddedFile> ReadPackage(base::Bytes native) {
  base::ByteReader reader(native);
  if (reader.U16() != kPackageStart) {
    return std::nullopt;
  }
  const auto label = TakeText(reader, native);
  const auto icon_path = label ? TakeText(reader, native) : std::nullopt;
  if (!icon_path) {
    return std::nullopt;
  }
  reader.U16();  // the icon's index
  if (reader.U16() != kPackageEmbeds || !TakeCounted(reader)) {
    return std::nullopt;
  }
  const std::uint32_t size = reader.U32();
  if (!reader.ok()) {
    return std::nullopt;
  }
  EmbeddedFile file;
  file.name = FileNameOf(Latin1UpToZero(*label));
  if (file.name.empty()) {
    file.name = FileNameOf(Latin1UpToZero(*icon_path));
  }
  file.data = base::ClippedSlice(native, reader.offset(), size);
  file.is_cut = file.data.size() < size;
  return file;
}

std::optional<EmbeddedFile> ReadOle10Native(base::Bytes stream) {
  const auto size = base::ReadAt<std::uint32_t>(stream, 0);
  if (!size) {
    return std::nullopt;
  }
  // A wrong length hides nothing from Windows' packager: it reads the package itself.
  if (auto file = ReadPackage(stream.subspan(4))) {
    return file;
  }
  EmbeddedFile file;
  file.data = base::ClippedSlice(stream, 4, *size);
  file.is_cut = file.data.size() < *size;
  return file;
}

std::optional<OleObject> ReadOleObject(base::Bytes bytes) {
  base::ByteReader reader(bytes);
  reader.U32();  // a version that nobody reads
  if (reader.U32() != kFormatEmbedded) {
    return std::nullopt;
  }
  const auto class_name = TakeCounted(reader);
  if (!class_name || !TakeCounted(reader) || !TakeCounted(reader)) {
    return std::nullopt;
  }
  const std::uint32_t size = reader.U32();
  if (!reader.ok()) {
    return std::nullopt;
  }
  OleObject object;
  object.class_name = Latin1UpToZero(*class_name);
  object.native = base::ClippedSlice(bytes, reader.offset(), size);
  object.is_cut = object.native.size() < size;
  return object;
}

}  // namespace day::unpack::document
