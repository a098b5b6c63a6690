// SPDX-License-Identifier: Apache-2.0
#include "view/terminal.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>

#include "view/glyph.h"
#include "view/signal_guard.h"

// curses.h and term.h define macros with everyday names.
#undef columns
#undef lines
#undef tab

namespace culprit {

bool use_locale_of_user() {
  std::setlocale(LC_CTYPE, "");
  return std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

struct Terminal::Screen {
  std::unique_ptr<SignalGuard> signals;
  SCREEN* screen = nullptr;
  bool utf8 = false, colour = false;

  ~Screen() {
    if (!screen) return;
    endwin();
    delscreen(screen);
  }
};

namespace {

// What tputs() is given goes here: it takes a function, not a closure.
std::string* collected = nullptr;

int collect_byte(int byte) {
  collected->push_back(static_cast<char>(byte));
  return byte;
}

// Out of the other screen, plain style, cursor and keypad as a shell wants them.
std::string make_reset_sequence() {
  std::string sequence;
  collected = &sequence;
  for (const char* name : {"sgr0", "cnorm", "rmkx", "rmcup"}) {
    const char* capability = tigetstr(const_cast<char*>(name));
    if (capability && capability != reinterpret_cast<char*>(-1)) tputs(capability, 1, collect_byte);
  }
  collected = nullptr;
  return sequence;
}

short curses_colour(Colour colour) {
  switch (colour) {
    case Colour::kDefault:
      return -1;
    case Colour::kRed:
      return COLOR_RED;
    case Colour::kGreen:
      return COLOR_GREEN;
    case Colour::kYellow:
      return COLOR_YELLOW;
    case Colour::kBlue:
      return COLOR_BLUE;
    case Colour::kMagenta:
      return COLOR_MAGENTA;
    case Colour::kCyan:
      return COLOR_CYAN;
  }
  return -1;
}

bool start_colours() {
  if (!has_colors() || start_color() == ERR || use_default_colors() == ERR) return false;
  for (int i = 1; i <= static_cast<int>(Colour::kCyan); ++i)
    init_pair(static_cast<short>(i), curses_colour(static_cast<Colour>(i)), -1);
  return true;
}

Key key_of_code(int code) {
  switch (code) {
    case KEY_UP:
      return {KeyName::kUp};
    case KEY_DOWN:
      return {KeyName::kDown};
    case KEY_LEFT:
      return {KeyName::kLeft};
    case KEY_RIGHT:
      return {KeyName::kRight};
    case KEY_PPAGE:
      return {KeyName::kPageUp};
    case KEY_NPAGE:
      return {KeyName::kPageDown};
    case KEY_HOME:
      return {KeyName::kHome};
    case KEY_END:
      return {KeyName::kEnd};
    case KEY_ENTER:
      return {KeyName::kEnter};
    case KEY_BACKSPACE:
      return {KeyName::kBackspace};
    default:
      return {};
  }
}

Key key_of_character(wint_t character) {
  switch (character) {
    case L'\n':
    case L'\r':
      return {KeyName::kEnter};
    case 27:
      return {KeyName::kEscape};
    case L'\t':
      return {KeyName::kTab};
    case 8:
    case 127:
      return {KeyName::kBackspace};
    default:
      return {KeyName::kCharacter, static_cast<char32_t>(character)};
  }
}

}  // namespace

Terminal::Terminal(std::unique_ptr<Screen> screen) : screen_(std::move(screen)) {}
Terminal::~Terminal() = default;

Result<std::unique_ptr<Terminal>> Terminal::make(bool colour) {
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
    return misuse("top needs a terminal; --batch 1 prints a frame as text");
  auto screen = std::make_unique<Screen>();
  screen->utf8 = use_locale_of_user();
  auto signals = SignalGuard::make();
  if (!signals) return tl::unexpected<Error>(signals.error());
  screen->signals = std::move(*signals);
  screen->screen = newterm(nullptr, stdout, stdin);
  if (!screen->screen) {
    const char* name = std::getenv("TERM");
    return unsupported(std::string("this host does not know the terminal '") + (name ? name : "") +
                       "'; try TERM=xterm-256color, or --batch 1");
  }
  if (!cursor_address) {
    const char* name = std::getenv("TERM");
    return unsupported(std::string("the terminal '") + (name ? name : "") +
                       "' cannot move its cursor; use --batch 1");
  }
  screen->signals->set_reset_sequence(make_reset_sequence());
  cbreak();
  noecho();
  nonl();
  curs_set(0);
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  set_escdelay(25);
  screen->colour = colour && start_colours();
  return std::unique_ptr<Terminal>(new Terminal(std::move(screen)));
}

void Terminal::show(const Canvas& canvas) {
  erase();
  for (int row = 0; row < canvas.height(); ++row) {
    move(row, 0);
    for (int column = 0; column < canvas.width(); ++column) {
      const Cell& cell = canvas.at(row, column);
      if (cell.character == 0) continue;
      const wchar_t character[2] = {
          static_cast<wchar_t>(screen_->utf8
                                   ? cell.character
                                   : static_cast<char32_t>(ascii_stand_in(cell.character))),
          0};
      attr_t attributes = A_NORMAL;
      if (cell.style.bold) attributes |= A_BOLD;
      if (cell.style.dim) attributes |= A_DIM;
      if (cell.style.reverse) attributes |= A_REVERSE;
      const int pair = screen_->colour ? static_cast<int>(cell.style.colour) : 0;
      cchar_t glyph;
      setcchar(&glyph, character, attributes, static_cast<short>(pair), nullptr);
      mvadd_wch(row, column, &glyph);
    }
  }
  refresh();
}

std::vector<Key> Terminal::keys() {
  std::vector<Key> pressed;
  wint_t code = 0;
  for (int kind = get_wch(&code); kind != ERR; kind = get_wch(&code)) {
    const Key key =
        kind == KEY_CODE_YES ? key_of_code(static_cast<int>(code)) : key_of_character(code);
    if (!(key == Key{})) pressed.push_back(key);
  }
  return pressed;
}

std::pair<int, int> Terminal::size() {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && window.ws_row > 0 &&
      (window.ws_col != COLS || window.ws_row != LINES))
    resizeterm(window.ws_row, window.ws_col);
  return {COLS, LINES};
}

int Terminal::signal_descriptor() const {
  return screen_->signals->descriptor();
}

Terminal::Signals Terminal::take_signals() {
  Signals found;
  while (const int signal = screen_->signals->take())
    (signal == SIGWINCH ? found.resized : found.quit) = true;
  return found;
}

}  // namespace culprit
