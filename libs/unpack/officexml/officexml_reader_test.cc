#include "libs/unpack/officexml/officexml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/base/base64.h"

namespace day::unpack::officexml {
namespace {

using ::testing::ElementsAre;

std::string Base64(const std::string& text) { return base::EncodeBase64(base::AsBytes(text)); }

template <typename Reader>
std::vector<std::string> WalkAll(const std::string& file) {
  std::vector<std::string> parts;
  Reader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    parts.push_back(part->name + "=" + std::string(base::AsText(part->content)) +
                    (part->gap.empty() ? "" : "[" + part->gap + "]"));
  }
  return parts;
}

TEST(OfficeXmlTest, GivesFilesOfWord2003) {
  std::string spaced = Base64("the macros");
  spaced.insert(5, "\r\n  ");
  const std::string file =
      "<?xml version=\"1.0\"?><w:wordDocument><w:binData w:name=\"editdata.mso\">" + spaced +
      "</w:binData><x:binData>" + Base64("more") + "</x:binData><binData\n>" + Base64("plain");
  EXPECT_TRUE(OfficeXmlReader::HasFiles(base::AsBytes(file)));
  EXPECT_THAT(WalkAll<OfficeXmlReader>(file),
              ElementsAre("editdata.mso=the macros", "file 1=more", "file 2=plain"));
}

TEST(OfficeXmlTest, GivesPartsOfFlatOpc) {
  EXPECT_THAT(WalkAll<OfficeXmlReader>(
                  "<pkg:part pkg:name=\"/word/vbaProject.bin\" pkg:x=\"y\"><pkg:binaryData>" +
                  Base64("project") + "</pkg:binaryData></pkg:part>"),
              ElementsAre("/word/vbaProject.bin=project"));
}

TEST(OfficeXmlTest, GivesFilesOfHangulsXml) {
  const std::string start = "\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<HWPML Version=\"2.8\">";
  const std::string deflated =
      Base64(std::string("\x01\x04\x00\xFB\xFF"
                         "file",
                         9));
  EXPECT_THAT(
      WalkAll<OfficeXmlReader>(
          start +
          "<BINITEM BinData=\"1\"/><BINDATA Compress=\"true\" Encoding=\"Base64\" Id=\"1\">" +
          deflated + "</BINDATA><BINDATA Compress=\"false\">" + Base64("plain") +
          "</BINDATA><BINDATA Compress=\"true\">" + Base64("\xFF") + "</BINDATA>"),
      ElementsAre("file 1=file", "file 2=plain", ::testing::StartsWith("file 3=[damaged")));
  EXPECT_FALSE(OfficeXmlReader::HasFiles(base::AsBytes(start + "<BINDATASTORAGE></HWPML>")));
}

TEST(OfficeXmlTest, OtherTextsHaveNone) {
  for (const char* file : {"<a>binData</a>", "</w:binData>", "<w:binDatabase>", "<w:binData", ""}) {
    EXPECT_FALSE(OfficeXmlReader::HasFiles(base::AsBytes(file))) << file;
  }
}

TEST(OfficeXmlTest, EncryptedEntriesAreAGap) {
  EXPECT_THAT(WalkAll<OfficeXmlReader>("<manifest:file-entry><manifest:encryption-data a=\"b\">"),
              ElementsAre("(encrypted entries)=[encrypted]"));
}

TEST(ActiveMimeTest, IsDecompressed) {
  std::string file("ActiveMime\0\0\x01\xF0", 14);
  file.resize(0x32);
  file += std::string("\x78\x9C\x01\x07\x00\xF8\xFFproject", 14);
  EXPECT_TRUE(ActiveMimeReader::IsActiveMime(base::AsBytes(file)));
  EXPECT_THAT(WalkAll<ActiveMimeReader>(file), ElementsAre("(content)=project"));
  EXPECT_THAT(WalkAll<ActiveMimeReader>("ActiveMime"),
              ElementsAre("(content)=[damaged: no compressed data]"));
}

}  // namespace
}  // namespace day::unpack::officexml
