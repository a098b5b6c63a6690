// SPDX-License-Identifier: Apache-2.0
#include "act/ladder.h"

#include <algorithm>
#include <cmath>

#include "util/median.h"

namespace culprit {
namespace {

constexpr int kWeights = 2;          // steps of the CPU's ladder before quotas
constexpr double kTightening = 0.7;  // of a limit to the one before
constexpr double kMebibyte = 1 << 20;

double median_use(const SuspectTrack& suspect, Resource resource) {
  std::vector<double> use;
  for (const SuspectInterval& interval : suspect.intervals)
    use.push_back(interval.use.of(resource));
  return median(std::move(use));
}

std::optional<Setting> cpu_step(int step, const Incrimination& evidence,
                                const SuspectTrack& suspect, std::uint32_t cpu_count) {
  Setting setting;
  if (step < kWeights) {
    setting.knob = Knob::kCpuWeight;
    setting.number = step == 0 ? 10 : 1;
    return setting;
  }
  const double floor = std::max({0.1, 0.05 * cpu_count, 0.1 * median_use(suspect, Resource::kCpu)});
  // Behind a suspect a victim waits as long as it runs: so many CPUs are to blame.
  const double first =
      std::min(kTightening * evidence.use, evidence.use - 1.25 * evidence.blamed_ratio);
  const double cpus = std::max(first, floor) * std::pow(kTightening, step - kWeights);
  if (step > kWeights && cpus < floor) return std::nullopt;
  setting.knob = Knob::kCpuQuota;
  setting.cpus = std::max(cpus, floor);
  return setting;
}

std::optional<Setting> disk_step(int step, const Incrimination& evidence,
                                 const SuspectTrack& suspect) {
  Setting setting;
  if (step == 0 && suspect.unit.empty()) {
    setting.knob = Knob::kIoClass;
    setting.word = "idle/7";
    return setting;
  }
  if (step == 0) {
    setting.knob = Knob::kIoWeight;
    setting.number = 10;
    return setting;
  }
  const double floor = std::max(kMebibyte, 0.1 * median_use(suspect, Resource::kDisk));
  const double bytes = evidence.use * std::pow(kTightening, step);
  if (step > 1 && bytes < floor) return std::nullopt;
  setting.knob = Knob::kIoMax;
  setting.number = std::llround(std::max(bytes, floor) / kMebibyte) * (1 << 20);
  return setting;
}

}  // namespace

std::optional<Setting> knob_step(int step, const Incrimination& evidence,
                                 const SuspectTrack& suspect, std::uint32_t cpu_count) {
  return evidence.resource == Resource::kCpu ? cpu_step(step, evidence, suspect, cpu_count)
                                             : disk_step(step, evidence, suspect);
}

int step_after_vain(Resource resource, int step) {
  return resource == Resource::kCpu ? std::max(step + 1, kWeights) : step + 1;
}

double least_use(Resource resource) {
  return resource == Resource::kCpu ? 0.05 : 256e3;
}

double idle_use(Resource resource) {
  return resource == Resource::kCpu ? 0.02 : 64e3;
}

}  // namespace culprit
