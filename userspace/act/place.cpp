// SPDX-License-Identifier: Apache-2.0
#include "act/place.h"

#include <array>

namespace culprit {
namespace {

constexpr std::array<std::string_view, 10> kNames = {
    "cgroup_file", "own_cgroup", "nice",          "policy",         "io_class",
    "open_files",  "network",    "unit_property", "kernel_setting", "freezer"};

std::string of_thread(const char* what, const Place& place) {
  return std::string(what) + " of thread " + std::to_string(place.thread.tid);
}

}  // namespace

std::string_view place_kind_name(PlaceKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<PlaceKind> place_kind(std::string_view name) {
  for (std::size_t index = 0; index < kNames.size(); ++index)
    if (kNames[index] == name) return static_cast<PlaceKind>(index);
  return std::nullopt;
}

bool is_of_thread(PlaceKind kind) {
  return kind == PlaceKind::kNice || kind == PlaceKind::kPolicy || kind == PlaceKind::kIoClass ||
         kind == PlaceKind::kOpenFiles;
}

std::string place_text(const Place& place) {
  switch (place.kind) {
    case PlaceKind::kCgroupFile:
    case PlaceKind::kOwnCgroup:
      return place.directory + "/" + place.file;
    case PlaceKind::kNetwork:
      return place.file + " of " + place.directory;
    case PlaceKind::kUnitProperty:
      return place.file + " of " + place.unit;
    case PlaceKind::kKernelSetting:
      return place.file;
    case PlaceKind::kFreezer:
      return "freezer of " + place.directory;
    case PlaceKind::kNice:
      return of_thread("nice", place);
    case PlaceKind::kPolicy:
      return of_thread("policy", place);
    case PlaceKind::kIoClass:
      return of_thread("I/O class", place);
    case PlaceKind::kOpenFiles:
      return "open files of process " + std::to_string(place.thread.pid);
  }
  return "";
}

}  // namespace culprit
