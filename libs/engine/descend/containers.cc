#include "libs/engine/descend/containers.h"

#include "libs/engine/descend/openers.h"

namespace day::engine {
namespace {

using Opener = std::unique_ptr<Container> (*)(const Subject&);

// All are asked, in this order; the last one that opens is walked first.
constexpr Opener kOpeners[] = {
    &OpenGzip, &OpenDisk,    &OpenDmg,        &OpenImage,     &OpenHfsPlus, &OpenIso,
    &OpenUdf,  &OpenHtml,    &OpenMail,       &OpenPdf,       &OpenScript,  &OpenStream,
    &OpenTar,  &OpenZip,     &OpenArchive,    &OpenOle2,      &OpenOneNote, &OpenRtf,
    &OpenTnef, &OpenOverlay, &OpenActiveMime, &OpenOfficeXml, &OpenSwf,     &OpenCms,
    &OpenLnk,  &OpenPacked,  &OpenEmbedded,
};

}  // namespace

std::vector<std::unique_ptr<Container>> OpenContainers(const Subject& subject) {
  std::vector<std::unique_ptr<Container>> containers;
  for (const Opener open : kOpeners) {
    if (auto container = open(subject)) {
      containers.push_back(std::move(container));
    }
  }
  return containers;
}

}  // namespace day::engine
