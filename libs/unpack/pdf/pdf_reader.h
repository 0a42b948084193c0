// Walks a PDF file (ISO 32000-2) and gives every stream decoded, every script and what its actions
// do.
//
//   auto pdf = PdfReader(file);
//   while (std::optional<Part> part = pdf.Next(budget, inflater, buffer)) {
//     ... part->name, part->content, part->gap ...
//   }
//   pdf.problem();
//
// The cross-reference table is not read at all: viewers rebuild it when it is damaged, and what it
// hides is what a scanner must see. All of the file is searched for objects, the insides of
// comments, strings and streams too, and each one is looked at, overridden ones as well. Parts:
//   "object 12 0"       a stream, decoded; an embedded file has its file name; "object 12 0 (2)"
//                       if its dictionary can be read in several ways
//   "(javascript 1)"    a script that stands in a string, as UTF-8
//   "(actions)"         a line for each action: Launch, URI, SubmitForm, ..., and its targets
//   "(links)"           a line for each place that actions lead to, none twice: "a http://host/" of
//                       URI, "form" of SubmitForm, other actions with their names
//   "(trailing data)"   what follows the last "%%EOF" and is no PDF
// A stream whose object or dictionary is damaged is decoded by the words in front of it.
// A stream is as long as its /Length says if "endstream" follows there, else as far as that word.
// Images (DCT, JPX, CCITT, JBIG2) are given as they are. Files encrypted under the empty user
// password are decrypted; of others problem() is "encrypted", and the streams that are not
// encrypted are given.
//
// Limits, each named in problem() or in the gap of the part where it was met: kObjectsMax
// ("pdf_objects_max"), kTokensMax an object ("pdf_tokens_max"), kFindingsMax ("pdf_actions_max"),
// kFiltersMax a stream ("pdf_filters_max"), kKeptBytesMax of decoded object streams
// ("pdf_object_streams_max"), and "pdf_work_max": all parsing together goes over at most
// kWorkRatioMax times the file (and kWorkFreeBytes). The Budget pays for every byte given and every
// step of a filter chain. Ownership: contents are views into `file`, `buffer` or the reader, valid
// until the next Next(). Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/pdf/actions.h"
#include "libs/unpack/pdf/filters.h"
#include "libs/unpack/pdf/object_parser.h"
#include "libs/unpack/pdf/object_table.h"
#include "libs/unpack/pdf/security.h"

namespace day::unpack::pdf {

inline constexpr std::size_t kHeaderBytesMax = 1024;  // where the header may start
inline constexpr std::size_t kFiltersMax = 64;
inline constexpr std::size_t kReadingsMax = 4;
inline constexpr std::uint64_t kKeptBytesMax = 64 * 1024 * 1024;
inline constexpr std::uint64_t kWorkRatioMax = 16;
inline constexpr std::uint64_t kWorkFreeBytes = 16 * 1024 * 1024;

struct Part {
  std::string name;
  base::Bytes content;
  bool is_script = false;
  bool is_links = false;
  bool is_rest = false;  // the trailing data
  std::string gap;       // "" or why not all of it is there: "limit ...", "damaged: ..."
};

class PdfReader {
 public:
  explicit PdfReader(base::Bytes file);

  // Whether a header starts in the first kHeaderBytesMax bytes; or an object, and the last ones
  // have the end of a file, for many viewers need no header.
  static bool IsPdf(base::Bytes file);
  // The former alone.
  static bool HasHeader(base::Bytes file);

  // The next part, or nothing at the end. Overwrites `buffer`.
  std::optional<Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                           inflate::OutputBuffer& buffer);

  // Why not everything was looked at, as a gap's reason; or empty. Complete after Next() has
  // returned nothing.
  std::string_view problem() const { return problem_; }

  // Whether a common name is written in a way that hides it (HidesName()). Complete likewise.
  bool hides_names() const { return hides_names_; }

 private:
  enum class Stage : std::uint8_t {
    kStart,
    kObjectStreams,
    kStreams,
    kScripts,
    kActions,
    kLinks,
    kTrailing,
    kEnd
  };
  struct Stream {
    Object object;
    bool is_loose = false;   // no object that could be read has it
    std::uint64_t data = 0;  // where it starts
    std::uint64_t end = 0;   // where "endstream" stands
    bool is_object_stream = false;
  };
  struct FilterStep {
    Filter filter = Filter::kFlate;
    FilterParameters parameters;
    std::string crypt_name;

    friend bool operator==(const FilterStep&, const FilterStep&) = default;
  };
  // One way to decode a stream.
  struct Reading {
    std::vector<FilterStep> steps;
    std::string gap;        // of the chain itself
    bool is_guess = false;  // by words in the dictionary; that it fails is no gap
  };

  // pdf_reader.cc
  void ReadFile(base::Budget& budget);
  void ReadObjectAt(std::size_t word, base::Budget& budget);
  void AddStream(const Object& object, const ParsedObject& parsed);
  std::size_t DataBehind(std::size_t word) const;
  std::uint64_t FindEndOfStream(std::uint64_t data_offset);
  void ReadTrailers(base::Budget& budget);
  void NoteTrailer(Value dictionary);
  void FindTrailing();
  void ReadObjectStream(base::Bytes content, base::Budget& budget);
  void NameFiles(base::Budget& budget);
  std::optional<Part> NextScript(base::Budget& budget, inflate::OutputBuffer& buffer);
  std::optional<Part> Actions(base::Budget& budget, inflate::OutputBuffer& buffer);
  std::optional<Part> Links(base::Budget& budget, inflate::OutputBuffer& buffer);
  std::optional<Part> Trailing(base::Budget& budget);
  std::string StringOf(const Finding& finding, base::Budget& budget);
  std::string Decrypted(const Object& object, std::string bytes) const;
  static Part TextPart(std::string name, std::string_view text, base::Budget& budget,
                       inflate::OutputBuffer& buffer);
  void NoteLimit(std::string_view name);

  // pdf_encryption.cc
  void OpenSecurity(base::Budget& budget);
  bool OpenWith(const EncryptionEntries& entries);
  void FindIds(base::Budget& budget);
  EncryptionEntries EntriesOf(std::string_view text, const ParsedObject& parsed,
                              base::Budget& budget);

  // pdf_streams.cc
  std::optional<Part> NextStream(bool object_streams, base::Budget& budget,
                                 inflate::Inflater& inflater, inflate::OutputBuffer& buffer);
  bool IsNoise(const Part& part) const;
  bool OpenStream(base::Budget& budget);
  Part DecodeReading(base::Budget& budget, inflate::Inflater& inflater,
                     inflate::OutputBuffer& buffer);
  std::string Run(const Reading& reading, base::Bytes input, base::Budget& budget,
                  inflate::Inflater& inflater, inflate::OutputBuffer& buffer, base::Bytes& content);
  base::Bytes DataOf(const Stream& stream, base::Budget& budget);
  base::Bytes DataOf(const Stream& stream) const;
  std::vector<std::size_t> FindLooseStreams();
  void FindUnnamedStreams(const std::vector<std::size_t>& end_words);
  void AddWrittenReading();
  std::vector<Reading> ReadingsOf(Value dictionary, base::Budget& budget);
  Reading ReadingOf(Value filters, Value parameters, base::Budget& budget);
  void AddStep(Value filter, Value parameters, base::Budget& budget, Reading& reading);
  Cipher CipherOf(const Reading& reading) const;
  std::string PartName() const;

  base::Bytes file_;
  std::string_view text_;
  Stage stage_ = Stage::kStart;
  ObjectTable table_;
  std::vector<Stream> streams_;
  std::vector<Finding> findings_;
  std::deque<std::string> kept_;  // decoded object streams
  std::uint64_t kept_bytes_ = 0;
  std::size_t endstream_from_ = 1;  // between these two there is no "endstream"
  std::size_t endstream_ = 0;
  std::size_t trailing_ = 0;  // where trailing data starts; 0: there is none

  std::vector<std::uint32_t> encryption_;  // objects that look like encryption dictionaries
  std::vector<std::string> ids_;
  bool is_encrypted_ = false;
  bool hides_names_ = false;
  bool has_plain_trailer_ = false;  // one without encryption
  std::optional<Security> security_;

  std::map<std::int64_t, std::string> file_names_;  // of streams, by their number
  std::set<std::int64_t> script_objects_;
  std::size_t at_ = 0;          // the stream or finding to look at next
  ParsedObject parsed_;         // the current stream's dictionary
  bool is_plain_copy_ = false;  // the readings are of the stream as it is, not decrypted
  std::vector<Reading> readings_;
  std::size_t reading_ = 0;
  base::Bytes data_;
  std::string decrypted_;
  inflate::OutputBuffer spare_;  // the other end of a filter chain
  std::uint64_t scripts_ = 0;
  std::string problem_;
};

}  // namespace day::unpack::pdf
