#include "libs/signatures/sources/source_kind.h"

#include <algorithm>
#include <array>

namespace day::signatures::sources {
namespace {

constexpr std::string_view kBytecode = "bytecode programs are not run";
constexpr std::string_view kNotYet = "this type is not supported yet";

constexpr SourceKind kKinds[] = {
    {".hdb", Use::kSignatures, "hashes of files", {}, ':', 2},
    {".hsb", Use::kSignatures, "hashes of files", {}, ':', 2},
    {".hdu", Use::kSignatures, "hashes of files (possibly unwanted)", {}, ':', 2},
    {".hsu", Use::kSignatures, "hashes of files (possibly unwanted)", {}, ':', 2},
    {".mdb", Use::kSignatures, "hashes of PE sections", {}, ':', 2},
    {".msb", Use::kSignatures, "hashes of PE sections", {}, ':', 2},
    {".mdu", Use::kSignatures, "hashes of PE sections (possibly unwanted)", {}, ':', 2},
    {".msu", Use::kSignatures, "hashes of PE sections (possibly unwanted)", {}, ':', 2},
    {".imp", Use::kSignatures, "import hashes", {}, ':', 2},
    {".fp", Use::kSignatures, "files never to be reported", {}, ':', 2},
    {".sfp", Use::kSignatures, "files never to be reported", {}, ':', 2},
    {".csv", Use::kSignatures, "list of hashes", {}, '\0', 0},
    {".md5", Use::kSignatures, "list of hashes", {}, '\0', 0},
    {".sha256", Use::kSignatures, "list of hashes", {}, '\0', 0},
    {".near", Use::kSignatures, "digests of files whose like is to be found", {}, '\0', 0},
    {".tlsh", Use::kSignatures, "digests of files whose like is to be found", {}, '\0', 0},
    {".ssdeep", Use::kSignatures, "digests of files whose like is to be found", {}, '\0', 0},
    {".db", Use::kBodies, "body signatures", {}, '=', 0},
    {".ndb", Use::kBodies, "body signatures", {}, ':', 0},
    {".ndu", Use::kBodies, "body signatures (possibly unwanted)", {}, ':', 0},
    {".sdb", Use::kBodies, "body signatures", {}, ':', 0},
    {".ldb", Use::kBodies, "logical signatures", {}, ';', 0},
    {".ldu", Use::kBodies, "logical signatures (possibly unwanted)", {}, ';', 0},
    {".cdb", Use::kMetadata, "container metadata", {}, ':', 0},
    {".zmd", Use::kMetadata, "zip metadata", {}, ':', 0},
    {".rmd", Use::kMetadata, "rar metadata", {}, ':', 0},
    {".ftm", Use::kList, "file types", {}, '\0', 0},
    {".crb", Use::kList, "certificates of programs", {}, ';', 0},
    {".cat", Use::kNotSupported, "catalogues of Microsoft", kNotYet, '\0', 0},
    {".idb", Use::kList, "icons", {}, ':', 0},
    {".pdb", Use::kPhishing, "phishing: hosts that are imitated", {}, '\0', 0},
    {".wdb", Use::kPhishing, "phishing: allowed links", {}, '\0', 0},
    {".gdb", Use::kPhishing, "phishing: hashes of addresses", {}, '\0', 0},
    {".pwdb", Use::kList, "passwords of archives", {}, ';', 0},
    {".ioc", Use::kNotSupported, "OpenIOC indicators", kNotYet, '\0', 0},
    {".cbc", Use::kNotSupported, "bytecode program", kBytecode, '\0', 0},
    {".cfg", Use::kKnown, "switches for ClamAV's engine", "says nothing to this engine", '\0', 0},
    {".info", Use::kKnown, "digests of a container", "is only used inside a container", '\0', 0},
    {".ign", Use::kIgnoreList, "names that are left out", {}, '\0', 0},
    {".ign2", Use::kIgnoreList, "names that are left out", {}, '\0', 0},
    {".yar", Use::kRules, "YARA rules", {}, '\0', 0},
    {".yara", Use::kRules, "YARA rules", {}, '\0', 0},
    {".cvd", Use::kContainer, "container", {}, '\0', 0},
    {".cld", Use::kContainer, "container", {}, '\0', 0},
    {".cud", Use::kContainer, "container", {}, '\0', 0},
    {".sign", Use::kSignBeside, "signature of a container", {}, '\0', 0},
    {".crt", Use::kCertificate, "certificate", {}, '\0', 0},
    {".pem", Use::kCertificate, "certificate", {}, '\0', 0},
};
constexpr SourceKind kOther{{}, Use::kOther, "list of hashes", {}, '\0', 0};

}  // namespace

const SourceKind& SourceKindOf(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  const std::string_view ending =
      dot == std::string_view::npos ? std::string_view() : file_name.substr(dot);
  const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const SourceKind& kind) { return kind.ending == ending; });
  return found == std::end(kKinds) ? kOther : *found;
}

std::string_view SignatureNameOf(const SourceKind& kind, std::string_view line) {
  if (kind.separator == '\0') {
    return {};
  }
  for (std::uint8_t i = 0; i < kind.name_field; ++i) {
    const std::size_t end = line.find(kind.separator);
    if (end == std::string_view::npos) {
      return {};
    }
    line.remove_prefix(end + 1);
  }
  const std::string_view name = line.substr(0, line.find(kind.separator));
  return name.ends_with('\r') ? name.substr(0, name.size() - 1) : name;
}

}  // namespace day::signatures::sources
