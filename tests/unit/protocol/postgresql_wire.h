// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Messages of PostgreSQL's protocol.
namespace culprit::postgresql {

inline std::string int32(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

inline std::string text(std::string_view string) {
  return std::string(string) + '\0';
}

inline std::string message(char type, std::string_view body = {}) {
  return type + int32(static_cast<std::uint32_t>(body.size() + 4)) + std::string(body);
}

inline std::string packet(std::string_view body) {
  return int32(static_cast<std::uint32_t>(body.size() + 4)) + std::string(body);
}

// Requests.
inline std::string query(std::string_view sql) {
  return message('Q', text(sql));
}
inline std::string parse(std::string_view name, std::string_view sql) {
  return message('P', text(name) + text(sql) + std::string(2, '\0'));
}
inline std::string bind_to(std::string_view portal, std::string_view statement,
                           std::string_view value = "42") {
  const std::string one("\0\1", 2), none("\0\0", 2);
  return message('B', text(portal) + text(statement) + none + one +
                          int32(static_cast<std::uint32_t>(value.size())) + std::string(value) +
                          none);
}
inline std::string describe(char what, std::string_view name) {
  return message('D', what + text(name));
}
inline std::string execute(std::string_view portal = "", std::uint32_t most = 0) {
  return message('E', text(portal) + int32(most));
}
inline std::string close_up(char what, std::string_view name) {
  return message('C', what + text(name));
}
inline std::string sync_up() {
  return message('S');
}
inline std::string flush() {
  return message('H');
}

// Replies.
inline std::string ready(char status = 'I') {
  return message('Z', std::string(1, status));
}
inline std::string complete(std::string_view tag) {
  return message('C', text(tag));
}
inline std::string parsed() {
  return message('1');
}
inline std::string bound() {
  return message('2');
}
inline std::string row_description() {
  return message('T', std::string("\0\1", 2) + text("a") + std::string(18, '\0'));
}
inline std::string row(std::string_view value) {
  return message('D', std::string("\0\1", 2) + int32(static_cast<std::uint32_t>(value.size())) +
                          std::string(value));
}
inline std::string error(std::string_view sqlstate) {
  return message('E', text("SERROR") + text("VERROR") + text("C" + std::string(sqlstate)) +
                          text("Mwhat went wrong, told at length") + text("Fexecute.c") +
                          text("L123") + text("RExecSomething") + '\0');
}
inline std::string notice() {
  return message('N', text("SNOTICE") + text("Mmind") + '\0');
}
inline std::string notification() {
  return message('A', int32(77) + text("channel") + text("x"));
}

}  // namespace culprit::postgresql
