// SPDX-License-Identifier: Apache-2.0
#include "collect/name_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "collect/name_parsers.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"

namespace culprit {

namespace {

constexpr std::size_t kNameLimit = 256;
constexpr std::size_t kShortId = 12;
constexpr std::size_t kFileLimit = 4 << 20;

/// Ids become part of a path: nothing but hexadecimal digits passes.
bool is_container_id(std::string_view text) {
  return text.size() >= kShortId && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

NameReader::NameReader(std::filesystem::path root)
    : root_(std::move(root)),
      passwd_path_(below(root_, "etc/passwd")),
      podman_path_(below(root_, "var/lib/containers/storage/overlay-containers/containers.json")) {}

bool NameReader::Stamp::operator==(const Stamp& other) const {
  return modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec &&
         inode == other.inode && size == other.size;
}

NameReader::Stamp NameReader::stamp_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {status.st_mtim, status.st_ino, status.st_size};
}

std::string NameReader::user_name(std::uint32_t uid) {
  if (const Stamp stamp = stamp_of(passwd_path_); !(stamp == passwd_stamp_)) {
    passwd_stamp_ = stamp;
    read_passwd();
  }
  const auto user = users_.find(uid);
  return user == users_.end() ? std::to_string(uid) : user->second;
}

void NameReader::read_passwd() {
  TextReader reader(kFileLimit);
  const auto text = reader.read(passwd_path_);
  if (text)
    users_ = parse_passwd(*text);
  else
    users_.clear();
}

std::string NameReader::container_name(std::string_view id) {
  if (!is_container_id(id)) return printable(id, kNameLimit);
  const std::string key(id);
  if (auto name = docker_name(key)) return *name;
  if (const Stamp stamp = stamp_of(podman_path_); !(stamp == podman_stamp_)) {
    podman_stamp_ = stamp;
    read_podman();
  }
  const auto podman = podman_names_.find(key);
  return podman == podman_names_.end() ? key.substr(0, kShortId) : podman->second;
}

std::optional<std::string> NameReader::docker_name(const std::string& id) {
  TextReader reader(kFileLimit, TextReader::AtLimit::kKeep);
  const auto text = reader.read(below(root_, "var/lib/docker/containers") / id / "config.v2.json");
  return text ? parse_docker_config(*text) : std::nullopt;
}

void NameReader::read_podman() {
  podman_names_.clear();
  TextReader reader(kFileLimit, TextReader::AtLimit::kKeep);
  if (const auto text = reader.read(podman_path_)) podman_names_ = parse_podman_containers(*text);
}

}  // namespace culprit
