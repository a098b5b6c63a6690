// SPDX-License-Identifier: Apache-2.0
#include "store/daemon_client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "util/unix_socket.h"

namespace culprit {
namespace {

constexpr timeval kLongestWait{5, 0};
constexpr std::size_t kMostAnswerBytes = 64 << 20;

}  // namespace

Result<DaemonClient> DaemonClient::connect(const std::filesystem::path& path) {
  const auto address = unix_address(path.native());
  if (!address) return misuse(path.string() + ": a path of at most 107 bytes was expected");
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket ||
      setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kLongestWait, sizeof kLongestWait) ||
      setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kLongestWait, sizeof kLongestWait) ||
      ::connect(socket.get(), address->generic(), address->size) != 0)
    return unsupported(path.string() + ": no daemon answers: " + std::strerror(errno));
  return DaemonClient(std::move(socket), path.string());
}

Result<std::string> DaemonClient::ask(const std::string& request) {
  const std::string line = request + "\n";
  // One that refuses us has said so already, and has hung up.
  if (send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0 && errno != EPIPE)
    return fail(name_ + ": cannot be asked: " + std::strerror(errno));
  auto answer = read_answer();
  if (!answer) return answer;
  constexpr std::string_view kError = "{\"error\":";
  if (!answer->starts_with(kError)) return answer;
  const auto json = nlohmann::json::parse(*answer, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string())
    return fail(json["error"].get<std::string>());
  return fail(name_ + ": is no daemon's: a line of JSON was expected");
}

Result<std::string> DaemonClient::read_answer() {
  for (;;) {
    if (const auto end = input_.find('\n'); end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return line;
    }
    if (input_.size() > kMostAnswerBytes) return fail(name_ + ": is no daemon's: it does not end");
    std::array<char, 4096> bytes;
    const ssize_t size = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return fail(name_ + ": the daemon does not answer");
    if (size < 0) return fail(name_ + ": cannot be read: " + std::strerror(errno));
    if (size == 0) return fail(name_ + ": the daemon has hung up");
    input_.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace culprit
