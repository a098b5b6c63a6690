// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "util/result.h"
#include "view/canvas.h"
#include "view/keys.h"

namespace culprit {

/// True when the user's locale can show UTF-8. Sets the character type of the locale.
bool use_locale_of_user();

/// The screen, taken over while this lives and given back on every way out: return,
/// exception, SIGINT, SIGTERM and SIGHUP (which ask to quit), and crashes.
class Terminal {
 public:
  /// `colour`: unless the terminal has none. Only one may live at a time.
  static Result<std::unique_ptr<Terminal>> make(bool colour);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Puts the canvas on the screen; only what changed is sent.
  void show(const Canvas& canvas);
  /// All keys that were pressed; does not wait.
  std::vector<Key> keys();
  /// Width and height, as they are now.
  std::pair<int, int> size();

  /// Readable when a signal came.
  int signal_descriptor() const;
  struct Signals {
    bool quit = false, resized = false;
  };
  Signals take_signals();

 private:
  struct Screen;
  explicit Terminal(std::unique_ptr<Screen> screen);
  std::unique_ptr<Screen> screen_;
};

}  // namespace culprit
