#include "libs/rules/modules/lnk/lnk_module.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/formats/lnk/lnk_reader.h"
#include "libs/rules/module/testing/module_probe.h"

namespace day::rules::modules::lnk {
namespace {

using formats::lnk::LossyUtf16;
using formats::lnk::LossyUtf8;
using module::ModuleProbe;

void Put(std::string& to, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) {
    to.push_back(static_cast<char>(value >> (8 * i)));
  }
}

std::string Header(std::uint32_t flags) {
  std::string header;
  Put(header, 0x4C, 4);
  Put(header, 0x21401, 8);
  Put(header, 0x46000000000000C0, 8);
  Put(header, flags, 4);
  Put(header, 0x20, 4);
  Put(header, 116444736010000000ull, 8);  // one second after 1970 began
  Put(header, 0, 8);
  Put(header, 116444736000000000ull, 8);
  Put(header, 27648, 4);
  Put(header, 3, 4);
  Put(header, 7, 4);
  return header + std::string(12, '\0');
}

std::string Item(const std::string& data) {
  std::string item;
  Put(item, data.size() + 2, 2);
  return item + data;
}

std::string IdList(const std::string& items) {
  std::string list;
  Put(list, items.size() + 2, 2);
  return list + items + std::string(2, '\0');
}

std::string Counted(const std::string& text) {
  std::string counted;
  Put(counted, text.size(), 2);
  return counted + text;
}

std::string Wide(std::string_view text) {
  std::string wide;
  for (const char c : text) {
    wide.push_back(c);
    wide.push_back('\0');
  }
  return wide;
}

const std::string kTerminal(4, '\0');
const std::string kGuid("\xd0\x4f\xe0\x20\xea\x3a\x69\x10\xa2\xd8\x08\x00\x2b\x30\x30\x9d", 16);

TEST(LnkModule, OtherFilesAreNotLinks) {
  ModuleProbe probe(CreateLnkModule());
  probe.Bind("MZ");
  EXPECT_EQ(probe.Integer("is_lnk"), 0);
  EXPECT_EQ(probe.Integer("file_size"), std::nullopt);
  EXPECT_EQ(probe.Length("target_id_list"), 0U);
  EXPECT_EQ(probe.Integer("ShellItemType.URI"), 0x61);
  EXPECT_EQ(probe.Integer("FILE_ATTRIBUTE_ENCRYPTED"), 0x4000);
  probe.Bind(Header(0).substr(0, 75));
  EXPECT_EQ(probe.Integer("is_lnk"), 0);
}

TEST(LnkModule, ReadsTheHeader) {
  ModuleProbe probe(CreateLnkModule());
  probe.Bind(Header(0) + kTerminal);
  EXPECT_EQ(probe.Integer("is_lnk"), 1);
  EXPECT_EQ(probe.Integer("creation_time"), 1);
  EXPECT_EQ(probe.Integer("access_time"), std::nullopt);
  EXPECT_EQ(probe.Integer("write_time"), 0);
  EXPECT_EQ(probe.Integer("file_size"), 27648);
  EXPECT_EQ(probe.Integer("file_attributes"), 0x20);
  EXPECT_EQ(probe.Integer("icon_index"), 3);
  EXPECT_EQ(probe.Integer("show_command"), 7);
  EXPECT_EQ(probe.Integer("overlay_size"), 0);
  EXPECT_EQ(probe.Integer("overlay_offset"), std::nullopt);
  EXPECT_EQ(probe.Integer("tracker_data.version"), std::nullopt);
}

TEST(LnkModule, ReadsStringsInBothEncodings) {
  ModuleProbe probe(CreateLnkModule());
  probe.Bind(Header(0x04 | 0x20) + Counted("a name") + Counted("\xff args") + kTerminal + "tail");
  EXPECT_EQ(probe.Text("name"), "a name");
  EXPECT_EQ(probe.Text("cmd_line_args"), "\xEF\xBF\xBD args");
  EXPECT_EQ(probe.Integer("overlay_size"), 4);
  EXPECT_EQ(probe.Integer("overlay_offset"), 76 + 2 + 6 + 2 + 6 + 4);
  std::string wide = Header(0x80 | 0x08 | 0x40);
  Put(wide, 3, 2);
  wide += Wide("..\\");
  Put(wide, 2, 2);
  probe.Bind(wide + std::string("\x3D\xD8\x00\xDE", 4) + kTerminal);
  EXPECT_EQ(probe.Text("relative_path"), "..\\");
  EXPECT_EQ(probe.Text("icon_location"), "\xF0\x9F\x98\x80") << "a surrogate pair";
}

TEST(LnkModule, TextsButArgumentsHaveAtMost260Characters) {
  ModuleProbe probe(CreateLnkModule());
  probe.Bind(Header(0x04) + Counted(std::string(300, 'n')));
  EXPECT_EQ(probe.Text("name"), std::string(260, 'n'));
  probe.Bind(Header(0x20) + Counted(std::string(300, 'n')));
  EXPECT_EQ(probe.Text("cmd_line_args"), std::string(300, 'n'));
}

TEST(LnkModule, ReadsShellItems) {
  ModuleProbe probe(CreateLnkModule());
  const std::string name = std::string("C:\\") + std::string(17, '\0');
  probe.Bind(Header(0x01) +
             IdList(Item("\x1fP" + kGuid) + Item("\x2f" + name) +
                    Item(std::string("\x32") + std::string(11, 'x') + "FILE.EXE" + '\0' + "more") +
                    Item(std::string("\x2e") + "?" + kGuid) + Item("\x99???") +
                    Item(std::string(22, '\0') + Wide("a.cpl") + std::string(2, '\0'))) +
             kTerminal);
  ASSERT_EQ(probe.Length("target_id_list"), 6U);
  EXPECT_EQ(probe.Integer("target_id_list[0].item_type"), 0x1F);
  EXPECT_EQ(probe.Text("target_id_list[0].root_folder_id"), "20e04fd0-3aea-1069-a2d8-08002b30309d");
  EXPECT_EQ(probe.Text("target_id_list[0].volume_id"), std::nullopt);
  EXPECT_EQ(probe.Text("target_id_list[1].volume_name"), "C:\\");
  EXPECT_EQ(probe.Integer("target_id_list[2].item_type"), 0x30);
  EXPECT_EQ(probe.Text("target_id_list[2].file_entry_name"), "FILE.EXE");
  EXPECT_EQ(probe.Text("target_id_list[3].volume_id"), "20e04fd0-3aea-1069-a2d8-08002b30309d");
  EXPECT_EQ(probe.Integer("target_id_list[4].item_type"), 0x99);
  EXPECT_EQ(probe.Text("target_id_list[4].data"), "???");
  EXPECT_EQ(probe.Text("target_id_list[5].cpl_file_path"), "a.cpl");
  EXPECT_EQ(probe.Text("target_id_list[6].data"), std::nullopt);
}

TEST(LnkModule, ReadsLinkInfoAndTracker) {
  std::string info;
  const std::string volume_label = "LABEL";
  std::string volume;
  Put(volume, 16 + volume_label.size() + 1, 4);
  Put(volume, 3, 4);
  Put(volume, 0x1234, 4);
  Put(volume, 16, 4);
  volume += volume_label + '\0';
  const std::string path = std::string("C:\\x") + '\0';
  Put(info, 28 + volume.size() + path.size(), 4);
  Put(info, 28, 4);
  Put(info, 3, 4);
  Put(info, 28, 4);
  Put(info, 28 + volume.size(), 4);
  Put(info, 0, 4);
  Put(info, 28 + volume.size() + 2, 4);
  info += volume + path;
  std::string tracker;
  Put(tracker, 96, 4);
  Put(tracker, 0xA0000003, 4);
  Put(tracker, 88, 4);
  Put(tracker, 5, 4);
  tracker += std::string("machine") + std::string(9, '\0') + kGuid + kGuid + kGuid + kGuid;
  ModuleProbe probe(CreateLnkModule());
  probe.Bind(Header(0x02) + info + tracker + kTerminal);
  EXPECT_EQ(probe.Integer("drive_type"), 3);
  EXPECT_EQ(probe.Integer("drive_serial_number"), 0x1234);
  EXPECT_EQ(probe.Text("volume_label"), "LABEL");
  EXPECT_EQ(probe.Text("local_base_path"), "C:\\x");
  EXPECT_EQ(probe.Text("common_path_suffix"), "\\x");
  EXPECT_EQ(probe.Integer("tracker_data.version"), 5);
  EXPECT_EQ(probe.Text("tracker_data.machine_id"), "machine");
  EXPECT_EQ(probe.Text("tracker_data.droid_birth_file_id"), "20e04fd0-3aea-1069-a2d8-08002b30309d");
}

TEST(LnkModule, KeepsTheHeaderOfBrokenFiles) {
  ModuleProbe probe(CreateLnkModule());
  const std::string file = Header(0xFF) + std::string("\xff\xff\x05\x00\x1f", 5);
  for (std::size_t size = 76; size <= file.size(); ++size) {
    probe.Bind(file.substr(0, size));
    EXPECT_EQ(probe.Integer("file_size"), 27648);
    EXPECT_EQ(probe.Integer("overlay_size"), std::nullopt);
  }
  EXPECT_EQ(probe.Integer("target_id_list[0].item_type"), 0x1F) << "list sizes are clamped";
}

TEST(LossyText, ReplacesWhatIsInvalid) {
  EXPECT_EQ(LossyUtf8("ab\xC3\xA9"), "ab\xC3\xA9");
  EXPECT_EQ(LossyUtf8("\xE2\x82z"), "\xEF\xBF\xBDz") << "one for a cut sequence";
  EXPECT_EQ(LossyUtf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(LossyUtf8("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(LossyUtf8("\xF0\x9F\x98"), "\xEF\xBF\xBD");
  EXPECT_EQ(LossyUtf16(base::AsBytes(std::string_view("\x00\xD8z\x00", 4))), "\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace day::rules::modules::lnk
