#include "libs/engine/program_facts.h"

#include <algorithm>

#include "libs/formats/elf/elf_reader.h"
#include "libs/formats/macho/macho_reader.h"
#include "libs/formats/pe/icons.h"
#include "libs/formats/pe/pe_reader.h"
#include "libs/formats/pe/resources.h"
#include "libs/formats/pe/version_info.h"

namespace day::engine {
namespace {

using signatures::clamav::ProgramFacts;

ProgramFacts OfPe(base::Bytes data) {
  ProgramFacts facts;
  formats::pe::PeReader pe;
  if (!pe.Open(data)) {
    return facts;
  }
  facts.parsed = true;
  facts.entry_point = pe.EntryPointOffset().value_or(0);
  for (const formats::pe::Section& section : pe.sections()) {
    // The loader rounds raw pointers down to sectors.
    const std::uint64_t offset =
        section.pointer_to_raw_data - section.pointer_to_raw_data % formats::pe::kSectorSizeBytes;
    facts.sections.push_back({offset, section.size_of_raw_data});
  }
  formats::pe::ResourceTable resources;
  resources.Read(pe);
  formats::pe::VersionInfo version;
  for (const formats::pe::Resource& resource : resources.resources()) {
    if (resource.type.has_number() && resource.type.number == formats::pe::kResourceTypeVersion) {
      version.Add(pe, resource.rva);
    }
  }
  for (std::size_t i = 0; i < version.size(); ++i) {
    facts.version_strings.push_back(version.key_offset(i));
  }
  std::sort(facts.version_strings.begin(), facts.version_strings.end());
  return facts;
}

ProgramFacts OfElf(base::Bytes data) {
  ProgramFacts facts;
  const auto elf = formats::elf::ElfReader::Parse(data);
  if (!elf) {
    return facts;
  }
  facts.parsed = true;
  facts.entry_point = elf->entry_point().value_or(0);
  const std::uint64_t count = std::min<std::uint64_t>(elf->section_count(), kProgramSectionsMax);
  for (std::uint64_t i = 0; i < count; ++i) {
    const formats::elf::Section section = elf->section(i);
    facts.sections.push_back({section.offset, section.size});
  }
  return facts;
}

ProgramFacts OfMachO(base::Bytes data) {
  ProgramFacts facts;
  const auto image = formats::macho::MachoImage::Parse(data);
  if (!image) {
    return facts;
  }
  facts.parsed = true;
  facts.entry_point = image->entry_point().value_or(0);
  for (std::uint64_t i = 0; i < image->segment_count(); ++i) {
    const auto segment = image->segment(i);
    const std::uint64_t count = segment ? segment->section_count : 0;
    for (std::uint64_t j = 0; j < count && facts.sections.size() < kProgramSectionsMax; ++j) {
      const formats::macho::Section section = image->section(i, j);
      facts.sections.push_back({section.offset, section.size});
    }
  }
  return facts;
}

}  // namespace

std::vector<similarity::IconMetrics> MeasureIcons(base::Bytes data) {
  std::vector<similarity::IconMetrics> metrics;
  formats::pe::PeReader pe;
  if (!pe.Open(data)) {
    return metrics;
  }
  formats::pe::ResourceTable resources;
  resources.Read(pe);
  formats::pe::ForEachIcon(pe, resources, [&](const formats::pe::IconImage& icon) {
    metrics.push_back(similarity::MeasureIcon(icon.side, icon.pixels));
    return metrics.size() < formats::pe::kIconCountMax;
  });
  return metrics;
}

ProgramFacts ReadProgramFacts(base::Bytes data, FileType type) {
  switch (type) {
    case FileType::kPe:
      return OfPe(data);
    case FileType::kElf:
      return OfElf(data);
    case FileType::kMachO:
      return OfMachO(data);
    default:
      return {};
  }
}

}  // namespace day::engine
