// What every Blobs keeps, whatever is behind it: one suite for all of them.
//
// Each function expects a store without blobs. Only for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "libs/store/blobs.h"

namespace day::store::testing {

// Get, Put, PutIfAbsent and Delete of single blobs; leaves "a/c" behind.
inline void ExpectSingleBlobs(Blobs* blobs) {
  using base::AsBytes;
  using base::ErrorKind;
  EXPECT_EQ(blobs->Get("a/b", 10).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(blobs->Put("a/b", AsBytes("one")).ok());
  EXPECT_EQ(blobs->Get("a/b", 10).value(), "one");
  ASSERT_TRUE(blobs->Put("a/b", AsBytes("two")).ok());
  EXPECT_EQ(blobs->Get("a/b", 3).value(), "two");
  EXPECT_EQ(blobs->Get("a/b", 2).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(blobs->Get("../b", 2).error().kind, ErrorKind::kInvalidUse);
  EXPECT_FALSE(blobs->PutIfAbsent("a/b", AsBytes("three")).value());
  EXPECT_EQ(blobs->Get("a/b", 10).value(), "two");
  EXPECT_TRUE(blobs->PutIfAbsent("a/c", AsBytes("three")).value());
  EXPECT_EQ(blobs->Get("a/c", 10).value(), "three");
  ASSERT_TRUE(blobs->Put("a/empty", {}).ok());
  EXPECT_EQ(blobs->Get("a/empty", 0).value(), "");
  ASSERT_TRUE(blobs->Delete("a/empty").ok());
  ASSERT_TRUE(blobs->Delete("a/b").ok());
  ASSERT_TRUE(blobs->Delete("a/b").ok());
  EXPECT_EQ(blobs->Get("a/b", 10).error().kind, ErrorKind::kNotFound);
}

// PutMany and List of `count` blobs, a multiple of 5.
inline void ExpectManyBlobs(Blobs* blobs, std::size_t count) {
  std::vector<Blob> many;
  for (std::size_t i = 0; i < count; ++i) {
    many.push_back({"t/" + std::to_string(i % 5) + "/" + std::to_string(i), std::to_string(i)});
  }
  ASSERT_TRUE(blobs->PutMany(many).ok());
  for (std::size_t i = 0; i < count; i += count / 50) {
    EXPECT_EQ(blobs->Get(many[i].key, 10).value(), many[i].bytes);
  }
  EXPECT_EQ(blobs->List("", count)->size(), count);
  const auto third = blobs->List("t/3/", count);
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(third->size(), count / 5);
  EXPECT_TRUE(std::is_sorted(third->begin(), third->end()));
  std::string least = many[3].key;
  for (std::size_t i = 3; i < count; i += 5) {
    least = std::min(least, many[i].key);
  }
  EXPECT_EQ(third->front(), least);
  EXPECT_EQ(blobs->List("nowhere/", 100)->size(), 0u);
  EXPECT_EQ(blobs->List("", count - 1).error().kind, base::ErrorKind::kLimit);
  EXPECT_FALSE(blobs->PutMany(std::vector<Blob>{{"a/../b", ""}}).ok());
}

}  // namespace day::store::testing
