/**
 * What a shell evaluates so that it asks `emo-aen` what may come next. Our own few lines, since those of the libraries (@bomb.sh/tab, omelette)
 * put the words typed through `eval` again, which would run a `$(command)` that is only being typed, and need bash-completion.
 * Here they are handed on as they are, and whatever else goes wrong completes nothing.
 */

/** The hidden command that answers; see {@link answerShell}. */
export const COMPLETE = '__complete';

export type Shell = 'bash' | 'zsh' | 'fish';

/** `program` is the absolute path of `bin/emo-aen.cjs`, `node` that of Node: neither need be on PATH. */
export const SCRIPTS: Readonly<Record<Shell, (node: string, program: string) => string>> = {
  bash: (node, program) => `# bash completion of emo-aen: source <(emo-aen completion bash)
_emo_aen() {
  local line kind=''
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$(printf %q "\${line%%$'\\t'*}")"); fi
  done < <(${quoted(node)} ${quoted(program)} ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $kind in
    open) compopt -o nospace 2>/dev/null ;;
    files) compopt -o default 2>/dev/null ;;
  esac
}
complete -F _emo_aen emo-aen`,
  zsh: (node, program) => `#compdef emo-aen
# zsh completion of emo-aen: source <(emo-aen completion zsh), after compinit
_emo_aen() {
  local line kind=''
  local -a values shown
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; else values+=("\${line%%$'\\t'*}"); shown+=("\${line/$'\\t'/  }"); fi
  done < <(${quoted(node)} ${quoted(program)} ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)
  case $kind in
    open) compadd -S '' -l -d shown -a values ;;
    files) _files ;;
    *) compadd -l -d shown -a values ;;
  esac
}
compdef _emo_aen emo-aen`,
  fish: (node, program) => `# fish completion of emo-aen: emo-aen completion fish | source
function __emo_aen
  set -l typed (commandline -opc) (commandline -ct)
  set -l answer (${quoted(node)} ${quoted(program)} ${COMPLETE} $typed[2..] 2>/dev/null)
  if test "$answer[1]" = files
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $answer[2..]
  end
end
complete -c emo-aen -f -a '(__emo_aen)'`,
};

/** A path as one word of any of the shells. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
