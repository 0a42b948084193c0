#include "libs/engine/descend/identify.h"

#include <gtest/gtest.h>

#include <string>

namespace day::engine {
namespace {

FileType Of(std::string_view text) { return Identify(base::AsBytes(text)); }

TEST(IdentifyTest, KnowsMagicNumbers) {
  EXPECT_EQ(Of(""), FileType::kEmpty);
  EXPECT_EQ(Of("PK\x03\x04"), FileType::kZip);
  EXPECT_EQ(Of("\x7F"
               "ELF\x02"),
            FileType::kElf);
  EXPECT_EQ(Of("%PDF-1.7"), FileType::kPdf);
  EXPECT_EQ(Of("MZ"), FileType::kDos);
  EXPECT_EQ(Of("GIF89a"), FileType::kGif);
  EXPECT_EQ(Of(std::string_view("\xCA\xFE\xBA\xBE\0\0\0\x34", 8)), FileType::kJavaClass);
  EXPECT_EQ(Of(std::string_view("\xCA\xFE\xBA\xBE\0\0\0\x02", 8)), FileType::kMachO);
  EXPECT_EQ(Of(std::string_view("\x01\x02\x03\0\xFF", 5)), FileType::kUnknown);
}

TEST(IdentifyTest, CompressedStreamsNeedMoreThanAMagicNumber) {
  EXPECT_EQ(Of("BZh91AY&SY"), FileType::kBzip2);
  EXPECT_EQ(Of("BZh is a text"), FileType::kText);
  EXPECT_EQ(Of(std::string_view("\x5D\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0", 14)),
            FileType::kLzma);
  EXPECT_EQ(Of(std::string_view("\x5D\0\0\x81\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0", 14)),
            FileType::kUnknown);
  EXPECT_EQ(Of(std::string_view("\x50\x2A\x4D\x18\1\0\0\0x\x04\x22\x4D\x18", 13)), FileType::kLz4);
  EXPECT_EQ(Of("\x1F\x9D\x90x"), FileType::kCompress);
}

TEST(IdentifyTest, FindsThePeHeader) {
  std::string file(256, '\0');
  file.replace(0, 2, "MZ");
  file[0x3C] = '\x80';
  EXPECT_EQ(Of(file), FileType::kDos);
  file.replace(0x80, 2, "PE");
  EXPECT_EQ(Of(file), FileType::kPe);
  file[0x3F] = '\x7F';
  EXPECT_EQ(Of(file), FileType::kDos);
}

TEST(IdentifyTest, KnowsTexts) {
  EXPECT_EQ(Of("hello"), FileType::kText);
  EXPECT_EQ(Of("#!/usr/bin/env python3\n"), FileType::kPython);
  EXPECT_EQ(Of("#!/bin/sh\n"), FileType::kShell);
  EXPECT_EQ(Of("\n <?PHP echo 1;"), FileType::kPhp);
  EXPECT_EQ(Of("@ECHO off\r\n"), FileType::kBatch);
  EXPECT_EQ(Of("<!DOCTYPE HTML><p>"), FileType::kHtml);
  EXPECT_EQ(Of("Set x = CreateObject(\"WScript.Shell\")"), FileType::kVbs);
  EXPECT_EQ(Of("{\\rtf1"), FileType::kRtf);
  EXPECT_EQ(Of(" \r\n{\\rtf1"), FileType::kRtf);
  EXPECT_EQ(Of("\xFF\xFEh\0i\0"), FileType::kText);
}

TEST(IdentifyTest, KnowsMailsOfAnyBytes) {
  EXPECT_EQ(Of("Received: from x\r\n"), FileType::kMail);
  EXPECT_EQ(Of("From: x\nSubject: \x01<?php\n\n"), FileType::kMail);
  EXPECT_EQ(Of("From a@b Mon Jan  1\nTo: y\n"), FileType::kMail);
  EXPECT_EQ(Of("From: x\n\nSubject: y\n"), FileType::kText);
}

TEST(IdentifyTest, EveryTypeHasAName) {
  for (int i = 0; i <= static_cast<int>(FileType::kText); ++i) {
    const auto type = static_cast<FileType>(i);
    EXPECT_EQ(FileTypeName(type) == "unknown", type == FileType::kUnknown) << i;
  }
  EXPECT_EQ(FileTypeExternal(FileType::kPe), "EXE");
  EXPECT_EQ(FileTypeExternal(FileType::kText), "");
}

}  // namespace
}  // namespace day::engine
