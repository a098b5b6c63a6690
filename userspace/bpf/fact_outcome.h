// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/bpf.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "bpf/facts.h"
#include "util/fd.h"
#include "util/result.h"

namespace culprit {

// How the outcome of trying something becomes a Fact.

inline Fact present(std::string detail) {
  return {true, std::move(detail)};
}
inline Fact missing(std::string detail) {
  return {false, std::move(detail)};
}

inline Fact outcome(const Result<Fd>& tried, std::string when_it_works) {
  return tried ? present(std::move(when_it_works)) : missing(tried.error().message);
}

/// The first that is missing, else the first.
inline Fact first_missing(std::initializer_list<Fact> facts) {
  for (const Fact& fact : facts)
    if (!fact.available) return fact;
  return *facts.begin();
}

/// Sets a program of that type on a perf event; `what` names it in the detail.
Fact attach_to_event(const Fd& event, bpf_prog_type type, const std::string& what);

}  // namespace culprit
