// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bpf/facts.h"
#include "bpf/load_plan.h"
#include "collect/python_refusals.h"

namespace culprit {

/// What `culprit doctor` found; the facts are those after --without.
struct Diagnosis {
  Facts facts;
  LoadPlan plan;
  std::vector<PythonRefusal> python_refusals = {};
};

/// One line: can all probes run, and if not, why.
std::string doctor_verdict(const Diagnosis& diagnosis);

/// The report to read, verdict first.
std::string doctor_text(const Diagnosis& diagnosis);

/// The same as JSON, schema culprit.doctor/1.
std::string doctor_json(const Diagnosis& diagnosis);

}  // namespace culprit
