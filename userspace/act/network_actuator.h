// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "act/actuator.h"
#include "util/fd.h"

namespace culprit {

/// The limits of a cgroup's sockets: place.file is kConnections or kEgressBytes, a value one of
/// network_limit.h. The links that hold one are in this process and nowhere else: who ends
/// without having given them away lets everything pass again. Any process can read a limit, and
/// end it.
class NetworkActuator : public Actuator {
 public:
  static constexpr char kConnections[] = "connections";
  static constexpr char kEgressBytes[] = "egress";

  Presence presence(const Place& place) override;
  Result<std::string> read(const Place& place) override;
  Status write(const Place& place, const std::string& value) override;
  std::string account(const Place& place) override;

  /// Gives away the links that were made; whoever has them holds the limits.
  std::vector<Fd> take_links() { return std::move(links_); }

 private:
  Status limit(const Place& place, const std::string& value);

  std::vector<Fd> links_;
};

}  // namespace culprit
