// SPDX-License-Identifier: Apache-2.0
#include "act/network_actuator.h"

#include <bpf/bpf.h>
#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "act/network_limit.h"
#include "bpf/object_loader.h"
#include "collect/cgroup_tree.h"
#include "network_limit.skel.h"

namespace culprit {
namespace {

constexpr std::string_view kLimitsMap = "network_limits", kCountsMap = "network_counts";
constexpr std::uint32_t kOnlyEntry = 0;
constexpr std::uint32_t kMaxMaps = 8;

/// A program of ours that is attached to a cgroup.
struct Attached {
  Fd link;
  network_limit limit{};
  network_limit_counts counts{};
};

bool is_egress(const Place& place) {
  return place.file == NetworkActuator::kEgressBytes;
}

bool is_of_place(std::uint32_t attach_type, const Place& place) {
  if (is_egress(place)) return attach_type == BPF_CGROUP_INET_EGRESS;
  return attach_type == BPF_CGROUP_INET4_CONNECT || attach_type == BPF_CGROUP_INET6_CONNECT;
}

/// The only entry of the program's map of that name; absent when it has no such map.
template <typename Value>
std::optional<Value> only_entry(const bpf_prog_info& info,
                                const std::array<std::uint32_t, kMaxMaps>& map_ids,
                                std::string_view name) {
  for (std::uint32_t index = 0; index < info.nr_map_ids && index < kMaxMaps; ++index) {
    const Fd map(bpf_map_get_fd_by_id(map_ids[index]));
    bpf_map_info map_info{};
    std::uint32_t size = sizeof(map_info);
    if (!map || bpf_obj_get_info_by_fd(map.get(), &map_info, &size) != 0) continue;
    if (map_info.name != name || map_info.value_size != sizeof(Value)) continue;
    Value value{};
    if (bpf_map_lookup_elem(map.get(), &kOnlyEntry, &value) == 0) return value;
  }
  return std::nullopt;
}

/// What a link holds, when that is a limit of ours.
std::optional<Attached> limit_of(Fd link, std::uint32_t program_id) {
  const Fd program(bpf_prog_get_fd_by_id(program_id));
  std::array<std::uint32_t, kMaxMaps> map_ids{};
  bpf_prog_info info{};
  info.map_ids = reinterpret_cast<std::uintptr_t>(map_ids.data());
  info.nr_map_ids = kMaxMaps;
  std::uint32_t size = sizeof(info);
  if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) return std::nullopt;
  const auto limit = only_entry<network_limit>(info, map_ids, kLimitsMap);
  const auto counts = only_entry<network_limit_counts>(info, map_ids, kCountsMap);
  if (!limit || !counts) return std::nullopt;
  return Attached{std::move(link), *limit, *counts};
}

/// Our programs on the cgroup of a place, whoever holds them.
std::vector<Attached> attached_to(const Place& place) {
  std::vector<Attached> found;
  for (std::uint32_t id = 0; bpf_link_get_next_id(id, &id) == 0;) {
    Fd link(bpf_link_get_fd_by_id(id));
    bpf_link_info info{};
    std::uint32_t size = sizeof(info);
    if (!link || bpf_obj_get_info_by_fd(link.get(), &info, &size) != 0) continue;
    if (info.type != BPF_LINK_TYPE_CGROUP || info.cgroup.cgroup_id != place.inode ||
        !is_of_place(info.cgroup.attach_type, place))
      continue;
    if (auto attached = limit_of(std::move(link), info.prog_id))
      found.push_back(std::move(*attached));
  }
  return found;
}

tl::unexpected<Error> refused(const Place& place, const char* what) {
  const std::string said = take_libbpf_messages();
  return fail(place_text(place) + ": " + what + (said.empty() ? "" : ": " + said));
}

}  // namespace

Presence NetworkActuator::presence(const Place& place) {
  const auto found = cgroup_id_of(place.directory);
  if (!found) return Presence::kGone;
  return *found == place.inode ? Presence::kThere : Presence::kAnother;
}

Result<std::string> NetworkActuator::read(const Place& place) {
  const std::vector<Attached> attached = attached_to(place);
  if (attached.empty()) return std::string(kUnlimited);
  return network_limit_text(attached.front().limit);
}

std::string NetworkActuator::account(const Place& place) {
  // The programs of one limit share their counts.
  const std::vector<Attached> attached = attached_to(place);
  if (attached.empty()) return "";
  return network_counts_text(attached.front().limit, attached.front().counts);
}

Status NetworkActuator::write(const Place& place, const std::string& value) {
  if (value != kUnlimited) return limit(place, value);
  for (const Attached& attached : attached_to(place))
    if (bpf_link_detach(attached.link.get()) != 0)
      return fail(place_text(place) + ": cannot be lifted: " + std::strerror(errno));
  return {};
}

Status NetworkActuator::limit(const Place& place, const std::string& value) {
  const auto wanted = parse_network_limit(value);
  if (!wanted) return fail(place_text(place) + ": '" + value + "' is no limit");
  const Fd cgroup(::open(place.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup) return fail(place_text(place) + ": " + std::strerror(errno));
  capture_libbpf_messages();
  const SkeletonHandle<network_limit_probe> skeleton(network_limit_probe::open());
  if (!skeleton) return refused(place, "its programs cannot be opened");
  const auto& programs = skeleton->progs;
  bpf_program__set_autoload(programs.limit_connect4, !is_egress(place));
  bpf_program__set_autoload(programs.limit_connect6, !is_egress(place));
  bpf_program__set_autoload(programs.limit_egress, is_egress(place));
  if (network_limit_probe::load(skeleton.get()) != 0)
    return refused(place, "the kernel does not take its programs");
  if (bpf_map_update_elem(bpf_map__fd(skeleton->maps.network_limits), &kOnlyEntry, &*wanted,
                          BPF_ANY) != 0)
    return refused(place, "its settings cannot be written");
  for (bpf_program* program :
       {programs.limit_connect4, programs.limit_connect6, programs.limit_egress}) {
    if (!bpf_program__autoload(program)) continue;
    const LinkHandle link(bpf_program__attach_cgroup(program, cgroup.get()));
    if (!link) return refused(place, std::strerror(errno));
    // The descriptor alone holds it from here on.
    links_.emplace_back(::fcntl(bpf_link__fd(link.get()), F_DUPFD_CLOEXEC, 3));
    if (!links_.back()) return refused(place, std::strerror(errno));
  }
  return {};
}

}  // namespace culprit
