// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "util/fd.h"

namespace culprit {

/// Tells the service manager what goes on, as sd_notify(3) does: a datagram to the socket that
/// $NOTIFY_SOCKET names. Without one it tells nobody.
class ServiceNotifier {
 public:
  /// `address` is what $NOTIFY_SOCKET holds; null or "": there is no manager.
  explicit ServiceNotifier(const char* address);

  /// "READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=…"; several with line ends between.
  /// Never waits: what does not get through is not sent again.
  void tell(std::string_view state) const;

 private:
  std::string address_;
  Fd socket_;
};

}  // namespace culprit
