#include <gtest/gtest.h>

#include <string>

#include "libs/signatures/lists.h"
#include "libs/signatures/metadata/metadata_matcher.h"

namespace day::signatures::metadata {
namespace {

const clamav::ClamType kZip = *clamav::TypeOfName("CL_TYPE_ZIP");
const clamav::ClamType kTar = *clamav::TypeOfName("CL_TYPE_POSIX_TAR");

ContainedFile File(std::string_view name) {
  ContainedFile file;
  file.container = kZip;
  file.container_size = 1000;
  file.name = name;
  file.compressed_size = 90;
  file.real_size = 100;
  file.position = 2;
  file.crc32 = 0xABCD;
  return file;
}

// The names that match, in order.
std::string Names(std::string_view cdb, const ContainedFile& file,
                  std::string_view ending = ".cdb") {
  std::string lists;
  AppendList("x.pdb", "H:other\n", &lists);
  AppendList("a" + std::string(ending), cdb, &lists);
  MetadataMatcher matcher(lists);
  std::string names;
  for (const MetadataHit& hit : matcher.Match(file)) {
    names += hit.signature->name + "@" + hit.provenance + " ";
  }
  return names;
}

std::string_view Problem(std::string_view line, MetadataFormat format = MetadataFormat::kCdb) {
  return ParseMetadataLine(format, line).problem;
}

TEST(MetadataTest, EachFieldCounts) {
  EXPECT_EQ(Names("A:*:*:*:*:*:*:*:*:*\n", File("x")), "A@a.cdb:1 ");
  EXPECT_EQ(Names("# c\r\n\nA:CL_TYPE_ZIP:*:*:*:*:*:*:*:*\r\n", File("x")), "A@a.cdb:3 ");
  EXPECT_EQ(Names("A:CL_TYPE_POSIX_TAR:*:*:*:*:*:*:*:*", File("x")), "");
  EXPECT_EQ(Names("A:*:1000:*:*:*:*:*:*:*\nB:*:1-999:*:*:*:*:*:*:*", File("x")), "A@a.cdb:1 ");
  EXPECT_EQ(Names("A:*:*:\\.exe$:*:*:*:*:*:*\nB:*:*:^y:*:*:*:*:*:*", File("d/x.exe")),
            "A@a.cdb:1 ");
  EXPECT_EQ(Names("A:*:*:*:90:*:*:*:*:*\nB:*:*:*:91:*:*:*:*:*", File("x")), "A@a.cdb:1 ");
  EXPECT_EQ(Names("A:*:*:*:*:50-100:*:*:*:*\nB:*:*:*:*:1-2:*:*:*:*", File("x")), "A@a.cdb:1 ");
  EXPECT_EQ(Names("A:*:*:*:*:*:0:*:*:*\nB:*:*:*:*:*:1:*:*:*", File("x")), "A@a.cdb:1 ");
  EXPECT_EQ(Names("A:*:*:*:*:*:*:2:*:*\nB:*:*:*:*:*:*:1:*:*", File("x")), "A@a.cdb:1 ");
  EXPECT_EQ(Names("A:*:*:*:*:*:*:*:abcd:*\nB:*:*:*:*:*:*:*:abce:*", File("x")), "A@a.cdb:1 ");
  ContainedFile tar = File("x");
  tar.container = kTar;
  tar.crc32.reset();
  EXPECT_EQ(Names("A:*:*:*:*:*:*:*:abce:*", tar), "A@a.cdb:1 ");  // no checksum to compare
}

TEST(MetadataTest, OldForms) {
  EXPECT_EQ(Names("A:0:x:100:90:abcd:8:2:1\nB:1:x:*:*:*:*:*:*", File("x"), ".zmd"), "A@a.zmd:1 ");
  EXPECT_EQ(Names("A:*:x:*:*:*:*:*:*", File("x"), ".rmd"), "");  // a zip
}

TEST(MetadataTest, ColonsInExpressions) {
  EXPECT_EQ(Names("A:*:*:c\\:d:*:*:*:*:*:*", File("c:d")), "A@a.cdb:1 ");
}

TEST(MetadataTest, BadLinesSayWhy) {
  EXPECT_EQ(Problem("A:*:*"), "not the right number of fields between colons");
  EXPECT_EQ(Problem(":*:*:*:*:*:*:*:*:*"), "no name, or one longer than 512 bytes");
  EXPECT_EQ(Problem("A:CL_TYPE_X:*:*:*:*:*:*:*:*"), "unknown type of container");
  EXPECT_EQ(Problem("A:*:x:*:*:*:*:*:*:*"), "the container's size is not *, a number or a range");
  EXPECT_EQ(Problem("A:*:*:*:9-1:*:*:*:*:*"), "a size or position is not *, a number or a range");
  EXPECT_EQ(Problem("A:*:*:*:*:*:2:*:*:*"), "encrypted is not *, 0 or 1");
  EXPECT_EQ(Problem("A:*:*:*:*:*:*:*:zz:*"), "the checksum is not * or hexadecimal");
  EXPECT_EQ(Problem("A:*:*:*:*:*:*:*:*:*:999"), "needs a higher functionality level");
  EXPECT_EQ(Problem("A:*:*:*:*:*:*:*:*:*:1:100"), "is for lower functionality levels");
  EXPECT_EQ(Problem("A:*:*:*:*:*:*:*:*:*:x"), "the functionality level is not a number");
  EXPECT_EQ(Problem("A:*:*:*:*:*:*:*:*:*:1:255"), "");
}

TEST(ListsTest, DamagedListsEnd) {
  std::string lists;
  AppendList("a", "bc", &lists);
  for (std::size_t size = 0; size < lists.size(); ++size) {
    std::string_view cut = std::string_view(lists).substr(0, size);
    EXPECT_FALSE(TakeList(&cut)) << size;
  }
  std::string_view lying = "1,99999999999999999999\nab";
  EXPECT_FALSE(TakeList(&lying));
}

}  // namespace
}  // namespace day::signatures::metadata
