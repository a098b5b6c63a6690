#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Drives `culprit top` in a terminal made by tmux: keys, panes, sizes, and that the
# terminal is as before after every way out.
# usage: tests/e2e/top_test.sh [BINARY] [OPTION OF TOP...]
set -u
culprit=$(realpath "${1:-build/culprit}")
[ $# -gt 0 ] && shift
options="$*"
scratch=$(mktemp -d)
server="culprit-top-$$"
failures=0
mux() { tmux -L "$server" "$@"; }
# clean: nothing that we started, and no throttle, is left.
clean() {
  mux kill-server 2>/dev/null
  [ -n "${hog:-}" ] && kill "$hog" 2>/dev/null
  [ -n "${daemon:-}" ] && kill "$daemon" 2>/dev/null && wait "$daemon"
  [ -d "$scratch/state" ] && "$culprit" revert --all --state "$scratch/state" 2>/dev/null
  rm -rf "$scratch"
}
trap clean EXIT

screen() { mux capture-pane -p -t top; }
press() { for key in "$@"; do mux send-keys -t top "$key"; done; }
type_line() { mux send-keys -t top -l "$1"; mux send-keys -t top Enter; }

# wait_for PATTERN WHAT: until the screen shows it, 10 s at most.
wait_for() {
  local i
  for ((i = 0; i < 100; i++)); do
    if screen | grep -qE -- "$1"; then echo "ok   $2"; return 0; fi
    sleep 0.1
  done
  echo "FAIL $2: no /$1/ in"
  screen | sed 's/^/     | /'
  failures=$((failures + 1))
  return 1
}

# wait_gone PATTERN WHAT
wait_gone() {
  local i
  for ((i = 0; i < 100; i++)); do
    if ! screen | grep -qE -- "$1"; then echo "ok   $2"; return 0; fi
    sleep 0.1
  done
  echo "FAIL $2: /$1/ is still in"
  screen | sed 's/^/     | /'
  failures=$((failures + 1))
  return 1
}

check() {
  if [ "$1" = "$2" ]; then echo "ok   $3"; return; fi
  echo "FAIL $3: '$1' is not '$2'"
  failures=$((failures + 1))
}

modes="| sed 's/rows.*columns [0-9]*;//'"  # the size may have changed

# start: top below a shell whose terminal we look at before and after.
start() {
  type_line "clear; stty -a $modes > '$scratch/before'; echo mark-$1"
  wait_for "^mark-$1" "$1: the shell is there"
  rm -f "$scratch/pid"
  type_line "bash -c 'echo \$\$ > \"$scratch/pid\"; exec \"$culprit\" top $options'; echo left-$1 \$?"
  wait_for 'PID +USER' "$1: a table comes"
  wait_for '1-[0-9]+ of [0-9]+' "$1: it has lines"
}

# left NAME CODE: the shell is back, its screen and the modes of its line as they were.
left() {
  wait_for "^left-$1 $2" "$1: it ends with $2"
  wait_for "^mark-$1" "$1: the screen before is back"
  type_line "stty -a $modes > '$scratch/after'; echo asked-$1"
  wait_for "^asked-$1" "$1: what is typed is echoed"
  check "$(cat "$scratch/after")" "$(cat "$scratch/before")" "$1: the line has its modes"
  check "$(mux display -p -t top '#{alternate_on} #{cursor_flag}')" "0 1" "$1: cursor, first screen"
}

mux -f /dev/null new-session -d -s top -x 100 -y 30 "env LC_ALL=C.UTF-8 PS1='$ ' bash --norc"

started=$(date +%s%N)
start keys
took=$((($(date +%s%N) - started) / 1000000))
echo "     first frame within $took ms of the shell's prompt"
wait_for 'CPU%.*RUNQ%.*BLK%.*COMMAND' 'columns'
wait_for '^Mem ' 'memory in the header'
press M && wait_for 'RES▾' 'M sorts by memory'
press P && wait_for 'CPU%▾' 'P sorts by CPU'
press Right && wait_for 'RUNQ%▾' 'the right arrow sorts by the next column'
press P V && wait_for '[├└]─' 'V makes a tree'
press V / && wait_for 'Filter .*Enter accepts' '/ asks for a filter'
press b a s h && wait_for 'bash' 'the filter finds the shell'
press Enter && wait_for 'filter bash' 'the filter stays'
press Escape && wait_gone 'filter bash' 'Esc clears the filter'
press Enter && wait_for 'Where its threads' 'Enter explains a process'
press Escape && wait_for 'PID +USER' 'Esc goes back'
press '?' && wait_for 'sort by memory' '? helps'
press Escape c && wait_for 'Columns' 'c chooses columns'
press Escape 3 && wait_for 'PROCS' '3 shows units'
press Enter && wait_for ' in /' 'Enter opens a unit'
press Escape && wait_for 'PROCS' 'Esc goes back to the units'
press 2 && wait_for 'TID +PID' '2 shows threads'
press 4 && wait_for 'TIME%.*QUERY' '4 shows queries'
press 5 && wait_for 'REQ/s.*ROUTE' '5 shows endpoints'
press 6 && wait_for 'OPS/s.*ADDRESS' '6 shows databases'
press Tab && wait_for 'PROTO.*ADDRESS' 'Tab goes on to services'
press 8 && wait_for 'CLASS +KIND.*TASK' '8 shows tasks'
press 9 && wait_for 'SEVERITY.*WHAT' '9 shows findings'
press 1 Space && wait_for 'PAUSED' 'Space pauses'
press Space && wait_for 'every' 'Space goes on'
mux resize-window -t top -x 80 -y 24 && wait_for 'PID +USER' 'a smaller screen'
sleep 0.3
check "$(screen | wc -l)" 24 'it has 24 rows'
mux resize-window -t top -x 140 -y 40 && wait_for 'TIME\+ +COMMAND' 'a wide screen has more columns'
press q
left keys 0

start interrupted && kill -INT "$(cat "$scratch/pid")" && left interrupted 0
start terminated && kill -TERM "$(cat "$scratch/pid")" && left terminated 0
# 128 + the signal: it goes on to crash, but gives the terminal back first.
start segfault && kill -SEGV "$(cat "$scratch/pid")" && left segfault 139
start aborted && kill -ABRT "$(cat "$scratch/pid")" && left aborted 134

type_line "clear; '$culprit' top --batch 1 --interval 200ms $options | grep -c 'PID USER'"
wait_for '^1' '--batch prints a frame'
type_line "clear; '$culprit' top $options < /dev/null; echo no-terminal \$?"
wait_for '^no-terminal 2' 'without a terminal it says so'

# find_hog: the filter leaves it alone in the table.
find_hog() {
  press / && mux send-keys -t top -l "$(basename "$scratch")-hog" && press Enter
  wait_for 'processes 1-1 of 1' "$1: the hog is found"
}

# throttle NAME: proposed, done, told in the header, undone.
throttle() {
  find_hog "$1"
  press t && wait_for 'y does it' "$1: t proposes a throttle"
  wait_for 'what cpu weight: ' "$1: the first knob of the ladder"
  press Right && wait_for '\(2 of ' "$1: the right arrow offers the next knob"
  press Left && wait_for '\(1 of ' "$1: the left arrow goes back"
  press Up && wait_for 'for +10m' "$1: it can be for longer"
  press n && wait_gone 'y does it' "$1: n leaves it"
  press t && wait_for 'y does it' "$1: t again" && press y
  wait_for '^Held .*cpu weight' "$1: the header tells what is held"
  press U && wait_for '> r[0-9a-f]{8}' "$1: U offers to undo it"
  press y && wait_gone '^Held ' "$1: it is not held any more"
}

if [ "$(id -u)" -eq 0 ] && ! grep -q -- '--from' <<<"$options"; then
  cp "$(command -v yes)" "$scratch/$(basename "$scratch")-hog"
  "$scratch/$(basename "$scratch")-hog" > /dev/null &
  hog=$!
  sleep 3.2  # who is younger is left alone
  own=$options
  options="$own --no-attach --state $scratch/state"
  start own && throttle own
  press q
  left own 0

  cat > "$scratch/culprit.json" <<END
{"interval": "1s", "without": ["bpf"], "history": {"enabled": false},
 "socket": {"path": "$scratch/run/culprit.sock", "group": "nogroup"},
 "act": {"state": "$scratch/dstate"}}
END
  "$culprit" daemon --config "$scratch/culprit.json" --mode approve 2> "$scratch/log" &
  daemon=$!
  for ((i = 0; i < 100; i++)); do [ -S "$scratch/run/culprit.sock" ] && break; sleep 0.1; done
  sleep 2.5
  options="--socket $scratch/run/culprit.sock"
  start attached && throttle attached
  press q
  left attached 0

  # Of the group, and not root: it may look.
  chmod 755 "$scratch" && cp "$culprit" "$scratch/culprit"
  type_line "clear; setpriv --reuid=65534 --regid=65534 --clear-groups '$scratch/culprit' top $options"
  wait_for '1-[0-9]+ of [0-9]+' 'who may only read sees the table'
  press t && wait_for 'only root changes anything' 'who may only read is told so'
  press q
fi

echo "$failures failures"
[ "$failures" -eq 0 ]
