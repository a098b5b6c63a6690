// SPDX-License-Identifier: Apache-2.0
#include "serve/output_queue.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace culprit {

bool OutputQueue::push(Message message) {
  const bool full = messages_.size() >= kMostMessages || bytes_ + message->size() > kMostBytes;
  if (full && !messages_.empty()) return false;
  bytes_ += message->size();
  messages_.push_back(std::move(message));
  return true;
}

OutputQueue::Sent OutputQueue::send(int socket) {
  while (!messages_.empty()) {
    const std::string& first = *messages_.front();
    const ssize_t size =
        ::send(socket, first.data() + sent_, first.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::kPart : Sent::kGone;
    sent_ += static_cast<std::size_t>(size);
    if (sent_ < first.size()) continue;
    bytes_ -= first.size();
    sent_ = 0;
    messages_.pop_front();
  }
  return Sent::kAll;
}

}  // namespace culprit
