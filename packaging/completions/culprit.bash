# Completion of culprit for bash. Commands and options are asked of culprit itself, so that
# they are never out of date.
_culprit() {
  local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]-}
  local program=${COMP_WORDS[0]}
  if ((COMP_CWORD == 1)); then
    local commands
    commands=$("$program" --help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\)  .*/\1/p')
    mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$word")
  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == --view ]]; then
    local views="processes threads units queries endpoints databases services tasks findings"
    mapfile -t COMPREPLY < <(compgen -W "$views" -- "$word")
  elif [[ $command == flame && ${COMP_WORDS[COMP_CWORD - 1]} == @(-f|--format) ]]; then
    mapfile -t COMPREPLY < <(compgen -W "folded svg pprof speedscope" -- "$word")
  elif [[ $command == @(analyze|compare) && ${COMP_WORDS[COMP_CWORD - 1]} == @(-f|--format) ]]; then
    mapfile -t COMPREPLY < <(compgen -W "text json markdown html" -- "$word")
  elif [[ $command == rules && $COMP_CWORD -eq 2 ]]; then
    mapfile -t COMPREPLY < <(compgen -W "list check test" -- "$word")
  elif [[ $command == schedule && $COMP_CWORD -eq 2 ]]; then
    mapfile -t COMPREPLY < <(compgen -W "list add allow forbid remove" -- "$word")
  elif [[ $command == schedule && ${COMP_WORDS[2]} == remove && $word != -* ]]; then
    local plans
    plans=$("$program" schedule list 2>/dev/null | sed -n 's/^\(s[0-9]*\)  .*/\1/p')
    mapfile -t COMPREPLY < <(compgen -W "$plans" -- "$word")
  elif [[ $command == revert && $word != -* ]]; then
    local actions
    actions=$("$program" actions 2>/dev/null | sed -n 's/^[^ ].*  \(r[0-9a-f]\{8\}\)  active .*/\1/p')
    mapfile -t COMPREPLY < <(compgen -W "$actions" -- "$word")
  elif [[ $command == why && $COMP_CWORD -eq 2 && $word == r+([0-9a-f]) ]]; then
    local known
    known=$("$program" actions --since 30d 2>/dev/null | sed -n 's/^[^ ].*  \(r[0-9a-f]\{8\}\)  .*/\1/p')
    mapfile -t COMPREPLY < <(compgen -W "$known $(ps -eo comm= 2>/dev/null | sort -u)" -- "$word")
  elif [[ $command == @(why|throttle) && $COMP_CWORD -eq 2 && $word != -* ||
    $command == schedule && ${COMP_WORDS[2]} == add && $COMP_CWORD -eq 3 && $word != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(ps -eo comm= 2>/dev/null | sort -u)" -- "$word")
  elif [[ $word == -* ]]; then
    local options
    options=$("$program" "$command" --help 2>/dev/null | grep -o -- '--[a-z-]\{2,\}' | sort -u)
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -F _culprit culprit
