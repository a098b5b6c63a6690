// SPDX-License-Identifier: Apache-2.0
#include "util/service_notifier.h"

#include <sys/socket.h>

#include "util/unix_socket.h"

namespace culprit {

ServiceNotifier::ServiceNotifier(const char* address) : address_(address ? address : "") {
  if (!address_.empty()) socket_ = Fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

void ServiceNotifier::tell(std::string_view state) const {
  const auto address = unix_address(address_);
  if (!socket_ || !address) return;
  sendto(socket_.get(), state.data(), state.size(), MSG_DONTWAIT | MSG_NOSIGNAL, address->generic(),
         address->size);
}

}  // namespace culprit
