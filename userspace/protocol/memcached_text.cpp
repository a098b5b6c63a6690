// SPDX-License-Identifier: Apache-2.0
#include "protocol/memcached_text.h"

#include <algorithm>
#include <charconv>

namespace culprit {
namespace {

using Kind = MemcachedKind;
using Word = MemcachedWord;

struct TextCommand {
  std::string_view word, name;
  Kind kind = Kind::kLine;
  std::uint8_t key = 0;   ///< place of the first key, 0: none
  std::uint8_t data = 0;  ///< place of the length of what follows the line, 0: nothing follows
};

constexpr TextCommand kCommands[] = {
    {"get", "GET", Kind::kGet, 1},
    {"set", "SET", Kind::kLine, 1, 4},
    {"mg", "MG", Kind::kMetaGet, 1},
    {"ms", "MS", Kind::kMetaSet, 1, 2},
    {"md", "MD", Kind::kMetaDelete, 1},
    {"ma", "MA", Kind::kMetaArithmetic, 1},
    {"mn", "MN", Kind::kMetaNoop},
    {"me", "ME", Kind::kLine, 1},
    {"gets", "GETS", Kind::kGet, 1},
    {"gat", "GAT", Kind::kGet, 2},
    {"gats", "GATS", Kind::kGet, 2},
    {"delete", "DELETE", Kind::kLine, 1},
    {"incr", "INCR", Kind::kLine, 1},
    {"decr", "DECR", Kind::kLine, 1},
    {"add", "ADD", Kind::kLine, 1, 4},
    {"replace", "REPLACE", Kind::kLine, 1, 4},
    {"append", "APPEND", Kind::kLine, 1, 4},
    {"prepend", "PREPEND", Kind::kLine, 1, 4},
    {"cas", "CAS", Kind::kLine, 1, 4},
    {"touch", "TOUCH", Kind::kLine, 1},
    {"stats", "STATS"},
    {"version", "VERSION"},
    {"flush_all", "FLUSH_ALL"},
    {"verbosity", "VERBOSITY"},
    {"cache_memlimit", "CACHE_MEMLIMIT"},
    {"slabs", "SLABS"},
    {"lru", "LRU"},
    {"lru_crawler", "LRU_CRAWLER"},
    {"quit", "QUIT", Kind::kSilent},
    {"shutdown", "SHUTDOWN", Kind::kSilent},
    {"watch", "WATCH", Kind::kFeed},
};

struct TextReply {
  std::string_view word;
  Word meaning;
};

constexpr TextReply kReplies[] = {
    {"VALUE", Word::kValue},        {"END", Word::kEnd},
    {"STORED", Word::kOther},       {"HD", Word::kMetaHit},
    {"VA", Word::kMetaValue},       {"EN", Word::kMetaMiss},
    {"NF", Word::kMetaNotFound},    {"NS", Word::kMetaNotStored},
    {"EX", Word::kMetaExists},      {"MN", Word::kMetaNoop},
    {"NOT_STORED", Word::kOther},   {"EXISTS", Word::kOther},
    {"NOT_FOUND", Word::kOther},    {"DELETED", Word::kOther},
    {"TOUCHED", Word::kOther},      {"OK", Word::kOther},
    {"RESET", Word::kOther},        {"VERSION", Word::kOther},
    {"ME", Word::kOther},           {"STAT", Word::kItem},
    {"ITEM", Word::kItem},          {"mg", Word::kItem},
    {"ERROR", Word::kError},        {"CLIENT_ERROR", Word::kError},
    {"SERVER_ERROR", Word::kError}, {"BUSY", Word::kOther},
    {"BADCLASS", Word::kOther},     {"NOSPARE", Word::kOther},
    {"NOTFULL", Word::kOther},      {"UNSAFE", Word::kOther},
    {"SAME", Word::kOther},
};

constexpr std::uint64_t kLongestData = std::uint64_t{1} << 31;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::uint64_t> length_of(std::string_view word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size() || number > kLongestData) {
    return std::nullopt;
  }
  return number;
}

std::uint64_t token_of(char sign, std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ static_cast<unsigned char>(sign);
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash | 1;
}

bool is_meta(Kind kind) {
  return kind == Kind::kMetaGet || kind == Kind::kMetaSet || kind == Kind::kMetaDelete ||
         kind == Kind::kMetaArithmetic;
}

const TextCommand* find_command(std::string_view word) {
  const auto* const found =
      std::find_if(std::begin(kCommands), std::end(kCommands),
                   [word](const TextCommand& command) { return command.word == word; });
  return found == std::end(kCommands) ? nullptr : found;
}

}  // namespace

std::string_view take_memcached_word(std::string_view& line) {
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

bool is_memcached_command(std::string_view word) {
  return find_command(word) != nullptr;
}

MemcachedRequest parse_memcached_request(std::string_view line, std::uint64_t words) {
  MemcachedRequest request;
  const TextCommand* const command = find_command(take_memcached_word(line));
  if (command == nullptr) return request;
  request.name = command->name;
  request.kind = command->kind;
  if (command->kind == Kind::kGet && words > command->key) {
    request.keys = static_cast<std::uint32_t>(words - command->key);
  }
  bool return_key = false;
  std::string_view last, opaque;
  for (std::uint64_t i = 1; !line.empty(); i++) {
    const std::string_view word = take_memcached_word(line);
    if (word.empty()) break;
    last = word;
    if (i == command->key) {
      request.key = word;
      continue;
    }
    if (i == command->data) request.data = length_of(word);
    if (!is_meta(command->kind) || i <= command->data) continue;
    request.quiet = request.quiet || word == "q";
    return_key = return_key || word == "k";
    if (word.front() == 'O') opaque = word.substr(1);
  }
  if (!opaque.empty()) {
    request.token = token_of('O', opaque);
  } else if (return_key) {
    request.token = token_of('k', request.key);
  }
  if (command->kind == Kind::kLine && last == "noreply") request.kind = Kind::kSilent;
  return request;
}

MemcachedReply parse_memcached_reply(std::string_view line) {
  MemcachedReply reply;
  const std::string_view word = take_memcached_word(line);
  const auto* const found =
      std::find_if(std::begin(kReplies), std::end(kReplies),
                   [word](const TextReply& known) { return known.word == word; });
  if (found == std::end(kReplies)) {
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_digit)) {
      reply.word = Word::kOther;
    } else if (word.starts_with("key=")) {
      reply.word = Word::kItem;
    }
    return reply;
  }
  reply.word = found->meaning;
  if (reply.word == Word::kError) reply.error = found->word;
  const std::uint64_t length_at = reply.word == Word::kValue       ? 3
                                  : reply.word == Word::kMetaValue ? 1
                                                                   : 0;
  for (std::uint64_t i = 1; !line.empty(); i++) {
    const std::string_view part = take_memcached_word(line);
    if (part.empty()) break;
    if (i == length_at) {
      reply.data = length_of(part);
    } else if (part.front() == 'O') {
      reply.opaque_token = token_of('O', part.substr(1));
    } else if (part.front() == 'k') {
      reply.key_token = token_of('k', part.substr(1));
    }
  }
  if (length_at && !reply.data) reply.word = Word::kUnknown;
  return reply;
}

}  // namespace culprit
