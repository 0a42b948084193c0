#include "libs/unpack/mail/mail_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace day::unpack::mail {
namespace {

using testing::Contains;
using testing::ElementsAre;

struct Walk {
  std::vector<std::string> parts;  // "name=content"
  std::vector<std::string> gaps;   // "name: gap"
  std::string problem;
};

Walk WalkAll(const std::string& mail, const base::BudgetLimits& limits = {}) {
  Walk walk;
  base::Budget budget(limits);
  inflate::OutputBuffer buffer;
  MailReader reader(base::AsBytes(mail));
  while (const auto part = reader.Next(budget, buffer)) {
    const std::string mark = part->is_message ? "message " : "";
    walk.parts.push_back(mark + part->name + "=" + std::string(base::AsText(part->content)));
    if (!part->gap.empty()) {
      walk.gaps.push_back(part->name + ": " + part->gap);
    }
  }
  walk.problem = reader.problem();
  return walk;
}

bool IsMail(std::string_view text) { return MailReader::IsMail(base::AsBytes(text)); }

const std::string kAttachment =
    "Content-Type: application/x; name=a.bin\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n";

std::string Mixed(const std::string& field, const std::string& body) {
  return "MIME-Version: 1.0\nContent-Type: " + field + "\n\n" + body;
}

TEST(MailReaderTest, KnowsMails) {
  EXPECT_TRUE(IsMail("Received: from x\n"));
  EXPECT_TRUE(IsMail("From: a\nSubject: b\n\n"));
  EXPECT_TRUE(IsMail("\xEF\xBB\xBF\r\n\r\nReturn-Path: <>\r\n"));
  EXPECT_TRUE(IsMail("From a@b Mon Jan 1\nFrom: a\n"));
  EXPECT_TRUE(IsMail(">From a@b Mon Jan 1\nTo: a\n"));
  EXPECT_TRUE(IsMail("Content-Type: (x) Multipart/mixed; boundary=b\n"));
  EXPECT_TRUE(IsMail("X-Unknown: 1\n folded\nX-Other: 2\rMessage-ID: <x>\r"));
  EXPECT_TRUE(IsMail(std::string_view("X-Zero: \0\nMIME-Version: 1.0\n", 28)));
}

TEST(MailReaderTest, KnowsWhatIsNone) {
  for (const char* text :
       {"", "From the beginning\nof time\n", "Subject: alone\n\ntext", "Package: x\nVersion: 1\n",
        "To be or not to be: x\n", "<html>\nFrom: a\nTo: b\n", "INFO: from here\nINFO: to there\n",
        "From: a\n\nSubject: in the body\n", "key: value\nlist:\n  - a\n"}) {
    EXPECT_FALSE(IsMail(text)) << text;
  }
  EXPECT_FALSE(IsMail("a: b\n" + std::string(100'000, 'x') + "\nFrom: a\nTo: b\n"));
}

TEST(MailReaderTest, OpensEncodedFiles) {
  const std::string uu = "begin 644 a\n%:&5L;&\\\nend\n";
  const auto is_encoded = [](std::string_view text) {
    return MailReader::IsEncodedFile(base::AsBytes(text));
  };
  EXPECT_TRUE(is_encoded(uu));
  EXPECT_TRUE(is_encoded("(This file must be converted with BinHex 4.0)\n"));
  EXPECT_TRUE(is_encoded("=ybegin line=128"));
  EXPECT_FALSE(is_encoded("begin\n"));
  EXPECT_FALSE(is_encoded(""));
  base::Budget budget({});
  inflate::OutputBuffer buffer;
  MailReader reader = MailReader::OfEncodedFile(base::AsBytes(uu));
  const auto part = reader.Next(budget, buffer);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->name, "1:a");
  EXPECT_EQ(base::AsText(part->content), "hello");
  EXPECT_FALSE(reader.Next(budget, buffer));
}

TEST(MailReaderTest, ReadsAPlainMail) {
  EXPECT_THAT(WalkAll("Subject: x\nTo: y\n\nhello\n").parts, ElementsAre("1:part-1.txt=hello\n"));
  EXPECT_THAT(WalkAll("Subject: x\nTo: y\n").parts, ElementsAre());
  EXPECT_THAT(WalkAll("").parts, ElementsAre());
}

TEST(MailReaderTest, ReadsParts) {
  const Walk walk = WalkAll(Mixed("multipart/mixed; boundary=b",
                                  "before\n--b\n\ntext\n--b\n" + kAttachment + "--b--\nafter\n"));
  EXPECT_THAT(walk.parts, ElementsAre("1:part-1.txt=before", "2:part-2.txt=text", "3:a.bin=hello",
                                      "4:part-4.txt=after\n"));
  EXPECT_EQ(walk.problem, "");
}

TEST(MailReaderTest, TheLastLineEndBelongsToTheDelimiter) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const Walk walk = WalkAll(Mixed("multipart/mixed; boundary=b",
                                    "--b" + end + end + "text" + end + end + "--b--" + end));
    EXPECT_THAT(walk.parts, ElementsAre("1:part-1.txt=text" + end));
  }
}

TEST(MailReaderTest, GivesEveryReadingOfTwoBoundaries) {
  const std::string body = "--a\n\none\n--b\n\ntwo\n--b--\n--a--\n";
  EXPECT_THAT(WalkAll(Mixed("multipart/mixed; boundary=a; boundary=b", body)).parts,
              ElementsAre("1:part-1.txt=one\n--b\n\ntwo\n--b--", "2:part-2.txt=--a\n\none",
                          "3:part-3.txt=two", "4:part-4.txt=--a--\n"));
}

TEST(MailReaderTest, APrefixIsAReadingOfItsOwn) {
  EXPECT_THAT(
      WalkAll(Mixed("multipart/mixed; boundary=b", "--b\n\none\n--bc\n\ntwo\n")).parts,
      ElementsAre("1:part-1.txt=one\n--bc\n\ntwo\n", "2:part-2.txt=one", "3:part-3.txt=two\n"));
}

TEST(MailReaderTest, EveryEncodingIsRead) {
  EXPECT_THAT(WalkAll("Subject: x\nContent-Transfer-Encoding: base64\n"
                      "Content-Transfer-Encoding: 7bit\n\naGVsbG8=")
                  .parts,
              ElementsAre("1:part-1.txt=hello", "1:part-1.txt=aGVsbG8="));
  EXPECT_THAT(WalkAll("Subject: x\nContent-Transfer-Encoding: base64\n\naA==aQ==").parts,
              ElementsAre("1:part-1.txt=h", "1:part-1.txt=hi", "1:part-1.txt=h\x06\x90"));
}

TEST(MailReaderTest, FindsFilesInDecodedText) {
  EXPECT_THAT(WalkAll("Subject: x\nContent-Transfer-Encoding: quoted-printable\n\n"
                      "begin 644 a=20b\n%:&5L;&\\\nend\nsoft=\nbreak")
                  .parts,
              ElementsAre("1:part-1.txt=begin 644 a b\n%:&5L;&\\\nend\nsoftbreak", "2:a b=hello"));
}

TEST(MailReaderTest, ADeclaredMessageIsOne) {
  EXPECT_THAT(WalkAll(Mixed("message/rfc822", "X: y\n\nz")).parts,
              ElementsAre("message 1:part-1.eml=X: y\n\nz"));
  EXPECT_THAT(WalkAll(Mixed("multipart/digest; boundary=b", "--b\n\nX: y\n--b--\n")).parts,
              ElementsAre("message 1:part-1.eml=X: y"));
}

TEST(MailReaderTest, SplitsAnMbox) {
  const std::string mail = "From a\nSubject: x\n\none\n\nFrom here on\nno field\n\n";
  EXPECT_THAT(WalkAll(mail).parts, ElementsAre("1:part-1.txt=one\n\nFrom here on\nno field\n\n"));
  EXPECT_THAT(WalkAll(mail + "From b\nSubject: y\n\ntwo\n").parts,
              ElementsAre("message-1//1:part-1.txt=one\n\nFrom here on\nno field\n\n",
                          "message-2//1:part-1.txt=two\n"));
}

TEST(MailReaderTest, FindsMailsBehindText) {
  const auto found = [](std::string_view text) {
    return MailReader::FindBehindText(base::AsBytes(text));
  };
  EXPECT_EQ(found("words\n\nSubject: x\nContent-Type: text/plain\n"), 7u);
  EXPECT_EQ(found("Fr\xFFm x\nTo: y\nMIME-Version: 1.0\n"), 7u);
  EXPECT_EQ(found("words\nFrom a\nMIME-Version: 1.0\n"), 6u);
  EXPECT_EQ(found("words\nFrom: a\nTo: b\nSubject: c\n\ntext"), std::nullopt) << "not MIME's";
  EXPECT_EQ(found("Content-Type: a/b\nwords\nSubject: x\n"), std::nullopt) << "too little";
  EXPECT_EQ(found(std::string(5000, '\n') + "Subject: x\nContent-Type: a/b\n"), std::nullopt);
}

TEST(MailReaderTest, ALineOfTheFirstFieldsMayBeDamaged) {
  EXPECT_TRUE(IsMail("From: a\nT?o b\nSubject: c\n"));
  EXPECT_FALSE(IsMail("From: a\none\ntwo\nthree\nSubject: c\n"));
}

TEST(MailReaderTest, OpensEncodedFilesBehindAFirstField) {
  const auto is_one = [](std::string_view text) {
    return MailReader::IsEncodedFile(base::AsBytes(text));
  };
  EXPECT_TRUE(is_one("From: a\nwords\n\nbegin 644 a\n"));
  EXPECT_FALSE(is_one("Words: a\nwords\n\nbegin 644 a\n"));
  EXPECT_FALSE(is_one("From: a\nwords\n\nbegin with it\n"));
}

TEST(MailReaderTest, ReadsHeadersInABody) {
  const std::string mail = "Subject: x\n\ntext\n\n" + kAttachment;
  EXPECT_THAT(WalkAll(mail).parts, Contains("2:a.bin=hello"));
  EXPECT_THAT(WalkAll(mail + "\n" + kAttachment).parts, Contains("3:a.bin=hello"));
}

TEST(MailReaderTest, ReadsBase64ThatNobodyDeclared) {
  const std::string line = "YSBuZWVkbGUgaW4gdGhlIG5lc3Q=";
  const auto parts = [&](const std::string& fields) {
    return WalkAll("Subject: x\n" + fields + "\nwords\n" + line).parts;
  };
  const std::string decoded = "1:part-1.txt=a needle in the nest";
  EXPECT_THAT(parts(""), Contains(decoded));
  EXPECT_THAT(parts("Content-Transfer-Encoding: unheard\n"), Contains(decoded));
  EXPECT_THAT(parts("Content-Transfer-Encoding: 7bit\n").size(), 1u) << "said to be text";
  EXPECT_THAT(parts("Content-Transfer-Encoding: 7bit\nContent-Type: application/x\n").size(), 2u);
}

TEST(MailReaderTest, ReadsLinesOfBase64ByThemselves) {
  const std::string head = "Subject: x\nContent-Transfer-Encoding: base64\n\n";
  EXPECT_THAT(WalkAll(head + "Xb25l\nIHR3\nbyB0\naHJl\nZQ==").parts,
              Contains(testing::HasSubstr(" two three")));
  EXPECT_THAT(WalkAll(head + "X-Field: of a header\n\nb25lIHR3bw==").parts,
              Contains(testing::HasSubstr("one two")));
  EXPECT_EQ(WalkAll(head + "b25l\nIHR3\nbyB0\naHJl\nZQ==").parts.size(), 1u);
  EXPECT_EQ(WalkAll(head + "b25lI\nHR3by\nB0aHJ\nlZQ==").parts.size(), 1u) << "all are like that";
}

TEST(MailReaderTest, NamesItsLimits) {
  std::string nested = "MIME-Version: 1.0\n";
  for (std::size_t i = 0; i <= kNestingMax; ++i) {
    const std::string b = std::to_string(i) + ".";
    nested += "Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n";
  }
  const Walk walk = WalkAll(nested + "Content-Type: text/plain\n\nend");
  ASSERT_EQ(walk.gaps.size(), 1u);
  EXPECT_TRUE(walk.gaps[0].ends_with("limit mime_depth_max"));
  std::string parts;
  for (std::size_t i = 0; i <= kPartsMax; ++i) {
    parts += "--b\n\nx\n";
  }
  EXPECT_EQ(WalkAll(Mixed("multipart/mixed; boundary=b", parts)).problem, "limit mime_parts_max");
}

TEST(MailReaderTest, PiecesOfAMessageAreSaidToBePieces) {
  const auto piece = [](std::string_view total) {
    return "Subject: x\nMIME-Version: 1.0\nContent-Type: message/partial; id=a; number=1" +
           std::string(total) + "\n\nSubject: y\n\nhello";
  };
  const Walk walk = WalkAll(piece("; total=2"));
  EXPECT_THAT(walk.gaps,
              ElementsAre("1:part-1.eml: unsupported: pieces of this message are in other mails"));
  EXPECT_EQ(walk.parts.size(), 1u);
  EXPECT_EQ(WalkAll(piece("")).gaps.size(), 1u);
  EXPECT_TRUE(WalkAll(piece("; total=1")).gaps.empty());
}

TEST(MailReaderTest, TheBudgetPaysForEverything) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 3;
  EXPECT_THAT(WalkAll("Subject: x\nContent-Transfer-Encoding: base64\n\naGVsbG8=", limits).gaps,
              ElementsAre("1:part-1.txt: limit file_bytes_max"));
  limits = {};
  limits.bytes_out_max = 7;
  const Walk walk = WalkAll(
      Mixed("multipart/mixed; boundary=b", "--b\n\nhello\n--b\n" + kAttachment + "--b\n\nx"),
      limits);
  EXPECT_THAT(walk.parts, Contains("2:a.bin=he"));
  EXPECT_THAT(walk.gaps, Contains("2:a.bin: limit bytes_out_max"));
}

TEST(MailReaderTest, EveryTruncationAndFlippedByteEnds) {
  const std::filesystem::path corpus = std::string(DAYLIGHT_SOURCE_DIR) + "/fuzz/corpus/mail";
  std::size_t mails = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string mail{std::istreambuf_iterator<char>(file), {}};
    mails += 1;
    for (std::size_t i = 0; i < std::min<std::size_t>(mail.size(), 600); i += 3) {
      std::string bad = mail;
      bad[i] = static_cast<char>(~bad[i]);
      WalkAll(bad);
      WalkAll(mail.substr(0, i));
    }
  }
  EXPECT_GT(mails, 90u);
}

}  // namespace
}  // namespace day::unpack::mail
