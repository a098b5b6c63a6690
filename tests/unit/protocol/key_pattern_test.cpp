// SPDX-License-Identifier: Apache-2.0
#include "protocol/key_pattern.h"

#include <set>
#include <string>

#include "catch.h"

namespace culprit {
namespace {

std::string pattern(std::string_view key, bool cut = false) {
  KeyPatterns keys;
  return std::string(keys.pattern(1, key, cut));
}

}  // namespace

TEST_CASE("ids in keys become one sign, words stay") {
  CHECK(pattern("user:123:posts") == "user:?:posts");
  CHECK(pattern("user:123") == pattern("user:98765"));
  CHECK(pattern("session:3f2504e0-4f89-11d3-9a0c-0305e82c3301") == "session:?");
  CHECK(pattern("celery-task-meta-3f2504e0-4f89-11d3-9a0c-0305e82c3301") == "celery-task-meta-?");
  CHECK(pattern("sess:507f1f77bcf86cd799439011:x") == "sess:?:x");
  CHECK(pattern("user123") == "user?");
  CHECK(pattern("{user:12}.following") == "{user:?}.following");
  CHECK(pattern("mail:jane.doe@example.com:unread") == "mail:?:unread");
  CHECK(pattern("visits:2024-01-02") == "visits:?");
  CHECK(pattern("limit:10.0.0.1") == "limit:?");
  CHECK(pattern("/page/12/en") == "/page/?/en");
  CHECK(pattern("-12") == "?");
  CHECK(pattern("unacked_mutex") == "unacked_mutex");
  CHECK(pattern("_kombu.binding.celery") == "_kombu.binding.celery");
  CHECK(pattern("UserProfileCacheEntry") == "UserProfileCacheEntry");
  CHECK(pattern("user:*") == "user:*");
  CHECK(pattern("") == "");
  CHECK(pattern(":") == ":");
  CHECK(pattern("-") == "-");
}

TEST_CASE("what looks random is an id") {
  CHECK(pattern("k9Xb2LmQ7fTzR4") == "?");
  CHECK(pattern("session:eyJhbGciOiJIUzI1NiJ9") == "session:?");
  CHECK(pattern("aB3_x-9ZkQ7-mN2_pL5w") == "?");
  CHECK(pattern("01ARZ3NDEKTSV4RRFFQ69G5FAV") == "?");
  CHECK(pattern("4t7hq0v2m1xk8c3nz6b9") == "?");
  CHECK(pattern(std::string(40, 'q')) == "?");
}

TEST_CASE("bytes that cannot be printed never get into a pattern") {
  CHECK(pattern(std::string_view("\xac\xed\x00\x05t\x00\x07user:12", 14)) == "?");
  CHECK(pattern("blob:\x01\x02:rest") == "blob:?");
  CHECK(pattern("\xd0\xba\xd0\xbb:1") == "?");
}

TEST_CASE("patterns are bounded in length, and a cut key ends in an id") {
  std::string key;
  for (int i = 0; i < 100; i++) key += "part:";
  CHECK(pattern(key).size() == 64);
  CHECK(pattern(key).back() == '?');
  CHECK(pattern("user:jan", true) == "user:?");
  CHECK(pattern("user:", true) == "user:");
}

TEST_CASE("a place of a key that takes too many words is an id") {
  KeyPatterns keys;
  const auto name = [](int i) {
    return std::string{static_cast<char>('g' + i % 20), static_cast<char>('g' + i / 20 % 20),
                       static_cast<char>('g' + i / 400)};
  };
  std::set<std::string> seen;
  for (int i = 0; i < 4000; i++) {
    seen.emplace(keys.pattern(1, "user:" + name(i) + ":posts"));
  }
  CHECK(seen.size() <= 50);
  CHECK(keys.pattern(1, "user:" + name(0) + ":posts") == "user:?:posts");
  CHECK(keys.pattern(1, "user:" + name(3999) + ":posts") == "user:?:posts");
  // Other places and other applications are not concerned.
  CHECK(keys.pattern(1, "team:red") == "team:red");
  CHECK(keys.pattern(2, "user:" + name(0)) == "user:" + name(0));

  seen.clear();
  for (int i = 0; i < 4000; i++) seen.emplace(keys.pattern(3, name(i)));
  CHECK(seen.size() <= 130);
  CHECK(keys.pattern(3, "anything") == "?");
}

TEST_CASE("what is learned is bounded over all applications") {
  KeyPatterns keys;
  for (std::uint64_t application = 0; application < 3000; application++) {
    for (const char* word : {"ga", "gb", "gc", "gd", "ge", "gf", "gg", "gh", "gi", "gj"}) {
      keys.pattern(application, word);
    }
  }
  CHECK(keys.pattern(0, "ga") == "ga");
  CHECK(keys.pattern(2999, "ga") == "?");
}

}  // namespace culprit
