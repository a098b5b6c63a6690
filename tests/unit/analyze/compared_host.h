// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>

#include "analyze/compare_input.h"
#include "model/log_histogram.h"

namespace culprit {

/// How a synthetic host is, on the whole.
struct HostTraits {
  double latency = 1;  ///< of GET /orders, relative to the usual
  double cpu = 1;      ///< of the task, relative to the usual
  double calls_per_request = 3;
  double errors = 0.01;
  std::size_t intervals = 10;
  double seconds = 1;
};

/// A host whose load, latencies and CPU use are noisy, and whose noise lasts for a while.
class ComparedHost {
 public:
  explicit ComparedHost(std::uint32_t seed) : random_(seed) {}

  ObservedAnalysis observe(const HostTraits& traits) {
    ObservedAnalysis all;
    for (std::size_t interval = 0; interval < traits.intervals; ++interval) {
      drift_ = 0.5 * drift_ + 0.02 * normal();
      all.lengths.push_back(traits.seconds);
      for (int number = 1; number <= 12; ++number)
        use_cpu(thing(all, TargetKind::kProcess, "worker-" + std::to_string(number)), interval,
                0.04 * number * (1 + drift_ + 0.08 * normal()));
      use_cpu(thing(all, TargetKind::kTask, "cleanup"), interval,
              0.2 * traits.cpu * (1 + 0.08 * normal()));
      for (const std::string route : {"/orders", "/users", "/carts"}) {
        ObservedThing& endpoint = thing(all, TargetKind::kEndpoint, "GET " + route);
        const double requests = about(100 * traits.seconds);
        answer(endpoint, interval, requests, traits.seconds,
               0.02 * (route == "/orders" ? traits.latency : 1));
        endpoint.values[Metric::kErrors][interval] = {
            std::min(1.0, about(requests * traits.errors) / requests), requests, 0};
        endpoint.values[Metric::kCallsPerRequest][interval] = {traits.calls_per_request, requests,
                                                               0};
      }
      for (int number = 1; number <= 6; ++number)
        answer(thing(all, TargetKind::kQuery, "SELECT " + std::to_string(number)), interval,
               about(80 * traits.seconds), traits.seconds, 0.001 * number);
    }
    return all;
  }

 private:
  double normal() { return std::normal_distribution<double>()(random_); }

  double about(double mean) {
    return static_cast<double>(std::poisson_distribution<std::uint64_t>(mean)(random_));
  }

  static ObservedThing& thing(ObservedAnalysis& all, TargetKind kind, const std::string& name) {
    ObservedThing& held = all.things[{kind, name}];
    held.name = name;
    return held;
  }

  static void use_cpu(ObservedThing& thing, std::size_t interval, double cores) {
    thing.values[Metric::kCpu][interval] = {std::max(0.0, cores), 0, 0};
  }

  /// As many requests as that, log-normal around a median, as percentiles tell of them.
  void answer(ObservedThing& thing, std::size_t interval, double count, double seconds,
              double median) {
    LogHistogram histogram;
    for (double number = 0; number < count; ++number)
      histogram.add(static_cast<std::uint64_t>(1e9 * median * std::exp(drift_ + 0.35 * normal())));
    const Latency latency = histogram.latency().value_or(Latency{});
    const double spread = std::log(latency.p95_seconds / latency.p50_seconds) / 1.6449;
    thing.values[Metric::kMedian][interval] = {latency.p50_seconds, count, spread};
    thing.values[Metric::kTail][interval] = {latency.p95_seconds, count, spread};
    thing.values[Metric::kRate][interval] = {count / seconds, count, 0};
  }

  std::mt19937 random_;
  double drift_ = 0;
};

}  // namespace culprit
