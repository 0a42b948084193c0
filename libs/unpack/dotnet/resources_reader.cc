#include "libs/unpack/dotnet/resources_reader.h"

#include <algorithm>
#include <utility>

namespace day::unpack::dotnet {
namespace {

constexpr std::uint32_t kSetMagic = 0xBEEFCACE;
constexpr std::uint32_t kTypesMax = 4096;
constexpr std::uint32_t kNameBytesMax = 1024;
constexpr std::uint64_t kAlignment = 8;
// Kinds of values in version 2.
constexpr std::uint32_t kText = 0x01;
constexpr std::uint32_t kByteArray = 0x20;
constexpr std::uint32_t kStream = 0x21;
constexpr std::uint32_t kFirstOwnType = 0x40;

// A number in groups of seven bits, the least first.
std::uint32_t Packed(base::ByteReader& reader) {
  std::uint32_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const std::uint8_t byte = reader.U8();
    value |= shift < 32 ? static_cast<std::uint32_t>(byte & 0x7F) << shift : 0;
    if ((byte & 0x80) == 0) {
      break;
    }
  }
  return value;
}

// The low bytes of UTF-16: names are for people.
std::string NarrowName(base::Bytes utf16) {
  std::string name;
  for (std::size_t i = 0; i + 1 < utf16.size(); i += 2) {
    const auto letter = *base::ReadAt<std::uint16_t>(utf16, i);
    name += letter < 0x80 ? static_cast<char>(letter) : '?';
  }
  return name;
}

// What stands at the beginning of a value's bytes; empty if there is nothing to look at.
base::Bytes ContentOf(base::Bytes value, std::uint32_t version) {
  base::ByteReader reader(value);
  const std::uint32_t kind = Packed(reader);
  if (version == 1) {
    return reader.Take(reader.remaining());  // a type of the set's table, and its bytes
  }
  if (kind == kByteArray || kind == kStream) {
    const std::uint32_t size = reader.U32();
    return reader.Take(std::min<std::uint64_t>(size, reader.remaining()));
  }
  if (kind == kText) {
    const std::uint32_t size = Packed(reader);
    const base::Bytes text = reader.Take(std::min<std::uint64_t>(size, reader.remaining()));
    return text.size() < kTextBytesMin ? base::Bytes() : text;
  }
  return kind >= kFirstOwnType ? reader.Take(reader.remaining()) : base::Bytes();
}

struct Name {
  std::string text;
  std::uint32_t data_offset;
};

// The tables of a set up to its data section.
struct SetTables {
  std::uint32_t version = 0;
  std::uint64_t data_offset = 0;
  std::vector<Name> names;
};

bool ReadTables(base::Bytes set, SetTables& tables) {
  base::ByteReader reader(set);
  if (reader.U32() != kSetMagic) {
    return false;
  }
  reader.U32();  // of the header
  reader.Skip(reader.U32());
  tables.version = reader.U32();
  const std::uint32_t count = reader.U32();
  const std::uint32_t types = reader.U32();
  if (!reader.ok() || tables.version < 1 || tables.version > 2 || count > kEntriesMax ||
      types > kTypesMax) {
    return false;
  }
  for (std::uint32_t i = 0; i < types && reader.ok(); ++i) {
    reader.Skip(Packed(reader));
  }
  reader.Skip((kAlignment - reader.offset() % kAlignment) % kAlignment);
  reader.Skip(std::uint64_t{count} * sizeof(std::uint32_t));  // hashes of the names
  const base::Bytes places = reader.Take(std::uint64_t{count} * sizeof(std::uint32_t));
  tables.data_offset = reader.U32();
  if (!reader.ok()) {
    return false;
  }
  const std::uint64_t names_offset = reader.offset();
  for (std::uint32_t i = 0; i < count; ++i) {
    base::ByteReader at(set);
    at.Seek(names_offset + *base::ReadAt<std::uint32_t>(places, i * sizeof(std::uint32_t)));
    const std::uint32_t length = Packed(at);
    const base::Bytes text = at.Take(length);
    const std::uint32_t offset = at.U32();
    if (!at.ok() || length > kNameBytesMax) {
      return false;
    }
    tables.names.push_back({NarrowName(text), offset});
  }
  return true;
}

}  // namespace

bool ReadResourceSet(base::Bytes set, std::vector<SetEntry>& entries) {
  SetTables tables;
  const bool is_whole = ReadTables(set, tables);
  std::vector<Name>& names = tables.names;
  std::ranges::stable_sort(names, {}, &Name::data_offset);
  for (std::size_t i = 0; i < names.size(); ++i) {
    // A value goes up to the next one; of those at the same place one is enough.
    if (i + 1 < names.size() && names[i + 1].data_offset == names[i].data_offset) {
      continue;
    }
    const std::uint64_t begin = tables.data_offset + names[i].data_offset;
    const std::uint64_t end = i + 1 < names.size() ? tables.data_offset + names[i + 1].data_offset
                                                   : std::uint64_t{set.size()};
    const base::Bytes value = base::ClippedSlice(set, begin, end - begin);
    const base::Bytes content = ContentOf(value, tables.version);
    if (!content.empty()) {
      entries.push_back({std::move(names[i].text), content});
    }
  }
  return is_whole;
}

bool ResourcesReader::HasResources(base::Bytes file) {
  formats::pe::PeReader pe;
  if (!pe.Open(file) || pe.directory(formats::pe::Directory::kComDescriptor).virtual_address == 0) {
    return false;
  }
  formats::dotnet::DotnetReader dotnet;
  dotnet.Bind(file);
  return dotnet.metadata().is_dotnet() && dotnet.tables().ResourceCount().value_or(0) > 0;
}

ResourcesReader::ResourcesReader(base::Bytes file)
    : file_(file), dotnet_(std::make_unique<formats::dotnet::DotnetReader>()) {
  dotnet_->Bind(file);
  if (dotnet_->metadata().is_dotnet()) {
    count_ = dotnet_->tables().ResourceCount().value_or(0);
  }
  if (count_ > kResourcesMax) {
    count_ = kResourcesMax;
    problem_ = "limit dotnet_resources_max";
  }
}

// Reads what is in the next resource; false at the end.
bool ResourcesReader::NextResource() {
  entries_.clear();
  next_entry_ = 0;
  while (entries_.empty() && index_ < count_) {
    const auto resource = dotnet_->tables().ReadResource(index_++);
    if (!resource || !resource->offset || *resource->offset < 0) {
      continue;  // in another file
    }
    const std::string name = std::string(resource->name.value_or("(resource)"));
    const base::Bytes content = base::ClippedSlice(
        file_, static_cast<std::uint64_t>(*resource->offset), resource->length.value_or(0));
    if (ReadResourceSet(content, entries_)) {
      for (SetEntry& entry : entries_) {
        entry.name = name + "/" + entry.name;
      }
    } else {
      entries_.assign(1, {name, content});
    }
  }
  return !entries_.empty();
}

std::optional<parts::Member> ResourcesReader::Next(base::Budget& budget,
                                                   inflate::OutputBuffer& /*buffer*/) {
  if (next_entry_ >= entries_.size() && !NextResource()) {
    return std::nullopt;
  }
  SetEntry& entry = entries_[next_entry_++];
  return parts::StoredMember(std::move(entry.name), entry.content, budget);
}

}  // namespace day::unpack::dotnet
