// SPDX-License-Identifier: Apache-2.0
#include "collect/name_parsers.h"

#include <nlohmann/json.hpp>

#include "collect/text_scan.h"

namespace culprit {

namespace {

constexpr std::size_t kNameLimit = 256;
constexpr std::size_t kMaxUsers = 65'536;

using Json = nlohmann::json;

/// A JSON document without exceptions; "discarded" when it is none.
Json parse_json(std::string_view text) {
  return Json::parse(text, nullptr, false);
}

const std::string* text_member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(key);
  return member == object.end() ? nullptr : member->get_ptr<const std::string*>();
}

}  // namespace

std::unordered_map<std::uint32_t, std::string> parse_passwd(std::string_view text) {
  std::unordered_map<std::uint32_t, std::string> users;
  std::string_view line;
  while (users.size() < kMaxUsers && next_line(text, line)) {
    const std::size_t name_end = line.find(':');
    if (name_end == 0 || name_end == std::string_view::npos) continue;
    const std::size_t password_end = line.find(':', name_end + 1);
    if (password_end == std::string_view::npos) continue;
    const std::string_view rest = line.substr(password_end + 1);
    if (const auto uid = to_number<std::uint32_t>(rest.substr(0, rest.find(':'))))
      users.try_emplace(*uid, printable(line.substr(0, name_end), kNameLimit));
  }
  return users;
}

std::optional<std::string> parse_docker_config(std::string_view text) {
  const Json document = parse_json(text);
  const std::string* const found = text_member(document, "Name");
  if (!found) return std::nullopt;
  std::string_view name = *found;
  if (name.starts_with('/')) name.remove_prefix(1);
  if (name.empty()) return std::nullopt;
  return printable(name, kNameLimit);
}

std::unordered_map<std::string, std::string> parse_podman_containers(std::string_view text) {
  std::unordered_map<std::string, std::string> containers;
  const Json document = parse_json(text);
  if (!document.is_array()) return containers;
  for (const Json& entry : document) {
    const std::string* const id = text_member(entry, "id");
    if (!id) continue;
    const auto names = entry.find("names");
    if (names == entry.end() || !names->is_array() || names->empty()) continue;
    const auto* const name = names->front().get_ptr<const std::string*>();
    if (name && !name->empty()) containers.try_emplace(*id, printable(*name, kNameLimit));
  }
  return containers;
}

}  // namespace culprit
