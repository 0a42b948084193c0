#include "libs/engine/descend/containers.h"

#include "libs/engine/descend/openers.h"

namespace day::engine {
namespace {

using Opener = std::unique_ptr<Container> (*)(const Subject&);

// All are asked, in this order; the last one that opens is walked first.
constexpr Opener kOpeners[] = {
    &OpenEmbedded,  // first, for it is walked last
    &OpenGzip,          &OpenDisk,         &OpenDmg,         &OpenImage,      &OpenHfsPlus,
    &OpenIso,           &OpenUdf,          &OpenHtml,        &OpenMail,       &OpenPdf,
    &OpenScript,        &OpenStream,       &OpenTar,         &OpenZip,        &OpenArchive,
    &OpenOle2,          &OpenOneNote,      &OpenRtf,         &OpenTnef,       &OpenOverlay,
    &OpenActiveMime,    &OpenOfficeXml,    &OpenSwf,         &OpenCms,        &OpenLinks,
    &OpenLnk,           &OpenPacked,       &OpenFat,         &OpenHwp3,       &OpenCryptFf,
    &OpenRelationships, &OpenOpenDocument, &OpenBinarySheet, &OpenMacroSheet, &OpenWideXml,
};

}  // namespace

std::vector<OpenedContainer> OpenContainers(Subject subject, std::span<const FileType> types) {
  std::vector<OpenedContainer> containers;
  for (const Opener open : kOpeners) {
    for (const FileType type : types) {
      subject.type = type;
      if (auto container = open(subject)) {
        containers.push_back({std::move(container), type});
        break;
      }
    }
  }
  return containers;
}

}  // namespace day::engine
