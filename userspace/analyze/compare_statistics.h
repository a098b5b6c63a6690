// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace culprit {

/// How likely the ranks of two samples differ at least as much when both come from one
/// distribution; two-sided, exact, for some dozens of values. 1 when either is empty.
double rank_test(std::span<const double> before, std::span<const double> after);

/// A quantile as it was measured.
struct MeasuredQuantile {
  double value = 0;
  double count = 0;   ///< values that it is the quantile of
  double spread = 0;  ///< standard deviation of their logarithms
};
/// How likely two measured quantiles (0 < `quantile` < 1) of one distribution differ at least
/// as much.
double quantile_test(double quantile, const MeasuredQuantile& before,
                     const MeasuredQuantile& after);

/// `hits` of `count`: two shares of one probability differ at least as much.
double share_test(double hits_before, double count_before, double hits_after, double count_after);

/// `events` in `exposure`: two rates of one Poisson process differ at least as much.
double rate_test(double events_before, double exposure_before, double events_after,
                 double exposure_after);

/// The same probabilities for all of them together: with those below a bound taken as
/// differences, the chance that any one is none stays below that bound.
std::vector<double> corrected(std::span<const double> probabilities);

}  // namespace culprit
