// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "util/fd.h"
#include "util/result.h"

namespace culprit {

/// Asks a daemon one thing after another, through its socket (docs/socket.md).
class DaemonClient {
 public:
  /// An error of kind kHost when nobody listens there.
  static Result<DaemonClient> connect(const std::filesystem::path& path);

  /// Sends one line and waits for the answer, at most for as long as the daemon takes between two
  /// readings and a while more. An answer {"error": TEXT} becomes an error. After an error the
  /// client has to be made anew, for an answer may still be on its way.
  Result<std::string> ask(const std::string& request);

 private:
  DaemonClient(Fd socket, std::string name) : socket_(std::move(socket)), name_(std::move(name)) {}
  Result<std::string> read_answer();

  Fd socket_;
  std::string name_, input_;
};

}  // namespace culprit
