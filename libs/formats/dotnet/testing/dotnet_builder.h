// Builds small .NET files for tests and corpora: a 32-bit PE file of one section that holds the CLI
// header, the resources and the metadata. Header only, so that tests of other folders can use it.
//
//   DotnetBuilder builder;
//   builder.AddRow(TableId::kModule, {{0, 2}, {builder.Name("a.dll"), 2}, {0, 2}, {0, 2}, {0, 2}});
//   const std::string file = builder.Build();
//
// All heap and table indexes are two bytes wide.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "libs/formats/dotnet/table_schema.h"

namespace day::formats::dotnet::testing {

class DotnetBuilder {
 public:
  // A value and its width in bytes.
  using Cell = std::pair<std::uint64_t, std::size_t>;

  // Index of a new entry in #Strings.
  std::uint32_t Name(std::string_view text) {
    const auto index = static_cast<std::uint32_t>(strings.size());
    strings.append(text).push_back('\0');
    return index;
  }
  // Index of a new entry in #Blob. REQUIRES: fewer than 128 bytes.
  std::uint32_t Blob(std::string_view content) {
    const auto index = static_cast<std::uint32_t>(blobs.size());
    blobs.push_back(static_cast<char>(content.size()));
    blobs.append(content);
    return index;
  }
  void UserString(std::string_view utf16) {
    user_strings.push_back(static_cast<char>(utf16.size() + 1));
    user_strings.append(utf16).push_back('\0');
  }
  void AddRow(TableId table, std::initializer_list<Cell> cells) {
    std::string& rows = rows_[static_cast<std::size_t>(table)];
    for (const Cell& cell : cells) {
      Put(&rows, cell.first, cell.second);
    }
    ++row_counts[static_cast<std::size_t>(table)];
  }

  std::string Build() {
    std::string section(kCliSize, '\0');
    const std::size_t resources_at = section.size();
    section += resources;
    section.resize((section.size() + 3) & ~std::size_t{3}, '\0');
    metadata_offset = kSectionOffset + section.size();
    const std::string metadata = BuildMetadata();
    section += metadata;
    section.append(16, '\0');  // entries that end where the file ends are refused
    std::string cli;
    Put(&cli, kCliSize, 4);
    Put(&cli, 0x00050002, 4);
    Put(&cli, kSectionRva + metadata_offset - kSectionOffset, 4);
    Put(&cli, metadata.size(), 4);
    Put(&cli, 1, 4);
    Put(&cli, 0, 4);
    Put(&cli, kSectionRva + resources_at, 4);
    section.replace(0, cli.size(), cli);
    return BuildPe(section.size()) + section;
  }

  static constexpr std::size_t kSectionOffset = 0x200;
  static constexpr std::size_t kSectionRva = 0x2000;
  static constexpr std::size_t kCliSize = 72;

  // Content that a test may set directly.
  std::string strings = std::string(1, '\0');
  std::string blobs = std::string(1, '\0');
  std::string user_strings = std::string(1, '\0');
  std::string guids = std::string("0123456789abcdef");
  std::string resources;
  std::string version = std::string("v4.0.30319\0\0", 12);
  std::array<std::uint32_t, kTableIdCount> row_counts{};
  std::uint64_t more_valid_bits = 0;
  // Offsets into the last file built.
  std::size_t metadata_offset = 0;
  std::size_t tables_offset = 0;

 private:
  static void Put(std::string* out, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      out->push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
    }
  }

  std::string BuildTables() const {
    std::uint64_t valid = more_valid_bits;
    for (std::size_t id = 0; id < kTableIdCount; ++id) {
      valid |= row_counts[id] != 0 ? std::uint64_t{1} << id : 0;
    }
    std::string out(6, '\0');
    out[4] = 2;
    Put(&out, 0, 1);
    Put(&out, 1, 1);
    Put(&out, valid, 8);
    Put(&out, 0, 8);
    for (std::size_t id = 0; id < kTableIdCount; ++id) {
      if ((valid >> id & 1) != 0) {
        Put(&out, row_counts[id], 4);
      }
    }
    for (const std::string& rows : rows_) {
      out += rows;
    }
    return out;
  }

  std::string BuildMetadata() {
    const std::pair<std::string_view, std::string> streams[] = {{"#~", BuildTables()},
                                                                {"#Strings", strings},
                                                                {"#US", user_strings},
                                                                {"#GUID", guids},
                                                                {"#Blob", blobs}};
    std::string head;
    Put(&head, 0x424A5342, 4);
    Put(&head, 0x00010001, 4);
    Put(&head, 0, 4);
    Put(&head, version.size(), 4);
    head += version;
    Put(&head, 0, 2);
    Put(&head, 5, 2);
    std::size_t headers_size = 0;
    for (const auto& [name, content] : streams) {
      headers_size += 8 + name.size() + 4 - name.size() % 4;
    }
    std::string body;
    for (const auto& [name, content] : streams) {
      const std::size_t offset = head.size() + headers_size;
      headers_size -= 8 + name.size() + 4 - name.size() % 4;
      Put(&head, offset + body.size(), 4);
      if (name == "#~") {
        tables_offset = metadata_offset + offset + body.size();
      }
      Put(&head, content.size(), 4);
      head.append(name).append(4 - name.size() % 4, '\0');
      body += content;
      body.resize((body.size() + 3) & ~std::size_t{3}, '\0');
    }
    return head + body;
  }

  static std::string BuildPe(std::size_t section_size) {
    std::string out("MZ");
    out.resize(0x3C, '\0');
    Put(&out, 0x40, 4);
    out += std::string_view("PE\0\0", 4);
    Put(&out, 0x014C, 2);
    Put(&out, 1, 2);
    out.append(12, '\0');
    Put(&out, 224, 2);
    Put(&out, 0x2102, 2);
    const std::size_t optional = out.size();
    out.append(224, '\0');
    const auto patch = [&out](std::size_t at, std::uint64_t value, std::size_t size) {
      std::string bytes;
      Put(&bytes, value, size);
      out.replace(at, size, bytes);
    };
    patch(optional, 0x10B, 2);
    patch(optional + 28, 0x400000, 4);
    patch(optional + 32, 0x1000, 4);
    patch(optional + 36, 0x200, 4);
    patch(optional + 92, 16, 4);
    patch(optional + 96 + 14 * 8, kSectionRva, 4);
    patch(optional + 96 + 14 * 8 + 4, kCliSize, 4);
    out += std::string_view(".text\0\0\0", 8);
    for (const std::size_t word :
         {section_size, kSectionRva, section_size, kSectionOffset, std::size_t{0}, std::size_t{0},
          std::size_t{0}, std::size_t{0x60000020}}) {
      Put(&out, word, 4);
    }
    out.resize(kSectionOffset, '\0');
    return out;
  }

  std::array<std::string, kTableIdCount> rows_;
};

// The methods of demo.dll's class Box and their parameters.
inline void AddDemoMethods(DotnetBuilder* b) {
  using T = TableId;
  using std::string_view_literals::operator""sv;
  // MethodDef: rva, implementation flags, flags, name, signature, parameters.
  const auto method = [b](std::uint32_t flags, std::string_view name, std::string_view signature,
                          std::uint32_t parameters) {
    b->AddRow(
        T::kMethodDef,
        {{0, 4}, {0, 2}, {flags, 2}, {b->Name(name), 2}, {b->Blob(signature), 2}, {parameters, 2}});
  };
  // Instance, one generic parameter, two parameters: T Map<U>(T[], ref U).
  method(0x0446, "Map", "\x30\x01\x02\x13\x00\x1D\x13\x00\x10\x1E\x00"sv, 1);
  method(0x0006, ".ctor", "\x20\x00\x01"sv, 3);
  // static Demo.Space.Box<T> Make(int[3,2...5], method pointer).
  method(
      0x0016, "Make",
      "\x00\x02\x15\x12\x08\x01\x13\x00\x14\x08\x02\x02\x03\x04\x02\x00\x04\x1B\x00\x01\x01\x0E"sv,
      3);
  b->AddRow(T::kParam, {{0, 2}, {1, 2}, {b->Name("items"), 2}});
  b->AddRow(T::kParam, {{0, 2}, {2, 2}, {b->Name("other"), 2}});
  b->AddRow(T::kParam, {{0, 2}, {1, 2}, {b->Name("shape"), 2}});
}

// A library "demo.dll" with one of everything that is read: see the tests for what it holds.
inline void AddDemo(DotnetBuilder* b) {
  using T = TableId;
  using std::string_view_literals::operator""sv;
  b->resources = "\x05\0\0\0hello"sv;
  b->UserString("h\0i\0"sv);
  b->UserString("x\0"sv);
  b->AddRow(T::kModule, {{0, 2}, {b->Name("demo.dll"), 2}, {1, 2}, {0, 2}, {0, 2}});
  const std::uint32_t system = b->Name("System");
  // TypeRef 1 to 3.
  b->AddRow(T::kTypeRef, {{6, 2}, {b->Name("Object"), 2}, {system, 2}});
  b->AddRow(T::kTypeRef, {{6, 2}, {b->Name("IList`1"), 2}, {system, 2}});
  b->AddRow(T::kTypeRef, {{6, 2}, {b->Name("GuidAttribute"), 2}, {system, 2}});
  // TypeDef 1 to 4: flags, name, namespace, extends, fields, methods.
  b->AddRow(T::kTypeDef, {{0, 4}, {b->Name("<Module>"), 2}, {0, 2}, {0, 2}, {1, 2}, {1, 2}});
  const std::uint32_t space = b->Name("Demo.Space");
  const std::uint32_t object = 1 << 2 | 1;
  b->AddRow(T::kTypeDef,
            {{0x181, 4}, {b->Name("Box`1"), 2}, {space, 2}, {object, 2}, {1, 2}, {1, 2}});
  b->AddRow(T::kTypeDef, {{0x2, 4}, {b->Name("Inner"), 2}, {0, 2}, {object, 2}, {1, 2}, {4, 2}});
  b->AddRow(T::kTypeDef, {{0xA0, 4}, {b->Name("IFace"), 2}, {space, 2}, {0, 2}, {1, 2}, {4, 2}});
  AddDemoMethods(b);
  // Box implements the type of TypeSpec 1, IList<T>.
  b->AddRow(T::kInterfaceImpl, {{2, 2}, {1 << 2 | 2, 2}});
  b->AddRow(T::kMemberRef,
            {{3 << 3 | 1, 2}, {b->Name(".ctor"), 2}, {b->Blob("\x20\x01\x01\x0E"), 2}});
  b->AddRow(T::kConstant, {{0x0E, 2}, {4, 2}, {b->Blob("c\0o\0"sv), 2}});
  b->AddRow(T::kConstant, {{0x08, 2}, {4, 2}, {b->Blob("\x07\0\0\0"sv), 2}});
  b->AddRow(T::kCustomAttribute,
            {{1 << 5 | 0x0E, 2}, {1 << 3 | 3, 2}, {b->Blob("\x01\0\x04guid\0\0"sv), 2}});
  b->AddRow(T::kModuleRef, {{b->Name("native.dll"), 2}});
  b->AddRow(T::kTypeSpec, {{b->Blob("\x15\x12\x09\x01\x13\x00"sv), 2}});
  b->AddRow(T::kFieldRva, {{DotnetBuilder::kSectionRva + 8, 4}, {1, 2}});
  b->AddRow(T::kAssembly, {{0x8004, 4},
                           {1, 2},
                           {2, 2},
                           {3, 2},
                           {4, 2},
                           {0, 4},
                           {0, 2},
                           {b->Name("demo"), 2},
                           {b->Name("de"), 2}});
  b->AddRow(T::kAssemblyRef, {{4, 2},
                              {0, 2},
                              {0, 2},
                              {0, 2},
                              {0, 4},
                              {b->Blob("\xB7\x7A\x5C\x56\x19\x34\xE0\x89"), 2},
                              {b->Name("mscorlib"), 2},
                              {0, 2},
                              {0, 2}});
  b->AddRow(T::kManifestResource, {{0, 4}, {1, 4}, {b->Name("demo.res"), 2}, {0, 2}});
  b->AddRow(T::kNestedClass, {{3, 2}, {2, 2}});
  // GenericParam: number, flags, owner, name.
  b->AddRow(T::kGenericParam, {{0, 2}, {0, 2}, {2 << 1, 2}, {b->Name("T"), 2}});
  b->AddRow(T::kGenericParam, {{0, 2}, {0, 2}, {1 << 1 | 1, 2}, {b->Name("U"), 2}});
}

inline std::string DemoFile() {
  DotnetBuilder builder;
  AddDemo(&builder);
  return builder.Build();
}

}  // namespace day::formats::dotnet::testing
