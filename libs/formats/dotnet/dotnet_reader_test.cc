#include "libs/formats/dotnet/dotnet_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/formats/dotnet/testing/dotnet_builder.h"

namespace day::formats::dotnet {
namespace {

using testing::AddDemo;
using testing::DemoFile;
using testing::DotnetBuilder;
using std::string_view_literals::operator""sv;

class DotnetReaderTest : public ::testing::Test {
 protected:
  DotnetReader& Bind(std::string file) {
    file_ = std::move(file);
    reader_.Bind(base::AsBytes(file_));
    return reader_;
  }
  std::string file_;
  DotnetReader reader_;
};

// A file of one class "C" with methods of the given signatures, and TypeSpecs.
std::string FileWithSignatures(std::initializer_list<std::string_view> methods,
                               std::initializer_list<std::string_view> type_specs = {}) {
  using T = TableId;
  DotnetBuilder b;
  b.AddRow(T::kModule, {{0, 2}, {b.Name("m"), 2}, {0, 2}, {0, 2}, {0, 2}});
  b.AddRow(T::kTypeRef, {{6, 2}, {b.Name("R"), 2}, {0, 2}});
  b.AddRow(T::kTypeDef, {{1, 4}, {b.Name("C"), 2}, {0, 2}, {0, 2}, {1, 2}, {1, 2}});
  for (const std::string_view signature : methods) {
    b.AddRow(T::kMethodDef,
             {{0, 4}, {0, 2}, {6, 2}, {b.Name("M"), 2}, {b.Blob(signature), 2}, {1, 2}});
  }
  for (const std::string_view spec : type_specs) {
    b.AddRow(T::kTypeSpec, {{b.Blob(spec), 2}});
  }
  return b.Build();
}

TEST_F(DotnetReaderTest, ReadsStreamsHeapsAndTables) {
  DotnetReader& reader = Bind(DemoFile());
  Metadata& metadata = reader.metadata();
  ASSERT_TRUE(metadata.is_dotnet());
  EXPECT_EQ(metadata.version(), "v4.0.30319");
  ASSERT_EQ(metadata.streams().size(), 5u);
  EXPECT_EQ(metadata.streams()[0].name, "#~");
  EXPECT_EQ(metadata.GuidCount(), 1u);
  EXPECT_EQ(metadata.Guid(0), "33323130-3534-3736-3839-616263646566");
  EXPECT_EQ(metadata.UserStringCount(), 2u);
  EXPECT_EQ(metadata.UserString(1), "x\0"sv);
  EXPECT_EQ(metadata.UserString(0), "h\0i\0"sv);
  EXPECT_EQ(metadata.UserString(2), std::nullopt);
  Tables& tables = reader.tables();
  ASSERT_TRUE(tables.complete());
  EXPECT_EQ(tables.ModuleName(), "demo.dll");
  EXPECT_EQ(tables.TypeLib(), "guid");
  EXPECT_EQ(tables.ReadAssembly()->culture, "de");
  EXPECT_EQ(tables.ReadAssemblyRef(0)->name, "mscorlib");
  EXPECT_EQ(tables.ReadResource(0)->length, 5u);
  EXPECT_EQ(tables.FieldOffsets(), std::vector<std::uint64_t>{520});
  ASSERT_EQ(tables.Constants().size(), 1u);
  EXPECT_EQ(tables.Constants()[0], "c\0o\0"sv);
}

TEST_F(DotnetReaderTest, NamesClassesMethodsAndTypes) {
  Classes& classes = Bind(DemoFile()).classes();
  ASSERT_EQ(classes.Count(), 3u);
  const Class& box = classes.Get(0);
  EXPECT_EQ(box.full_name, "Demo.Space.Box");
  EXPECT_EQ(box.generic_parameters, NameList{"T"});
  EXPECT_EQ(box.base_types, (NameList{"System.Object", "System.IList<T>"}));
  EXPECT_EQ(classes.Get(1).name_space, "Demo.Space.Box");
  EXPECT_EQ(classes.Get(2).type, "interface");
  const std::vector<Method>* const methods = classes.Methods(0);
  ASSERT_NE(methods, nullptr);
  ASSERT_EQ(methods->size(), 3u);
  EXPECT_EQ((*methods)[0].return_type, "T");
  EXPECT_EQ((*methods)[0].parameters[1].type, "ref U");
  EXPECT_EQ((*methods)[1].return_type, std::nullopt);
  EXPECT_EQ((*methods)[2].parameters[0].type, "int[3,2...5]");
  EXPECT_EQ((*methods)[2].parameters[1].name, "P_1");
  EXPECT_EQ((*methods)[2].parameters[1].type, "FnPtr<void(string)>");
}

TEST_F(DotnetReaderTest, TellsOtherPeFilesFromOtherFiles) {
  std::string file = DemoFile();
  file[0x200] = 71;  // the CLI header's size
  EXPECT_TRUE(Bind(file).metadata().is_pe());
  EXPECT_FALSE(reader_.metadata().is_dotnet());
  EXPECT_EQ(reader_.classes().Count(), std::nullopt);
  file[0] = 'X';
  EXPECT_FALSE(Bind(file).metadata().is_pe());
  EXPECT_FALSE(Bind("").metadata().is_pe());
}

TEST_F(DotnetReaderTest, StopsAtLongOrUnknownTables) {
  DotnetBuilder builder;
  AddDemo(&builder);
  builder.row_counts[static_cast<std::size_t>(TableId::kTypeSpec)] = kTableRowsMax + 1;
  Tables& tables = Bind(builder.Build()).tables();
  EXPECT_TRUE(tables.has_module_refs());
  EXPECT_FALSE(tables.has_field_offsets());
  EXPECT_FALSE(tables.ReadAssembly());
  EXPECT_EQ(reader_.classes().Count(), std::nullopt);
  DotnetBuilder other;
  AddDemo(&other);
  other.more_valid_bits = std::uint64_t{1} << 0x30;
  EXPECT_TRUE(Bind(other.Build()).tables().ReadAssembly());
  EXPECT_EQ(reader_.classes().Count(), std::nullopt);
}

TEST_F(DotnetReaderTest, SkipsMethodsWithoutReadableSignature) {
  Classes& classes = Bind(FileWithSignatures({
                              "\x00\x00\x01"sv,                  // void M()
                              "\x00\x00"sv,                      // too short
                              "\x00\x00\x55"sv,                  // no such type
                              "\x00\x01\x01"sv,                  // a parameter is missing
                              "\x00\x01\x0F\x08\x1F\x05\x0E"sv,  // Ptr<int> M(modified string)
                          }))
                         .classes();
  ASSERT_EQ(classes.Count(), 1u);
  const std::vector<Method>& methods = *classes.Methods(0);
  ASSERT_EQ(methods.size(), 2u);
  EXPECT_EQ(methods[0].return_type, "void");
  EXPECT_EQ(methods[1].return_type, "Ptr<int>");
  EXPECT_EQ(methods[1].parameters[0].type, "string");
}

TEST_F(DotnetReaderTest, NestingEndsAtTheDepthLimit) {
  const std::string pointers(kTypeDepthMax, '\x0F');
  const std::string deepest = std::string("\x00\x00", 2) + pointers + "\x08";
  const std::string too_deep = std::string("\x00\x00", 2) + pointers + "\x0F\x08";
  Classes& classes = Bind(FileWithSignatures({deepest, too_deep})).classes();
  ASSERT_EQ(classes.Methods(0)->size(), 1u);
  const std::string_view type = *classes.Methods(0)->at(0).return_type;
  EXPECT_EQ(type.size(), kTypeDepthMax * 5 + 3);
}

TEST_F(DotnetReaderTest, TypesThatNameThemselvesEnd) {
  // TypeSpec 1 is R<1, 1, ... (100 times)>: unbounded, that is 100^8 steps.
  std::string spec("\x15\x12\x05\x64", 4);
  for (int i = 0; i < 60; ++i) {
    spec += std::string("\x12\x06", 2);
  }
  Classes& classes =
      Bind(FileWithSignatures({"\x00\x00\x12\x06"sv, "\x00\x00\x01"sv}, {spec})).classes();
  // Whatever it says, it says it soon.
  ASSERT_NE(classes.Methods(0), nullptr);
}

TEST_F(DotnetReaderTest, NestedTypesThatEncloseEachOtherEnd) {
  using T = TableId;
  DotnetBuilder b;
  b.AddRow(T::kModule, {{0, 2}, {b.Name("m"), 2}, {0, 2}, {0, 2}, {0, 2}});
  b.AddRow(T::kTypeDef, {{2, 4}, {b.Name("A"), 2}, {0, 2}, {0, 2}, {1, 2}, {1, 2}});
  b.AddRow(T::kTypeDef, {{2, 4}, {b.Name("B"), 2}, {0, 2}, {0, 2}, {1, 2}, {1, 2}});
  b.AddRow(T::kTypeDef, {{2, 4}, {b.Name("S"), 2}, {0, 2}, {0, 2}, {1, 2}, {1, 2}});
  b.AddRow(T::kNestedClass, {{1, 2}, {2, 2}});
  b.AddRow(T::kNestedClass, {{2, 2}, {1, 2}});
  b.AddRow(T::kNestedClass, {{3, 2}, {3, 2}});
  Classes& classes = Bind(b.Build()).classes();
  ASSERT_EQ(classes.Count(), 3u);
  EXPECT_EQ(classes.Get(0).full_name, "A.B.A.B.A.B.A.B.A.B.A");
  EXPECT_EQ(classes.Get(2).full_name, "S.S");
}

TEST_F(DotnetReaderTest, UserStringsCanBeReadInAnyOrder) {
  DotnetBuilder builder;
  AddDemo(&builder);
  constexpr std::uint64_t kCount = 200;
  for (std::uint64_t i = 2; i < kCount; ++i) {
    builder.UserString(std::to_string(i));
  }
  Metadata& metadata = Bind(builder.Build()).metadata();
  ASSERT_EQ(metadata.UserStringCount(), kCount);
  for (const std::uint64_t i : {199u, 2u, 3u, 64u, 63u, 31u, 32u, 33u, 100u, 198u, 5u}) {
    EXPECT_EQ(metadata.UserString(i), std::to_string(i));
  }
}

TEST_F(DotnetReaderTest, ClassesThatShareMethodsAreBounded) {
  using T = TableId;
  constexpr std::uint32_t kTypes = 2000;
  constexpr std::uint32_t kMethods = 2000;
  DotnetBuilder b;
  b.AddRow(T::kModule, {{0, 2}, {b.Name("m"), 2}, {0, 2}, {0, 2}, {0, 2}});
  const std::uint32_t name = b.Name("C");
  const std::uint32_t signature = b.Blob("\x00\x00\x01"sv);
  for (std::uint32_t i = 0; i < kTypes; ++i) {
    b.AddRow(T::kTypeDef, {{1, 4}, {name, 2}, {0, 2}, {0, 2}, {1, 2}, {i % 2 ? kMethods : 1, 2}});
  }
  for (std::uint32_t i = 0; i < kMethods; ++i) {
    b.AddRow(T::kMethodDef, {{0, 4}, {0, 2}, {6, 2}, {name, 2}, {signature, 2}, {1, 2}});
  }
  Classes& classes = Bind(b.Build()).classes();
  std::size_t methods = 0;
  std::size_t without = 0;
  for (std::uint64_t i = 0; i < *classes.Count(); ++i) {
    const std::vector<Method>* const list = classes.Methods(i);
    methods += list != nullptr ? list->size() : 0;
    without += list == nullptr ? 1 : 0;
  }
  EXPECT_LE(methods, kMethodsMax);
  EXPECT_GT(without, 0u);
}

TEST_F(DotnetReaderTest, EveryTruncationIsSurvivedAndRebindingForgets) {
  const std::string whole = DemoFile();
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    DotnetReader& reader = Bind(whole.substr(0, size));
    for (std::uint64_t i = 0; i < reader.classes().Count().value_or(0); ++i) {
      (void)reader.classes().Methods(i);
    }
    (void)reader.tables().TypeLib();
    (void)reader.tables().Constants();
    (void)reader.metadata().UserStringCount();
  }
  EXPECT_EQ(Bind(whole).classes().Count(), 3u);
  EXPECT_EQ(Bind("MZ").tables().Constants().size(), 0u);
}

TEST(SignatureCursorTest, ReadsCompressedIntegers) {
  const auto read_unsigned = [](std::string_view bytes) {
    return SignatureCursor(bytes).TakeUnsigned();
  };
  const auto read_signed = [](std::string_view bytes) {
    return SignatureCursor(bytes).TakeSigned();
  };
  // The examples of ECMA-335 II.23.2.
  EXPECT_EQ(read_unsigned("\x03"), 0x03u);
  EXPECT_EQ(read_unsigned("\x80\x80"sv), 0x80u);
  EXPECT_EQ(read_unsigned("\xBF\xFF"sv), 0x3FFFu);
  EXPECT_EQ(read_unsigned("\xC0\x00\x40\x00"sv), 0x4000u);
  EXPECT_EQ(read_unsigned("\xDF\xFF\xFF\xFF"sv), 0x1FFFFFFFu);
  EXPECT_EQ(read_unsigned("\xFF\xFF\xFF\xFF"sv), 0u);
  EXPECT_EQ(read_unsigned("\x80"sv), 0u);
  EXPECT_EQ(read_signed("\x06"), 3);
  EXPECT_EQ(read_signed("\x7B"), -3);
  EXPECT_EQ(read_signed("\x80\x80"sv), 64);
  EXPECT_EQ(read_signed("\x01"), -64);
  EXPECT_EQ(read_signed("\xC0\x00\x40\x00"sv), 8192);
  EXPECT_EQ(read_signed("\x80\x01"sv), -8192);
  EXPECT_EQ(read_signed("\xDF\xFF\xFF\xFE"sv), 268435455);
  EXPECT_EQ(read_signed("\xC0\x00\x00\x01"sv), -268435456);
}

}  // namespace
}  // namespace day::formats::dotnet
