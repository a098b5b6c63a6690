// SPDX-License-Identifier: Apache-2.0
#include "store/daemon_source.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "collect/sample_merge.h"
#include "util/fd.h"
#include "util/unix_socket.h"

namespace culprit {
namespace {

constexpr std::string_view kRequest = "{\"subscribe\":\"samples\"}\n";
constexpr std::size_t kMostReplyBytes = 4096;
constexpr timeval kPatience{2, 0};  // for the reply; the daemon answers between two readings
constexpr timeval kForever{0, 0};
constexpr double kLongestInterval = 86400;

/// Byte by byte: what follows the line belongs to another reader.
Result<std::string> read_line(int socket) {
  std::string line;
  for (char byte = 0; line.size() < kMostReplyBytes; line += byte) {
    const ssize_t size = recv(socket, &byte, 1, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return fail("the daemon does not answer");
    if (size < 0) return fail(std::string("cannot be read: ") + std::strerror(errno));
    if (size == 0) return fail("the daemon has hung up");
    if (byte == '\n') return line;
  }
  return fail("is no daemon's: a line of JSON was expected");
}

/// The daemon's interval, from what it answers to the request.
Result<std::chrono::nanoseconds> read_reply(int socket) {
  const auto line = read_line(socket);
  if (!line) return tl::unexpected<Error>(line.error());
  const auto reply = nlohmann::json::parse(*line, nullptr, false);
  if (reply.is_object() && reply.contains("error") && reply["error"].is_string())
    return fail(reply["error"].get<std::string>());
  if (!reply.is_object() || !reply.contains("interval_seconds") ||
      !reply["interval_seconds"].is_number())
    return fail("is no daemon's: /interval_seconds: a number was expected");
  const auto seconds = reply["interval_seconds"].get<double>();
  if (!(seconds > 0 && seconds <= kLongestInterval))
    return fail("is no daemon's: /interval_seconds: a length of time was expected");
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

Result<Fd> open_connection(const std::filesystem::path& path) {
  const auto address = unix_address(path.native());
  if (!address) return misuse("a path of at most 107 bytes was expected");
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) ||
      setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) ||
      ::connect(socket.get(), address->generic(), address->size) != 0)
    return unsupported(std::string("no daemon answers: ") + std::strerror(errno));
  // One that refuses us has said so already, and has hung up.
  if (send(socket.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0 && errno != EPIPE)
    return unsupported(std::string("no daemon answers: ") + std::strerror(errno));
  return socket;
}

}  // namespace

Result<std::unique_ptr<DaemonSource>> DaemonSource::connect(const std::filesystem::path& path) {
  const auto named = [&](const Error& error) {
    return tl::unexpected<Error>(Error{error.kind, path.string() + ": " + error.message});
  };
  auto socket = open_connection(path);
  if (!socket) return named(socket.error());
  const auto interval = read_reply(socket->get());
  if (!interval) return named(interval.error());
  setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &kForever, sizeof kForever);
  const int descriptor = fcntl(socket->get(), F_DUPFD_CLOEXEC, 0);  // the file closes it
  File file(descriptor < 0 ? nullptr : fdopen(descriptor, "rb"));
  if (!file) return named({ErrorKind::kFailed, std::strerror(errno)});
  auto recording = Recording::read(std::move(file), path.string());
  if (!recording) return fail(recording.error().message);
  return std::unique_ptr<DaemonSource>(
      new DaemonSource(std::move(*recording), descriptor, *interval));
}

Result<std::optional<Sample>> DaemonSource::next(std::chrono::nanoseconds wait) {
  std::optional<Sample> merged;
  const std::uint64_t early = static_cast<std::uint64_t>(slack().count());
  const std::uint64_t due_ns = last_ns_ + static_cast<std::uint64_t>(wait.count());
  while (!merged || merged->monotonic_ns + early < due_ns) {
    auto sample = recording_->next({});
    if (!sample && interrupted()) break;  // within a frame, perhaps
    if (!sample) return tl::unexpected<Error>(sample.error());
    if (!*sample) {
      ended_ = true;
      break;
    }
    merged = merged ? merge_samples(std::move(*merged), std::move(**sample)) : std::move(**sample);
  }
  if (merged) last_ns_ = merged->monotonic_ns;
  return merged;
}

/// shutdown(2) may be called in a signal handler, and ends a read that waits.
void DaemonSource::wake() noexcept {
  ::shutdown(socket_, SHUT_RDWR);
}

std::string DaemonSource::note() const {
  return ended_ && !interrupted() ? name() + ": the daemon has ended, or has dropped us" : "";
}

}  // namespace culprit
