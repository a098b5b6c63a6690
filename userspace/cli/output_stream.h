// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "util/result.h"

namespace culprit {

/// stdout for commands that go on writing: ends as soon as nobody reads any more, and
/// can be left while a reader makes it wait.
class OutputStream {
 public:
  /// `stop` is asked while the reader does not take anything.
  explicit OutputStream(std::function<bool()> stop);

  /// False: the reader has gone, or it was stopped; nothing more is to be written.
  Result<bool> write(std::string_view text);

 private:
  std::function<bool()> stop_;
};

}  // namespace culprit
