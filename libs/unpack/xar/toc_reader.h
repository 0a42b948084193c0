// Reads the table of contents of a xar archive: which data lie where in the heap.
//
//   TocReader toc(text);
//   while (const std::optional<TocEntry> entry = toc.Next()) { ... }
//
// The XML is scanned, not parsed: whatever is wrong around them, the offset and the length of data
// are found, and if an element says something twice, each is an entry. Apple's tool writes names
// behind the data, so they are looked for ahead, up to the next <file>. Linear in the text.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/unpack/parts/markup.h"

namespace day::unpack::xar {

// Data in the heap, or a document within the table of contents itself. Numbers that are not there,
// or are none, are empty.
struct TocEntry {
  std::string name;                          // "dir/a.txt", "(file)" if it has none
  std::optional<std::uint64_t> offset;       // from the start of the heap
  std::optional<std::uint64_t> length;       // as it lies there
  std::optional<std::uint64_t> size;         // unpacked
  std::string_view encoding;                 // "application/x-gzip", ..., cut; empty: none is said
  std::optional<std::string_view> document;  // a <subdoc>: what stands in it
};

class TocReader {
 public:
  // The text outlives the reader.
  explicit TocReader(std::string_view text) : text_(text), scanner_(text) {}

  std::optional<TocEntry> Next();

 private:
  struct File {
    std::string path;
    bool is_named = false;
    bool was_sought = false;  // its name, ahead
  };
  struct Record {
    bool is_open = false;       // inside <data> or <ea>
    bool is_attribute = false;  // inside <ea>
    std::string name;           // of the extended attribute
    std::optional<std::uint64_t> offset;
    std::optional<std::uint64_t> length;
    std::optional<std::uint64_t> size;
    std::string_view encoding;
  };

  std::optional<TocEntry> Read(const parts::Element& element);
  std::optional<TocEntry> ReadDocument(const parts::Element& element);
  std::optional<TocEntry> ReadField(std::string_view field, const parts::Element& element);
  void EnterFile(bool is_end);
  std::optional<TocEntry> Flush(const Record& next);
  TocEntry EntryOf(const Record& record);
  void LookAheadForName();
  void NameFile(std::string_view name);

  std::string_view text_;
  parts::ElementScanner scanner_;
  std::vector<File> files_;         // around the position, outermost first
  std::uint64_t deeper_files_ = 0;  // which are too deep to be in files_
  std::size_t document_end_ = 0;
  bool is_checksum_ = false;
  Record record_;
};

}  // namespace day::unpack::xar
