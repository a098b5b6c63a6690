// SPDX-License-Identifier: Apache-2.0
#include "act/freezer.h"

#include <unistd.h>

#include "act/cgroup_actuator.h"
#include "act/cgroup_home.h"
#include "collect/cgroup_tree.h"
#include "collect/text_file.h"
#include "collect/text_scan.h"
#include "util/duration.h"

namespace culprit {
namespace {

constexpr char kUnifiedFile[] = "/cgroup.freeze", kLegacyFile[] = "/freezer.state";

bool is_unified(const Place& place) {
  return ::access((place.directory + kUnifiedFile).c_str(), F_OK) == 0;
}

}  // namespace

Presence FreezerActuator::presence(const Place& place) {
  const auto found = cgroup_id_of(place.directory);
  if (!found) return Presence::kGone;
  return *found == place.inode ? Presence::kThere : Presence::kAnother;
}

Result<std::string> FreezerActuator::read(const Place& place) {
  const std::string path = place.directory + (is_unified(place) ? kUnifiedFile : kLegacyFile);
  TextReader reader(4096);
  const auto text = reader.read(path);
  if (!text) return fail(path + ": cannot be read");
  const std::string_view state = trimmed(*text);
  return std::string(state == "0" || state == "THAWED" ? kThawed : kFrozen);
}

Status FreezerActuator::write(const Place& place, const std::string& value) {
  const bool frozen = value == kFrozen;
  if (is_unified(place))
    return write_kernel_file(place.directory + kUnifiedFile, frozen ? "1" : "0");
  return write_kernel_file(place.directory + kLegacyFile, frozen ? "FROZEN" : "THAWED");
}

Result<Setting> parse_freeze(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration || *duration > kLongestFreeze)
    return misuse("--freeze '" + printable(text, 40) + "' is not a time of 5s at most: 3s, 500ms");
  Setting setting{Knob::kFreeze};
  setting.number = duration->count();
  return setting;
}

Result<ThrottlePlan> plan_freeze(const ThrottleTarget& target, const KnobHost& host,
                                 const std::string& id) {
  const char* hierarchy = "unified";
  if (!host.mounts.find(hierarchy)) hierarchy = "freezer";
  const CgroupMount* const mount = host.mounts.find(hierarchy);
  if (!mount) return unsupported("no cgroup hierarchy with a freezer is mounted");
  const ProcessFactsReader processes(hierarchy, host.root);
  const std::vector<ProcessFacts> members = in_hierarchy(target.members, processes);
  if (members.empty()) return fail("nobody of " + target.label.name + " is left");
  const auto home = find_home(members, *mount);
  if (!home) return tl::unexpected<Error>(home.error());
  ThrottlePlan plan;
  std::string directory = home->directory;
  if (!home->exclusive) {
    const Place own = own_cgroup_place(home->directory, *home, id);
    directory += "/" + own.file;
    plan.changes.push_back({own, kPresent, false});
    plan.members = who_moves(members, processes);
  }
  Place place = cgroup_file(directory, "freezer");
  place.kind = PlaceKind::kFreezer;
  plan.changes.push_back({place, kFrozen, false});
  plan.old_text = kThawed;
  plan.new_text = std::string(kFrozen) + ": " + directory;
  return plan;
}

}  // namespace culprit
