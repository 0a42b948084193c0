// Gives what a compound file holds: each stream with its path, and what streams hide.
//
//   DAY_TRY_ASSIGN(OleReader ole, OleReader::Create(file));
//   while (std::optional<document::Part> part = ole.Next(budget, inflater, buffer)) { ... }
//
// Besides streams as they are:
//   - files in packages and other OLE 1 objects ("\1Ole10Native"), behind the stream: "...//a.exe";
//   - objects and pictures in PowerPoint's and Word's records (ExOleObjStg, BLIPs), decompressed;
//   - VBA modules as source, "VBA/(macro) Module1.bas"; what only p-code has, "... p-code.txt";
//   - Excel 4 macro sheets as text, "Workbook//(macro) sheets.txt";
//   - attachments of Outlook messages under their names, texts of messages as UTF-8, and RTF
//     decompressed;
//   - streams of Hangul (HWP 5) documents, inflated: "...//(inflated)";
//   - what lies behind the last sector, "(trailing data)".
//   - encrypted streams (EncryptedPackage, Word's and PowerPoint's flags, Excel's FILEPASS) as they
//     are, and if one of a few passwords fits in the clear, "...//(decrypted)", with all of the
//     above; else with the gap "encrypted" or "encrypted: WHY".
//
// Specifications: [MS-CFB], [MS-OVBA], [MS-XLS], [MS-PPT], [MS-ODRAW], [MS-DOC] (FibBase),
// [MS-OXMSG], [MS-OFFCRYPTO]. Everything given is paid from the Budget, and so is work on streams
// that are read for others (steps). Ownership: contents are views into `file`, `buffer` or the
// reader, valid until the next Next(). Not thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/ole2/compound_file.h"
#include "libs/unpack/ole2/stream_opener.h"
#include "libs/unpack/vba/project.h"

namespace day::unpack::ole2 {

class OleReader {
 public:
  // Errors: those of CompoundFile::Open.
  static base::Result<OleReader> Create(base::Bytes file);

  // Whether the file's own structure is damaged, so that not all that lies in it can be in a
  // stream.
  static bool IsDamaged(base::Bytes file);

  // Further passwords to try on encrypted documents. REQUIRES: they outlive the reader.
  void SetPasswords(std::span<const std::string> passwords) { opener_.SetPasswords(passwords); }

  // The next part, or nothing at the end. Overwrites `buffer`.
  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);

  // What is wrong with the file itself, or empty.
  std::string_view problem() const { return file_.problem(); }

 private:
  // What is looked for in the stream that was given last.
  enum class Inner : std::uint8_t {
    kNone,
    kDecrypted,
    kPackage,
    kRecords,
    kWorkbook,
    kVbaProject,
    kVbaModule,
    kMessageText,
    kMessageRtf,
    kDeflated,
  };

  class StreamsBeside;

  explicit OleReader(CompoundFile file);
  document::Part TakeStream(std::size_t index, base::Budget& budget, inflate::OutputBuffer& buffer);
  Inner InnerOf(std::size_t index) const;
  bool IsEncrypted(std::size_t index, base::Bytes content);
  std::string Open(std::size_t index, base::Bytes content, base::Budget& budget);
  std::string AttachmentName(std::size_t index);

  std::optional<document::Part> NextInner(base::Budget& budget, inflate::Inflater& inflater);
  std::optional<document::Part> Decrypted(base::Budget& budget);
  std::optional<document::Part> NextPackage(base::Budget& budget);
  std::optional<document::Part> NextRecord(base::Budget& budget, inflate::Inflater& inflater);
  std::optional<document::Part> NextModule(base::Budget& budget);
  std::optional<document::Part> UnlistedModule(base::Budget& budget);
  std::optional<document::Part> MessageText(base::Budget& budget);
  std::optional<document::Part> Inflated(base::Budget& budget, inflate::Inflater& inflater);
  void ReadHangulHeader();
  bool IsHangulContent(const Entry& entry) const;
  document::Part TextPart(std::string name, document::PartKind kind, base::Budget& budget);
  base::Bytes ReadForMacros(std::size_t index, base::Budget& budget, inflate::OutputBuffer& out);
  std::size_t FindStream(std::uint32_t storage, std::string_view name) const;

  CompoundFile file_;
  // Streams and storages of each storage, by name.
  std::unordered_map<std::string, std::size_t> by_name_;
  // Properties of a Hangul document; 0 if it is none or has none.
  std::uint32_t hangul_properties_ = 0;
  std::size_t next_ = 0;  // entry
  bool trailing_given_ = false;

  std::size_t current_ = 0;  // the stream given last
  std::string current_path_;
  base::Bytes current_content_;
  Inner inner_ = Inner::kNone;
  std::size_t inner_at_ = 0;
  std::size_t inner_count_ = 0;

  std::vector<vba::Module> modules_;  // of the project in current_
  std::string project_names_;         // the stream "_VBA_PROJECT" beside it
  std::string pcode_text_;            // what the next part is, if not empty
  std::string pcode_name_;
  std::size_t unlisted_at_ = 0;
  std::unordered_set<std::size_t> modules_given_;

  StreamOpener opener_;
  std::string decrypted_gap_;
  inflate::OutputBuffer decrypted_;  // what current_ is in the clear
  inflate::OutputBuffer module_stream_;
  inflate::OutputBuffer names_stream_;
  inflate::OutputBuffer scratch_;
  std::string text_;
};

}  // namespace day::unpack::ole2
