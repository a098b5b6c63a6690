// SPDX-License-Identifier: Apache-2.0
#include "protocol/http1_lines.h"

#include <algorithm>
#include <array>

namespace culprit {

namespace {

constexpr std::string_view kVersion = "HTTP/1.";

/// The methods of RFC 9110, PATCH, and those of WebDAV and caches; a closed list, so that
/// nobody can make up operations.
bool is_method(std::string_view word) {
  constexpr std::array<std::string_view, 20> kMethods = {
      "GET",      "POST",      "PUT",   "DELETE", "HEAD",   "OPTIONS", "PATCH",
      "CONNECT",  "TRACE",     "QUERY", "PURGE",  "REPORT", "SEARCH",  "COPY",
      "PROPFIND", "PROPPATCH", "MKCOL", "MOVE",   "LOCK",   "UNLOCK"};
  return std::find(kMethods.begin(), kMethods.end(), word) != kMethods.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_version(std::string_view word) {
  return word.size() == kVersion.size() + 1 && word.starts_with(kVersion) && is_digit(word.back());
}

/// Names of a part of a path, in lower case.
constexpr std::array<std::string_view, 8> kPollingParts = {
    "poll",      "polling",     "longpoll",     "long-poll",
    "long_poll", "longpolling", "long-polling", "getupdates"};
/// Names of a parameter, with "=", in lower case.
constexpr std::array<std::string_view, 4> kPollingParameters = {
    "watch=", "wait=", "transport=polling", "longpoll="};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool begins_like(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::equal(word.begin(), word.end(), text.begin(),
                    [](char wanted, char given) { return wanted == lower(given); });
}

/// One of the parts between separators is such a one.
template <typename Is>
bool any_part(std::string_view text, char separator, Is&& is) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (is(text.substr(0, end))) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace

bool polls_http1(std::string_view target) {
  const std::size_t question = std::min(target.find('?'), target.size());
  const bool by_path = any_part(target.substr(0, question), '/', [](std::string_view part) {
    return std::any_of(kPollingParts.begin(), kPollingParts.end(), [&](std::string_view word) {
      return part.size() == word.size() && begins_like(part, word);
    });
  });
  return by_path || any_part(target.substr(question), '&', [](std::string_view part) {
           if (part.starts_with('?')) part.remove_prefix(1);
           return std::any_of(kPollingParameters.begin(), kPollingParameters.end(),
                              [&](std::string_view word) { return begins_like(part, word); });
         });
}

std::optional<Http1RequestLine> parse_http1_request_line(std::string_view line, bool cut) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_method(line.substr(0, space))) return std::nullopt;
  std::string_view target = line.substr(space + 1);
  if (!cut) {
    const std::size_t last = target.rfind(' ');
    if (last == std::string_view::npos || !is_version(target.substr(last + 1))) return std::nullopt;
    target = target.substr(0, last);
  }
  if (target.empty() || target[0] == ' ') return std::nullopt;
  return Http1RequestLine{line.substr(0, space), target};
}

std::optional<std::uint16_t> parse_http1_status_line(std::string_view line) {
  constexpr std::size_t kCode = kVersion.size() + 2;  // "HTTP/1.1 200"
  if (line.size() < kCode + 3 || !is_version(line.substr(0, kCode - 1)) || line[kCode - 1] != ' ')
    return std::nullopt;
  const std::string_view code = line.substr(kCode, 3);
  if (!std::all_of(code.begin(), code.end(), is_digit) || code[0] == '0') return std::nullopt;
  if (line.size() > kCode + 3 && line[kCode + 3] != ' ') return std::nullopt;
  return static_cast<std::uint16_t>((code[0] - '0') * 100 + (code[1] - '0') * 10 + code[2] - '0');
}

bool begins_http1_request(std::string_view bytes) {
  constexpr std::size_t kLongestMethod = 9;
  const std::size_t space = bytes.substr(0, kLongestMethod + 1).find(' ');
  if (space == std::string_view::npos || !is_method(bytes.substr(0, space))) return false;
  const std::string_view target = bytes.substr(space + 1);
  return target.starts_with('/') || target.starts_with("http") || target.starts_with("* HTTP/1.") ||
         (bytes.starts_with("CONNECT ") && !target.empty() && target[0] > ' ');
}

bool begins_http1_response(std::string_view bytes) {
  return bytes.starts_with(kVersion);
}

bool ends_http1_chunks(std::string_view bytes) {
  constexpr std::string_view kEnd = "0\r\n\r\n";
  return bytes == kEnd || bytes.ends_with("\r\n0\r\n\r\n");
}

}  // namespace culprit
