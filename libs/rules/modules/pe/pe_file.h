// PeFile: one file's layers, each read when first asked for and kept until the next file.
//
// Thread safety: not thread-safe. Memory is used again from file to file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/crypto/hash.h"
#include "libs/formats/authenticode/authenticode.h"
#include "libs/formats/pe/exports.h"
#include "libs/formats/pe/imports.h"
#include "libs/formats/pe/pe_reader.h"
#include "libs/formats/pe/resources.h"
#include "libs/formats/pe/rich_header.h"
#include "libs/formats/pe/version_info.h"

namespace day::rules::modules::pe {

class PeFile {
 public:
  // Starts a new file without touching it. REQUIRES: the bytes outlive the next Bind.
  void Bind(base::Bytes file) {
    file_ = file;
    loaded_ = Loaded();
  }

  // True if the file is a PE file. REQUIRES of everything below: is_pe().
  bool is_pe() {
    if (!loaded_.headers) {
      loaded_.headers = true;
      is_pe_ = reader_.Open(file_);
    }
    return is_pe_;
  }

  const formats::pe::PeReader& reader() const { return reader_; }
  const formats::pe::ImportTable& imports();
  const formats::pe::ImportTable& delayed_imports();
  const formats::pe::ExportTable& exports();
  const formats::pe::ResourceTable& resources();
  const formats::pe::VersionInfo& version_info();
  // Null if there is none.
  const formats::pe::RichHeader* rich_header();
  std::optional<std::string_view> pdb_path();
  const std::vector<formats::authenticode::Signature>& signatures();

  // 32 hexadecimal digits.
  std::string_view imphash();
  std::uint64_t calculated_checksum();

  // The version strings as a dictionary: keys in the order of their first coming, with their last
  // values. Positions are indices into version_info().
  std::size_t version_key_count();
  std::string_view version_key(std::size_t position);
  std::optional<std::string_view> version_value(std::string_view key);

 private:
  struct Loaded {
    bool headers = false;
    bool imports = false;
    bool delayed_imports = false;
    bool exports = false;
    bool resources = false;
    bool version_info = false;
    bool version_keys = false;
    bool rich_header = false;
    bool pdb_path = false;
    bool signatures = false;
    bool imphash = false;
    bool checksum = false;
  };

  void LoadSignatures();
  void LoadVersionKeys();

  base::Bytes file_;
  Loaded loaded_;
  bool is_pe_ = false;
  bool has_rich_header_ = false;
  formats::pe::PeReader reader_;
  formats::pe::ImportTable imports_;
  formats::pe::ImportTable delayed_imports_;
  formats::pe::ExportTable exports_;
  formats::pe::ResourceTable resources_;
  formats::pe::VersionInfo version_info_;
  std::vector<std::size_t> version_keys_;
  formats::pe::RichHeader rich_header_;
  std::optional<std::string_view> pdb_path_;
  std::vector<formats::authenticode::Signature> signatures_;
  crypto::Md5Hasher md5_;
  std::string hash_text_;
  std::string imphash_;
  std::uint64_t checksum_ = 0;
};

}  // namespace day::rules::modules::pe
