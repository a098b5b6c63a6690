// SPDX-License-Identifier: Apache-2.0
#include "protocol/redis_text.h"

#include <algorithm>

namespace culprit {
namespace {

constexpr std::size_t kLongestWord = 24, kLongestFunction = 32, kScriptDigits = 8;

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool is_letter(char c) {
  return upper(c) >= 'A' && upper(c) <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool same_word(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char a, char b) { return upper(a) == b; });
}

}  // namespace

QueryId RedisText::name(const RedisRequestReader& request) {
  text_ = request.name();
  const RedisKey key = request.command() ? request.command()->key : RedisKey::kNone;
  switch (key) {
    case RedisKey::kNone:
    case RedisKey::kDatabase:
      break;
    case RedisKey::kFirst:
      add_key(request, 1);
      break;
    case RedisKey::kSecond:
      add_key(request, 2);
      break;
    case RedisKey::kThird:
      add_key(request, 3);
      break;
    case RedisKey::kWord:
    case RedisKey::kClient:
      add_word(request, 1);
      break;
    case RedisKey::kWordAndKey:
      add_word(request, 1);
      add_key(request, 2);
      break;
    case RedisKey::kStreams:
      if (find_redis_word(request, "BLOCK")) text_ += " BLOCK";
      if (const std::size_t streams = find_redis_word(request, "STREAMS")) {
        add_key(request, streams + 1);
      }
      break;
    case RedisKey::kScript:
      add_identifier(request, 1, kScriptDigits);
      break;
    case RedisKey::kFunction:
      add_identifier(request, 1, kLongestFunction);
      break;
  }
  return books_.queries.intern(Protocol::kRedis, request.name(), text_);
}

void RedisText::add_key(const RedisRequestReader& request, std::size_t i) {
  if (i >= request.kept()) return;
  text_ += ' ';
  text_ += books_.keys.pattern(application_, request.argument(i), request.cut(i));
}

void RedisText::add_word(const RedisRequestReader& request, std::size_t i) {
  if (i >= request.kept()) return;
  const std::string_view word = request.argument(i);
  text_ += ' ';
  if (word.size() > kLongestWord ||
      !std::all_of(word.begin(), word.end(), [](char c) { return is_letter(c) || c == '-'; })) {
    text_ += '?';
  } else {
    std::transform(word.begin(), word.end(), std::back_inserter(text_), upper);
  }
}

void RedisText::add_identifier(const RedisRequestReader& request, std::size_t i, std::size_t most) {
  if (i >= request.kept()) return;
  const std::string_view word = request.argument(i).substr(0, most);
  const bool plain = std::all_of(word.begin(), word.end(),
                                 [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  text_ += ' ';
  text_ += plain ? word : "?";
}

std::size_t find_redis_word(const RedisRequestReader& request, std::string_view word) {
  for (std::size_t i = 1; i < request.kept(); i++) {
    if (same_word(request.argument(i), word)) return i;
  }
  return 0;
}

}  // namespace culprit
