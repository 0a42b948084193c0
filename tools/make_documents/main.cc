// make_documents FOLDER PAYLOAD: writes one small document of each kind that libs/unpack reads,
// each with the bytes of the file PAYLOAD hidden in its own way, into FOLDER/<fuzz target>/<name>.
// The corpora in fuzz/corpus come from it, and what tests/functional/documents_test.py scans.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>

#include "libs/base/base64.h"
#include "libs/base/bytes.h"
#include "libs/unpack/ole2/testing/compound_writer.h"
#include "libs/unpack/vba/testing/vba_writer.h"
#include "tools/make_documents/encrypted.h"

namespace {

using day::unpack::ole2::CompoundWriter;
using day::unpack::ole2::PackageStream;
using day::unpack::vba::ModuleText;

std::string Little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}
std::string Utf16(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += {c, '\0'};
  }
  return out;
}
std::string Counted(const std::string& text) { return Little(text.size() + 1, 4) + text + '\0'; }
std::string Hex(const std::string& bytes) { return day::base::ToHex(day::base::AsBytes(bytes)); }

// Each kind of token that a formula has, BIFF8.
std::string EveryToken() {
  std::string out;
  for (const char op : std::string("\x03\x05\x08\x0F\x11")) {
    out += "\x1E" + Little(7, 2) + "\x1F" + Little(0x4024000000000000, 8) + op;
  }
  out += std::string("\x12\x13\x14\x15\x16\x1C\x07\x1D\x01", 9);
  out += "\x17" + Little(0x0101, 2) + "w" + '\0';                // a text of two-byte characters
  out += "\x19\x10" + Little(0, 2);                              // a sum
  out += "\x19\x04" + Little(1, 2) + Little(0, 4);               // jumps of CHOOSE
  out += "\x20" + std::string(7, '\0') + "\x43" + Little(1, 4);  // an array, a name
  out += "\x24" + Little(5, 4) + "\x25" + Little(5, 8);          // a cell, an area
  out += "\x26" + Little(0, 6) + "\x29" + Little(0, 2);          // areas in memory
  out += "\x2A" + Little(0, 4) + "\x2B" + Little(0, 8);          // lost references
  out += "\x39" + Little(0, 6) + "\x3A" + Little(1, 6);          // of other files, of sheets
  out += "\x3B" + std::string(10, '\1') + "\x3C" + Little(0, 6);
  out += "\x42\x02" + Little(255, 2) + "\x42\x01" + Little(0x8011, 2);  // by name, a command
  return out + "\x41" + Little(9999, 2) + "\x18";                       // unknown ones
}

// Deflate without compression.
std::string Deflated(const std::string& text) {
  return "\x01" + Little(text.size(), 2) + Little(~text.size(), 2) + text;
}

// zlib's format without compression.
std::string StoredZlib(const std::string& text) {
  const std::uint64_t size = text.size();
  return "\x78\x9C\x01" + Little(size, 2) + Little(~size, 2) + text + "sum!";
}

class Writer {
 public:
  Writer(std::filesystem::path folder, std::string payload)
      : folder_(std::move(folder)), payload_(std::move(payload)) {}

  bool WriteAll() {
    CompoundFiles();
    Macros();
    Workbooks();
    Rtf();
    OneNote();
    Tnef();
    OfficeXml();
    Swf();
    SignedMessages();
    Covered();
    return ok_;
  }

 private:
  void Put(const std::string& target, const std::string& name, const std::string& content) {
    std::filesystem::create_directories(folder_ / target);
    std::ofstream file(folder_ / target / name, std::ios::binary);
    file << content;
    ok_ = ok_ && file.good();
  }

  void CompoundFiles();
  void Macros();
  void Workbooks();
  void Rtf();
  void OneNote();
  void Tnef();
  void OfficeXml();
  void Swf();
  void SignedMessages();
  void Covered();
  std::string PackageObject() const;

  std::filesystem::path folder_;
  std::string payload_;
  bool ok_ = true;
};

void Writer::CompoundFiles() {
  const auto one = [this](const std::string& name, const std::string& stream,
                          const std::string& content, int version = 3) {
    CompoundWriter writer(version);
    writer.AddStream(stream, content);
    writer.AddStream("Storage/Other", std::string(4100, 'o'));
    Put("ole2", name, writer.Build());
  };
  one("stream.doc", "Stream", payload_);
  one("stream4.doc", "Stream", payload_, 4);
  one("package.doc", "ObjectPool/_1/\1Ole10Native", PackageStream("a.com", payload_));
  one("native.doc", "MBD01/\1oLe10NATIVE", Little(payload_.size(), 4) + payload_);
  CompoundWriter inner;
  inner.AddStream("\1Ole10Native", PackageStream("a.com", payload_));
  const std::string object = inner.Build();
  const std::string packed = Little(object.size(), 4) + StoredZlib(object);
  one("object.ppt", "PowerPoint Document",
      "slide" + Little(0x10110010, 4) + Little(packed.size(), 4) + packed);
  one("picture.ppt", "Pictures",
      Little(0xF01E6E00, 4) + Little(17 + payload_.size(), 4) + std::string(17, 'u') + payload_);
  CompoundWriter message;
  message.AddStream("__attach_version1.0_#00000000/__substg1.0_37010102", payload_);
  message.AddStream("__attach_version1.0_#00000000/__substg1.0_3707001F", Utf16("a.com"));
  message.AddStream("__substg1.0_1000001F", Utf16("the text"));
  Put("ole2", "message.msg", message.Build());
  CompoundWriter hidden;
  hidden.AddStream("Listed", "nothing");
  hidden.AddUnlistedStream("Hidden", payload_);
  const std::string unlisted = hidden.Build();
  Put("ole2", "unlisted.doc", unlisted);
  Put("ole2", "trailing.doc", unlisted + payload_);
  CompoundWriter encrypted;
  encrypted.AddStream("EncryptionInfo", "info");
  encrypted.AddStream("EncryptedPackage", "cipher");
  Put("ole2", "encrypted.docx", encrypted.Build());
  Put("ole_object", "package.bin", PackageStream("a.com", payload_));
  Put("ole_object", "object.bin", PackageObject());
  // The example of [MS-OXRTFCP] 4.1.
  Put("ole_object", "rtf.bin",
      std::string("\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125B2\x0a\xf3 hel"
                  "\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0",
                  49));
  Put("ole_object", "plain_rtf.bin", Little(0, 8) + "MELA" + Little(0, 4) + payload_);
}

void Writer::Macros() {
  const auto project = [this](const std::string& name, const ModuleText& module, bool has_list) {
    CompoundWriter writer;
    writer.AddStream("Macros/VBA/" + module.name, ModuleStream(module));
    writer.AddStream("Macros/VBA/_VBA_PROJECT", std::string("\xCC\x61\xFF\xFF\0Shell", 10));
    writer.AddStream("Macros/VBA/dir",
                     has_list ? day::unpack::vba::DirStream({module}) : "no list");
    Put("ole2", name, writer.Build());
  };
  // The payload is all of the source, so that signatures of whole files see it.
  project("source.doc", {"Module1", "p-code", payload_}, true);
  project("nolist.doc", {"Module1", "p-code", "Attribute VB_Name = \"Module1\"\r\n" + payload_},
          false);
  project("stomped.doc",
          {"Module1", day::unpack::vba::PcodeLiteral(payload_), "Attribute VB_Name = \"M\"\r\n"},
          true);
  Put("vba", "source.bin", day::unpack::vba::Compress(payload_ + payload_));
  Put("vba", "dir.bin", day::unpack::vba::DirStream({{"Module1", "p-code", payload_}}));
  Put("vba", "raw.bin", "\1" + Little(0x3FFF, 2) + std::string(4096, 'r') + "\x00\x00\x00");
  Put("vba", "damaged.bin", std::string("\x01\x04\xB0\x02\x61\xFF\xFF\x00", 8));
  Put("vba", "pcode.bin", day::unpack::vba::PcodeLiteral(payload_));
}

void Writer::Workbooks() {
  const auto record = [](unsigned id, const std::string& data) {
    return Little(id, 2) + Little(data.size(), 2) + data;
  };
  const auto text = [](const std::string& value) {
    return "\x17" + Little(value.size(), 2) + value;
  };
  const auto sheet = [&](unsigned kind) {
    return record(0x0809, Little(0x0600, 2) + Little(kind, 2) + std::string(12, '\0'));
  };
  const std::string tokens = text(payload_.substr(0, 4)) + text(payload_.substr(4)) + "\x08" +
                             "\x1E" + Little(33, 2) + "\x41" + Little(111, 2) + "\x08" + "\x44" +
                             Little(1, 4) + "\x42\x02" + Little(150, 2) + "\x41" + Little(110, 2);
  const std::string end = record(0x000A, "");
  const std::string name = Little(0x0020, 2) + Little(0x0100, 2) + Little(5, 2) +
                           std::string(8, '\0') + Little(0x0100, 2) + "\x24" + Little(4, 4);
  const std::string workbook =
      sheet(0x0005) + record(0x0018, name) + end + sheet(0x0040) +
      record(0x0006, std::string(20, '\0') + Little(tokens.size(), 2) + tokens) +
      record(0x0207, Little(payload_.size(), 2) + '\0' + payload_) + end;
  Put("vba", "workbook.bin", workbook);
  Put("vba", "tokens.bin",
      sheet(0x0040) + record(0x0006, std::string(20, '\0') + Little(400, 2) + EveryToken()) +
          record(0x0204, Little(1, 2) + Little(27, 2) + Little(0, 2) + Little(1, 2) + "\1w\0") +
          end);
  CompoundWriter writer;
  writer.AddStream("Workbook", workbook);
  Put("ole2", "macrosheet.xls", writer.Build());
  for (const auto& [path, content] : EncryptedDocuments(payload_, workbook)) {
    const std::size_t slash = path.find('/');
    Put(path.substr(0, slash), path.substr(slash + 1), content);
  }
}

std::string Writer::PackageObject() const {
  const std::string native = PackageStream("a.com", payload_).substr(4);
  return Little(0x501, 4) + Little(2, 4) + Counted("Package") + Little(0, 8) +
         Little(native.size(), 4) + native;
}

void Writer::Rtf() {
  const std::string hex = Hex(PackageObject());
  const auto document = [this](const std::string& name, const std::string& digits) {
    Put("rtf", name, "{\\rtf1\\ansi{\\object\\objemb{\\*\\objdata " + digits + "}}\\par}");
  };
  document("plain.rtf", hex);
  std::string spaced;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    spaced += hex[i] + std::string(i % 3 == 0 ? "\r\n" : i % 7 == 0 ? "\\par " : "");
  }
  document("spaced.rtf", spaced);
  document("groups.rtf", hex.substr(0, 33) + "{\\*\\a 0123{\\b 45}}" + hex.substr(33));
  document("inner.rtf", "{\\a{\\b " + hex + "}}");
  document("quoted.rtf", hex.substr(0, 34) + "\\'41" + hex.substr(34));
  document("raw.rtf", "\\bin" + std::to_string(hex.size() / 2) + " " + PackageObject());
  document("nested.rtf", "0105{\\object{\\*\\objdata " + hex + "}}");
  CompoundWriter writer;
  writer.AddStream("\1Ole10Native", PackageStream("a.com", payload_));
  document("compound.rtf", Hex("a header that lies" + writer.Build()));
  Put("rtf", "picture.rtf", "{\\rtf1{\\pict{\\*\\blipuid 00ff}\\pngblip " + Hex(payload_) + "}}");
  Put("rtf", "text.rtf", "{\\rtf1{\\*\\template \\u104 ?ttp\\'3a//example.org}}" + payload_);
}

void Writer::OneNote() {
  const std::string start("\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3", 16);
  const std::string data("\xE7\x16\xE3\xBD\x65\x26\x11\x45\xA4\xC4\x8D\x4D\x0B\x7A\x9E\xAC", 16);
  const std::string web("\x2F\xE9\x8D\x63\xD4\xA6\xC1\x4B\x9A\x36\xB3\xFC\x25\x11\xA5\xB7", 16);
  Put("onenote", "disk.one",
      start + std::string(200, '\0') + data + Little(payload_.size(), 8) + std::string(12, '\0') +
          payload_ + std::string(50, '\0'));
  const auto object = [](unsigned type, const std::string& content) {
    return Little(2u | (type << 3) | (content.size() << 17), 4) + content;
  };
  const std::string size = Little((payload_.size() << 2) | 2, 2);
  const std::string guid = "\x04" + std::string(16, 'g');
  const std::string front =
      start + std::string(32, '\0') + web + std::string(4, '\0') + object(0x7A, "packaging");
  Put("onenote", "blob.one", front + object(0x02, size + payload_) + "\x05");
  Put("onenote", "group.one",
      front + object(0x16, "\x03" + guid + "\x03" + guid + guid + size + payload_));
}

void Writer::Tnef() {
  const auto attribute = [](std::uint64_t id, const std::string& data) {
    return "\2" + Little(id, 4) + Little(data.size(), 4) + data + Little(0, 2);
  };
  const auto property = [](std::uint64_t tag, const std::string& value) {
    std::string padded = value;
    padded.resize((value.size() + 3) / 4 * 4);
    return Little(tag, 4) + Little(1, 4) + Little(value.size(), 4) + padded;
  };
  const std::string start = Little(0x223E9F78, 4) + Little(1, 2);
  const std::string attachment = attribute(0x00069002, "start") + attribute(0x0006800F, payload_) +
                                 attribute(0x00018010, std::string("A.COM\0", 6));
  Put("tnef", "title.dat", start + attachment);
  Put("tnef", "properties.dat",
      start + attribute(0x00069002, "start") +
          attribute(0x00069005, Little(3, 4) + Little(0x37050003, 4) + Little(1, 4) +
                                    property(0x3707001F, Utf16("a.com")) +
                                    property(0x37010102, payload_)));
  std::string kinds;
  for (const auto& [type, bytes] : {std::pair(2, 4), {5, 8}, {0x48, 16}}) {
    kinds += Little(static_cast<unsigned>(type) | 0x36000000, 4) +
             std::string(static_cast<std::size_t>(bytes), 'v');
  }
  kinds += Little(0x36001003, 4) + Little(2, 4) + Little(0, 8);  // many values
  kinds += Little(0x80010003, 4) + std::string(16, 'g') + Little(0, 8) + Little(7, 4);
  kinds += Little(0x80020003, 4) + std::string(16, 'g') + Little(1, 4) + Little(4, 4) + "n\0m\0";
  Put("tnef", "kinds.dat",
      start + attribute(0x0002800C, payload_) +
          attribute(0x00069003, Little(8, 4) + kinds + Little(7, 4) +
                                    property(0x10130102, "<html>") + Little(0x3600FFFF, 4)));
  Put("tnef", "cut.dat", start + attachment.substr(0, attachment.size() - 5));
  Put("tnef", "message.dat",
      start +
          attribute(0x00069003,
                    Little(2, 4) + property(0x1000001F, Utf16("text")) +
                        property(0x10090102, Little(0, 8) + "MELA" + Little(0, 4) + "{\\rtf")) +
          attribute(0x00069002, "start") +
          attribute(0x00069005, Little(1, 4) + property(0x3701000D, std::string(16, 'i') + start +
                                                                        attachment)));
}

void Writer::OfficeXml() {
  const std::string base64 = day::base::EncodeBase64(day::base::AsBytes(payload_));
  const std::string start = "<?xml version=\"1.0\" standalone=\"yes\"?>\n";
  Put("officexml", "word2003.xml",
      start + "<w:wordDocument><w:docOleData><w:binData w:name=\"a.com\">" + base64.substr(0, 9) +
          "\r\n" + base64.substr(9) + "</w:binData></w:docOleData></w:wordDocument>");
  Put("officexml", "flatopc.xml",
      start + "<pkg:package><pkg:part pkg:name=\"/word/a.com\"><pkg:binaryData>" + base64 +
          "</pkg:binaryData></pkg:part></pkg:package>");
  std::string mime("ActiveMime\0\0\x01\xF0", 14);
  mime.resize(0x32);
  mime += StoredZlib(payload_);
  Put("officexml", "editdata.mso", mime);
  Put("officexml", "mso.xml",
      start + "<w:binData w:name=\"editdata.mso\">" +
          day::base::EncodeBase64(day::base::AsBytes(mime)) + "</w:binData>");
  Put("officexml", "hwpml.hml",
      "\xEF\xBB\xBF" + start +
          "<HWPML Version=\"2.8\"><TAIL><BINDATASTORAGE><BINDATA Compress=\"true\" " +
          "Encoding=\"Base64\" Id=\"1\">" +
          day::base::EncodeBase64(day::base::AsBytes(Deflated(payload_))) +
          "</BINDATA></BINDATASTORAGE></TAIL></HWPML>");
  const std::string pdf = "%PDF-1.4\n4 0 obj\n<</Length " + std::to_string(payload_.size()) +
                          ">>\nstream\n" + payload_ + "\nendstream\nendobj\n%%EOF\n";
  Put("officexml", "form.xdp",
      start + "<xdp:xdp xmlns:xdp=\"http://ns.adobe.com/xdp/\"><pdf><document><chunk>" +
          day::base::EncodeBase64(day::base::AsBytes(pdf)) + "</chunk></document></pdf></xdp:xdp>");
  Put("officexml", "page.mht",
      "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"X\"\r\n\r\n--X\r\n"
      "Content-Type: text/html\r\n\r\n<html></html>\r\n--X\r\nContent-Location: "
      "file:///C:/a_files/editdata.mso\r\nContent-Transfer-Encoding: base64\r\n"
      "Content-Type: application/x-mso\r\n\r\n" +
          day::base::EncodeBase64(day::base::AsBytes(mime)) + "\r\n--X--\r\n");
  Put("officexml", "manifest.xml",
      start + "<manifest:manifest><manifest:file-entry><manifest:encryption-data a=\"b\"/>");
}

void Writer::Swf() {
  const std::string body = std::string(5, '\0') + Little((9 << 6) | 3, 2) + "rgb" +
                           Little((87 << 6) | 0x3F, 2) + Little(payload_.size() + 6, 4) +
                           std::string(6, '\0') + payload_ + Little(0, 2);
  const std::string size = Little(8 + body.size(), 4);
  Put("swf", "plain.swf", "FWS\x09" + size + body);
  Put("swf", "zlib.swf", "CWS\x09" + size + StoredZlib(body));
}

void Writer::SignedMessages() {
  const auto definite = [](unsigned tag, const std::string& content) {
    const std::uint64_t size = content.size();
    return Little(tag | 0x8200, 2) + static_cast<char>(size >> 8) + static_cast<char>(size & 0xFF) +
           content;
  };
  const auto indefinite = [](unsigned tag, const std::string& content) {
    return Little(tag | 0x8000, 2) + content + Little(0, 2);
  };
  const auto kind = [&](const std::string& rest) {
    return definite(6, "\x2A\x86\x48\x86\xF7\x0D\x01" + rest);
  };
  const auto message = [&](const auto& wrap, const std::string& type, const std::string& content) {
    const std::string inner = wrap(0x30, kind("\x07\x01") + wrap(0xA0, content));
    return wrap(0x30, kind(type) + wrap(0xA0, wrap(0x30, definite(2, "\x01") + definite(0x31, "") +
                                                             inner + definite(0x31, "signers"))));
  };
  Put("cms", "definite.p7m", message(definite, "\x07\x02", definite(4, payload_)));
  Put("cms", "pieces.p7m",
      message(indefinite, "\x07\x02",
              indefinite(0x24, definite(4, payload_.substr(0, 7)) +
                                   indefinite(0x24, definite(4, payload_.substr(7))))));
  Put("cms", "compressed.p7m",
      message(definite, "\x09\x10\x01\x09", definite(4, StoredZlib(payload_))));
  Put("cms", "encrypted.p7m", message(definite, "\x07\x03", "cipher"));
}

// Old Hangul documents, and files with a cover.
void Writer::Covered() {
  std::string head("HWP Document File V3.00 \x1A\1\2\3\4\5", 30);
  head.resize(30 + 128 + 1008, '\0');
  head[30 + 124] = 1;
  Put("hwp3", "body.hwp", head + Deflated(payload_));
  CompoundWriter writer;
  writer.AddStream("Contents", payload_);
  const std::string object = writer.Build();
  Put("hwp3", "object.hwp",
      head + Deflated("paragraphs" + Little(object.size() + 4, 4) + Little(0xF8995567, 4) + object +
                      std::string(8, '\0')));
  head[30 + 124] = 0;
  Put("hwp3", "plain.hwp", head + object);
  head[30 + 96] = 1;
  Put("hwp3", "locked.hwp", head + "cipher");
  std::string cover = std::string("\xB6\xB9\xAC\xAE\xFE\xFF\xFF\xFF", 8) + std::string(8, '\0');
  for (const char c : payload_) {
    cover += static_cast<char>(~c);
  }
  Put("cryptff", "file.bin", cover);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_documents FOLDER PAYLOAD\n";
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string payload{std::istreambuf_iterator<char>(file), {}};
  if (payload.size() < 8) {
    std::cerr << "make_documents: no payload in " << argv[2] << "\n";
    return 2;
  }
  return Writer(argv[1], payload).WriteAll() ? 0 : 1;
}
