// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "act/track.h"

namespace culprit {

/// Why a victim is slow, as far as the engine can tell them apart.
enum class Cause {
  kNone,          ///< it is not slow
  kTooFew,        ///< requests to tell
  kNoBaseline,    ///< what is usual for it is not known
  kOwnQuota,      ///< its own unit's quota: neighbours are innocent
  kSteal,         ///< the hypervisor
  kLock,          ///< a lock that somebody holds
  kOwnThreads,    ///< its own threads are in each other's way
  kItself,        ///< it waits for nothing that others take
  kCpuNeighbour,  ///< others run while it is ready to
  kDiskNeighbour  ///< others read and write while it waits for a disk
};

/// What a victim and its neighbours are in each other's way at; absent of any other cause.
std::optional<Resource> contended(Cause cause);

/// How a victim fares.
struct Suffering {
  Cause cause = Cause::kNone;
  double threshold_seconds = 0;  ///< of its p95; above it is bad
  double p95_seconds = 0;        ///< median of the last ten seconds
  int bad_windows = 0;           ///< of the last five
  std::string because;           ///< one line
};

/// What speaks against one suspect.
struct Incrimination {
  Resource resource = Resource::kCpu;
  double blame_share = 0;   ///< of that part of the victim's wait of which it is known behind whom
  double correlation = 0;   ///< of its use with that latency, -1 … 1
  int bad_intervals = 0;    ///< on which C rests
  double use = 0;           ///< of the suspect, in the last ten seconds: CPUs, or bytes a second
  double blamed_ratio = 0;  ///< seconds that the victim waits behind it, per second
};

/// Pure. `threshold_seconds`: of the p95, where a person set one.
Suffering suffering_of(const VictimTrack& victim, const Tracks& tracks, std::uint64_t now_ns,
                       std::optional<double> threshold_seconds);
/// At what they would be in each other's way. Pure. `threshold_seconds`: above it the victim is
/// slow.
Incrimination evidence_against(const SuspectTrack& suspect, const VictimTrack& victim,
                               Resource resource, double threshold_seconds, std::uint64_t now_ns);

}  // namespace culprit
