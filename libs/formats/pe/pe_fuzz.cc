// Every table of a PE file, from any bytes.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "libs/formats/pe/debug.h"
#include "libs/formats/pe/exports.h"
#include "libs/formats/pe/imports.h"
#include "libs/formats/pe/pe_reader.h"
#include "libs/formats/pe/resources.h"
#include "libs/formats/pe/rich_header.h"
#include "libs/formats/pe/version_info.h"

namespace {

void Require(bool condition) {
  if (!condition) {
    __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace day::formats::pe;  // NOLINT: a fuzz target is a program of its own
  PeReader pe;
  if (!pe.Open(std::as_bytes(std::span(data, size)))) {
    return 0;
  }
  for (const Section& section : pe.sections()) {
    Require(pe.SectionData(section).size() <= size);
    (void)pe.FullName(section);
    const auto offset = pe.RvaToOffset(section.virtual_address);
    Require(!offset || *offset < size);
  }
  Require(pe.OverlayOffset().value_or(0) < size);
  (void)pe.CalculateChecksum();
  ImportTable imports;
  imports.ReadImports(pe);
  Require(imports.functions().size() <= kImportCountMax);
  std::string text;
  AppendImportHashText(imports, text);
  imports.ReadDelayedImports(pe);
  Require(imports.functions().size() <= kImportCountMax);
  ExportTable exports;
  exports.Read(pe);
  Require(exports.functions().size() <= kExportCountMax);
  ResourceTable resources;
  resources.Read(pe);
  VersionInfo version;
  for (const Resource& resource : resources.resources()) {
    version.Add(pe, resource.rva);
  }
  RichHeader rich;
  if (rich.Read(pe)) {
    Require(rich.offset() + rich.size_bytes() <= size);
  }
  (void)PdbPath(pe);
  return 0;
}
