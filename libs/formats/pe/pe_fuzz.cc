// Every table of a PE file, from any bytes.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "libs/formats/pe/debug.h"
#include "libs/formats/pe/exports.h"
#include "libs/formats/pe/icons.h"
#include "libs/formats/pe/imports.h"
#include "libs/formats/pe/pe_reader.h"
#include "libs/formats/pe/resources.h"
#include "libs/formats/pe/rich_header.h"
#include "libs/formats/pe/version_info.h"

namespace pe = day::formats::pe;

namespace {

void Require(bool condition) {
  if (!condition) {
    __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pe::PeReader reader;
  if (!reader.Open(std::as_bytes(std::span(data, size)))) {
    return 0;
  }
  for (const pe::Section& section : reader.sections()) {
    Require(reader.SectionData(section).size() <= size);
    (void)reader.FullName(section);
    const auto offset = reader.RvaToOffset(section.virtual_address);
    Require(!offset || *offset < size);
  }
  Require(reader.OverlayOffset().value_or(0) < size);
  (void)reader.CalculateChecksum();
  pe::ImportTable imports;
  imports.ReadImports(reader);
  Require(imports.functions().size() <= pe::kImportCountMax);
  std::string text;
  pe::AppendImportHashText(imports, text);
  imports.ReadDelayedImports(reader);
  Require(imports.functions().size() <= pe::kImportCountMax);
  pe::ExportTable exports;
  exports.Read(reader);
  Require(exports.functions().size() <= pe::kExportCountMax);
  pe::ResourceTable resources;
  resources.Read(reader);
  pe::VersionInfo version;
  for (const pe::Resource& resource : resources.resources()) {
    version.Add(reader, resource.rva);
  }
  std::size_t icons = 0;
  pe::ForEachIcon(reader, resources, [&](const pe::IconImage& icon) {
    Require(icon.side >= 16 && icon.side <= 32);
    Require(icon.pixels.size() == std::size_t{icon.side} * icon.side);
    return ++icons < pe::kIconCountMax;
  });
  pe::RichHeader rich;
  if (rich.Read(reader)) {
    Require(rich.offset() + rich.size_bytes() <= size);
  }
  (void)pe::PdbPath(reader);
  return 0;
}
