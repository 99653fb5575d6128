"""What shells and coding agents are given, so that they know where they are: code and settings to install.

At a prompt a shell only reads a small file that is kept for the folder (builtins alone, no process). A refresh runs
detached, a few seconds after the last one at the earliest. Whatever the file holds is checked again before it is
shown: a line with any other character than those of ``prompt.ALLOWED`` is not.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from chittyops.capabilities.awareness.service.prompt import ALLOWED

CACHE_NAME: Final = ".chittyops-prompt"
"""The file that is kept for a folder, below a copy of the folder's path."""
TIMEOUT_SECONDS: Final = 5
_WAIT_SECONDS: Final = 10
_SOON_SECONDS: Final = 2

_BASH: Final = r"""# chittyops context: add to ~/.bashrc    eval "$(chittyops context hook bash)"
__chittyops_cache=@CACHE@
__chittyops_program=(@PROGRAM@)
__chittyops_last=-60 __chittyops_folder='' CHITTYOPS_CONTEXT=''
__chittyops_hook() {
  local code=$? text='' file='' head='' now='' wait=@WAIT@
  local cache=$__chittyops_cache$PWD/@NAME@
  if [[ -f $cache ]]; then
    { IFS= read -r text; IFS= read -r file; IFS= read -r head; } <"$cache"
    case $text in *[!@ALLOWED@]*) text='' ;; esac
    if [[ -n $file ]]; then
      [[ -f $file ]] && IFS= read -r -n 300 now <"$file"
      [[ $now == "$head" ]] || { text=${text%%@*}; wait=@SOON@; }
    fi
  else
    wait=@SOON@
  fi
  [[ $PWD == "$__chittyops_folder" ]] || wait=@SOON@
  if (( SECONDS - __chittyops_last >= wait )); then
    __chittyops_last=$SECONDS __chittyops_folder=$PWD
    ( "${__chittyops_program[@]}" context --refresh -- "$PWD" </dev/null >/dev/null 2>&1 & )
  fi
  CHITTYOPS_CONTEXT=$text
  return $code
}
case ${PROMPT_COMMAND-} in
  *__chittyops_hook*) ;;
  *) PROMPT_COMMAND="__chittyops_hook${PROMPT_COMMAND:+; $PROMPT_COMMAND}" ;;
esac
case ${PS1-} in
  *CHITTYOPS_CONTEXT*) ;;
  *) PS1='${CHITTYOPS_CONTEXT:+[$CHITTYOPS_CONTEXT] }'${PS1-} ;;
esac
"""

_ZSH: Final = r"""# chittyops context: add to ~/.zshrc    eval "$(chittyops context hook zsh)"
__chittyops_cache=@CACHE@
__chittyops_program=(@PROGRAM@)
__chittyops_last=-60 __chittyops_folder='' CHITTYOPS_CONTEXT=''
__chittyops_hook() {
  local code=$? text='' file='' head='' now='' wait=@WAIT@
  local cache=$__chittyops_cache$PWD/@NAME@
  if [[ -f $cache ]]; then
    { IFS= read -r text; IFS= read -r file; IFS= read -r head } <"$cache"
    case $text in *[^@ALLOWED@]*) text='' ;; esac
    if [[ -n $file ]]; then
      [[ -f $file ]] && IFS= read -r now <"$file"
      [[ $now == "$head" ]] || { text=${text%%@*}; wait=@SOON@ }
    fi
  else
    wait=@SOON@
  fi
  [[ $PWD == "$__chittyops_folder" ]] || wait=@SOON@
  if (( SECONDS - __chittyops_last >= wait )); then
    __chittyops_last=$SECONDS __chittyops_folder=$PWD
    ( "${__chittyops_program[@]}" context --refresh -- "$PWD" </dev/null >/dev/null 2>&1 & )
  fi
  CHITTYOPS_CONTEXT=$text psvar[9]=$text
  return $code
}
autoload -Uz add-zsh-hook
add-zsh-hook precmd __chittyops_hook
add-zsh-hook chpwd __chittyops_hook
case ${PROMPT-} in
  *'%9v'*) ;;
  *) PROMPT='%(9V.[%9v] .)'${PROMPT-} ;;
esac
"""

_FISH: Final = r"""# chittyops context: add to ~/.config/fish/config.fish    chittyops context hook fish | source
set -g __chittyops_cache @CACHE@
set -g __chittyops_program @PROGRAM@
set -g __chittyops_turn 0
set -g __chittyops_folder ''
set -g CHITTYOPS_CONTEXT ''
function __chittyops_hook --on-event fish_prompt --on-variable PWD
    set -l code $status
    set -l cache "$__chittyops_cache$PWD/@NAME@"
    set -l lines
    set -l text ''
    set __chittyops_turn (math $__chittyops_turn + 1)
    test "$PWD" = "$__chittyops_folder"; or set __chittyops_turn @TURNS@
    if test -f "$cache"
        while read -l line
            set -a lines "$line"
        end <"$cache"
        string match -qr '^[@ALLOWED@]*$' -- "$lines[1]"; and set text "$lines[1]"
        if test -n "$lines[2]"
            set -l now ''
            test -f "$lines[2]"; and read now <"$lines[2]"
            if test "$now" != "$lines[3]"
                set text (string replace -r '@.*' '' -- "$text")
                set __chittyops_turn @TURNS@
            end
        end
    else
        set __chittyops_turn @TURNS@
    end
    if test $__chittyops_turn -ge @TURNS@
        set __chittyops_turn 0
        set __chittyops_folder "$PWD"
        $__chittyops_program context --refresh -- "$PWD" </dev/null >/dev/null 2>&1 &
        disown 2>/dev/null
    end
    set -g CHITTYOPS_CONTEXT "$text"
    return $code
end
function __chittyops_return
    return $argv[1]
end
if not functions -q __chittyops_prompt
    functions -q fish_prompt; or function fish_prompt; echo '> '; end
    functions -c fish_prompt __chittyops_prompt
    function fish_prompt
        set -l code $status
        test -n "$CHITTYOPS_CONTEXT"; and printf '[%s] ' "$CHITTYOPS_CONTEXT"
        __chittyops_return $code
        __chittyops_prompt
    end
end
"""


def shell_hook(shell: str, cache: str, program: Sequence[str]) -> str:
    """Return the code for ``shell`` (bash, zsh or fish); ``cache`` is the folder of the kept lines."""
    text, quote = _SHELLS[shell]
    values = {
        "CACHE": quote(cache),
        "PROGRAM": " ".join(map(quote, program)),
        "NAME": CACHE_NAME,
        "ALLOWED": ALLOWED.replace(" ", r"\ ") if shell != "fish" else ALLOWED,
        "WAIT": str(_WAIT_SECONDS),
        "SOON": str(_SOON_SECONDS),
        "TURNS": "5",
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SHELLS: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "bash": (_BASH, shlex.quote),
    "zsh": (_ZSH, shlex.quote),
    "fish": (_FISH, _fish_quoted),
}


def _claude_code(start: str, before: str) -> dict[str, Any]:
    def run(command: str) -> dict[str, Any]:
        return {"hooks": [{"type": "command", "command": command, "timeout": TIMEOUT_SECONDS}]}

    return {"hooks": {"SessionStart": [run(start)], "PreToolUse": [{"matcher": "Bash", **run(before)}]}}


def _cursor(start: str, before: str) -> dict[str, Any]:
    def run(command: str) -> list[dict[str, Any]]:
        return [{"command": command, "timeout": TIMEOUT_SECONDS}]

    return {"version": 1, "hooks": {"sessionStart": run(f"{start} --json"), "beforeShellExecution": run(before)}}


def _generic(start: str, before: str) -> dict[str, Any]:
    return {
        "start": {"command": start, "stdout": "text", "timeout_seconds": TIMEOUT_SECONDS},
        "before_tool": {
            "command": before,
            "stdin": {"cwd": "the folder", "command": "the command line that is about to run"},
            "exit_codes": {"0": "go on; a warning may be on stderr", "2": "blocked; the reason is on stderr"},
            "timeout_seconds": TIMEOUT_SECONDS,
        },
    }


AGENTS: Final[Mapping[str, Callable[[str, str], dict[str, Any]]]] = {
    "claude-code": _claude_code,
    "cursor": _cursor,
    "generic": _generic,
}
SHELLS: Final = tuple(_SHELLS)


def agent_hook(agent: str, program: Sequence[str]) -> str:
    """Return the settings, as JSON, that make ``agent`` read the context at its start and ask before a command."""
    command = shlex.join(program)
    return json.dumps(AGENTS[agent](f"{command} context --brief", f"{command} context --guard"), indent=2)
