import type { OptionWord, Place, Word } from './words.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The completion script of a shell. */
export const SCRIPTS: Record<Shell, (places: readonly Place[]) => string> = { bash, zsh, fish };

const key = ({ path }: Place): string => path.join(' ');
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Patterns of all commands, for a `case`. */
const commands = (places: readonly Place[]): string =>
  places
    .filter(({ path }) => path.length > 0)
    .map((place) => quoted(key(place)))
    .join(' | ');

/** One `case` finds the command that the words before lead to, one the values of an option, one what may follow the command. */
function bash(places: readonly Place[]): string {
  return `# bash completion for monitoring
_monitoring() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} at='' words='' files='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${at:+$at }\${COMP_WORDS[i]}" in
      ${commands(places)}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "$at:$before" in
${optionsWithValue(places, bashValue)}
  esac
  case "$at" in
${places.map(bashPlace).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ -n $files && $word != -* ]]; then
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$word"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _monitoring monitoring`;
}

function optionsWithValue(places: readonly Place[], line: (pattern: string, option: OptionWord) => string): string {
  const lines = places.flatMap((place) =>
    place.options
      .filter(({ takesValue }) => takesValue)
      .map((option) => line(quoted(`${key(place)}:${option.word}`), option)),
  );
  return lines.join('\n');
}

function bashValue(pattern: string, { choices, isFile }: OptionWord): string {
  if (choices.length > 0)
    return `    ${pattern}) COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$word")); return ;;`;
  return isFile ? `    ${pattern}) COMPREPLY=($(compgen -f -- "$word")); return ;;` : `    ${pattern}) return ;;`;
}

function bashPlace(place: Place): string {
  const words = [...place.commands, ...place.options].map(({ word }) => word);
  const files = place.takesFiles ? ' files=1' : '';
  return `    ${quoted(key(place))}) words=${quoted([...words, ...place.values].join(' '))}${files} ;;`;
}

function zsh(places: readonly Place[]): string {
  return `#compdef monitoring
# zsh completion for monitoring
_monitoring() {
  local at='' i
  local -a described
  for ((i = 2; i < CURRENT; i++)); do
    case "\${at:+$at }\${words[i]}" in
      ${commands(places)}) at="\${at:+$at }\${words[i]}" ;;
    esac
  done
  case "$at:\${words[CURRENT-1]}" in
${optionsWithValue(places, zshValue)}
  esac
  case "$at" in
${places.map(zshPlace).join('\n')}
  esac
}
if [[ "\${funcstack[1]}" = _monitoring ]]; then _monitoring "$@"; else compdef _monitoring monitoring; fi`;
}

function zshValue(pattern: string, { choices, isFile }: OptionWord): string {
  if (choices.length > 0) return `    ${pattern}) compadd -- ${choices.map(quoted).join(' ')}; return ;;`;
  return isFile ? `    ${pattern}) _files; return ;;` : `    ${pattern}) return ;;`;
}

function zshPlace(place: Place): string {
  const described = [...place.commands, ...place.options].map(({ word, description }: Word) =>
    quoted(`${word.replaceAll(':', '\\:')}:${oneLine(description)}`),
  );
  const values = place.values.length > 0 ? `; compadd -- ${place.values.map(quoted).join(' ')}` : '';
  const files = place.takesFiles ? '; _files' : '';
  return `    ${quoted(key(place))}) described=(${described.join(' ')}); _describe monitoring described${values}${files} ;;`;
}

function fish(places: readonly Place[]): string {
  return `# fish completion for monitoring
function __monitoring_at --description 'whether the words so far lead to this command'
  set -l known ${places
    .filter(({ path }) => path.length > 0)
    .map((place) => quoted(key(place)))
    .join(' ')}
  set -l path
  for word in (commandline -opc)[2..-1]
    contains -- (string join ' ' $path $word) $known; and set -a path $word
  end
  test (string join ' ' $path) = "$argv[1]"
end
${places.flatMap(fishLines).join('\n')}`;
}

function fishLines(place: Place): string[] {
  const at = `complete -c monitoring -n ${quoted(`__monitoring_at ${fishText(key(place))}`)}`;
  const noFiles = place.takesFiles ? [] : [`${at} -f`];
  return [
    ...noFiles,
    ...place.commands.map(({ word, description }) => `${at} -a ${quoted(word)} -d ${fishText(oneLine(description))}`),
    ...(place.values.length > 0 ? [`${at} -a ${quoted(place.values.join(' '))}`] : []),
    ...place.options.map(({ word, description, takesValue, choices, isFile }) => {
      const name = word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`;
      const value =
        choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : isFile ? ' -r' : takesValue ? ' -x' : '';
      return `${at} ${name}${value} -d ${fishText(oneLine(description))}`;
    }),
  ];
}

/** In double quotes, for it may stand inside single ones. */
const fishText = (text: string): string => `"${text.replace(/["$\\]/g, '\\$&').replaceAll("'", '’')}"`;
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
