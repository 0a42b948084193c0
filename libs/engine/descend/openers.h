// One opener for each decoder: the container that the subject is, or null if it is none of that
// kind. Openers look at a few bytes; whatever costs more is done by Container::Next(). Several may
// open the same bytes, since some formats are read from the front and some from the end.
#pragma once

#include <memory>

#include "libs/engine/descend/container.h"
#include "libs/unpack/parts/archive.h"

namespace day::engine {

// ar, cpio, rpm, 7z, cabinets, ...: whatever implements unpack::parts::Archive.
std::unique_ptr<Container> OpenArchive(const Subject& subject);
// An archive as a container; null stays null.
std::unique_ptr<Container> WrapArchive(std::unique_ptr<unpack::parts::Archive> archive);
std::unique_ptr<Container> OpenCryptFf(const Subject& subject);
std::unique_ptr<Container> OpenCms(const Subject& subject);
// Files that lie as they are in other bytes: in programs, pictures, texts, behind anything. To be
// walked behind all other containers of the same bytes.
std::unique_ptr<Container> OpenEmbedded(const Subject& subject);
// The same in bytes that OpenEmbedded() leaves to their own containers, once those could not read
// all of them; they have given `given`.
std::unique_ptr<Container> OpenEmbeddedInDamaged(const Subject& subject,
                                                 std::span<const base::Bytes> given);
std::unique_ptr<Container> OpenGzip(const Subject& subject);
// Pages and texts: what is encoded in them, and normalised copies.
std::unique_ptr<Container> OpenHtml(const Subject& subject);
// The links of a mail's part, decoded, as a text for rules.
std::unique_ptr<Container> OpenLinks(const Subject& subject);
// Partitions of a disk, also one that is a disc or a file system as well.
std::unique_ptr<Container> OpenDisk(const Subject& subject);
std::unique_ptr<Container> OpenDmg(const Subject& subject);
// squashfs, HFS+, FAT, Windows images: one file system each.
std::unique_ptr<Container> OpenImage(const Subject& subject);
std::unique_ptr<Container> OpenLnk(const Subject& subject);
// HFS+ and ISO 9660 behind a start that looks like something else.
std::unique_ptr<Container> OpenHfsPlus(const Subject& subject);
// Hangul documents of version 3; newer ones are OLE 2 or zip files.
std::unique_ptr<Container> OpenHwp3(const Subject& subject);
std::unique_ptr<Container> OpenIso(const Subject& subject);
std::unique_ptr<Container> OpenMail(const Subject& subject);
// The programs of a universal Mach-O file.
std::unique_ptr<Container> OpenFat(const Subject& subject);
// Installers and self-extracting archives: what stands behind a program's last section.
std::unique_ptr<Container> OpenOverlay(const Subject& subject);
// PE programs that unpack themselves: run in the emulator.
std::unique_ptr<Container> OpenPacked(const Subject& subject);
std::unique_ptr<Container> OpenPdf(const Subject& subject);
std::unique_ptr<Container> OpenActiveMime(const Subject& subject);
// Macro sheets of .xlsb files, and of .xlsx and .xlsm files.
std::unique_ptr<Container> OpenBinarySheet(const Subject& subject);
std::unique_ptr<Container> OpenMacroSheet(const Subject& subject);
std::unique_ptr<Container> OpenOfficeXml(const Subject& subject);
std::unique_ptr<Container> OpenOle2(const Subject& subject);
// Encrypted entries of OpenDocument files, beside OpenZip.
std::unique_ptr<Container> OpenOpenDocument(const Subject& subject);
// Whether a zip says of itself that it is one.
bool IsOpenDocument(base::Bytes file);
std::unique_ptr<Container> OpenOneNote(const Subject& subject);
// External relationships of a docx's, an xlsx's or a pptx's part.
std::unique_ptr<Container> OpenRelationships(const Subject& subject);
std::unique_ptr<Container> OpenRtf(const Subject& subject);
std::unique_ptr<Container> OpenScript(const Subject& subject);
std::unique_ptr<Container> OpenStream(const Subject& subject);
std::unique_ptr<Container> OpenSwf(const Subject& subject);
std::unique_ptr<Container> OpenTar(const Subject& subject);
std::unique_ptr<Container> OpenTnef(const Subject& subject);
// UDF: beside ISO 9660 on the same image, too.
std::unique_ptr<Container> OpenUdf(const Subject& subject);
// XML in UTF-16, as UTF-8.
std::unique_ptr<Container> OpenWideXml(const Subject& subject);
std::unique_ptr<Container> OpenZip(const Subject& subject);

}  // namespace day::engine
