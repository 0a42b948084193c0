// DotnetReader: everything about a .NET file, read when asked for.
//
//   DotnetReader reader;
//   reader.Bind(file);
//   if (reader.metadata().is_dotnet()) { ... reader.tables().ModuleName() ... }
//
// Ties Metadata, Tables and Classes to one file. Buffers are kept from file to file.
// Not thread-safe. Borrows the file; everything returned lives until the next Bind().
#pragma once

#include "libs/base/bytes.h"
#include "libs/formats/dotnet/classes.h"
#include "libs/formats/dotnet/metadata.h"
#include "libs/formats/dotnet/tables.h"
#include "libs/formats/pe/pe_reader.h"

namespace day::formats::dotnet {

class DotnetReader {
 public:
  DotnetReader() = default;
  // Parts refer to each other.
  DotnetReader(const DotnetReader&) = delete;
  DotnetReader& operator=(const DotnetReader&) = delete;

  // Starts a new file in constant time, without touching its bytes.
  void Bind(base::Bytes file) {
    file_ = file;
    metadata_open_ = false;
    tables_open_ = false;
    classes_open_ = false;
  }

  Metadata& metadata() {
    if (!metadata_open_) {
      metadata_open_ = true;
      is_pe_ = pe_.Open(file_);
      metadata_.Open(file_, is_pe_ ? &pe_ : nullptr);
    }
    return metadata_;
  }

  Tables& tables() {
    if (!tables_open_) {
      tables_open_ = true;
      const Metadata& metadata = this->metadata();
      tables_.Open(metadata, is_pe_ ? &pe_ : nullptr);
    }
    return tables_;
  }

  Classes& classes() {
    if (!classes_open_) {
      classes_open_ = true;
      classes_.Open(tables());
    }
    return classes_;
  }

 private:
  base::Bytes file_;
  bool metadata_open_ = false;
  bool tables_open_ = false;
  bool classes_open_ = false;
  bool is_pe_ = false;
  pe::PeReader pe_;
  Metadata metadata_;
  Tables tables_;
  Classes classes_;
};

}  // namespace day::formats::dotnet
