/** Shell completion, generated from the command tree, so that it cannot fall behind the commands. */
import type { Command } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly flag: string; readonly description: string; readonly takesValue: boolean }[];
}

export function completionScript(program: Command, shell: Shell): string {
  const commands = wordsOf(program);
  return { bash, zsh, fish }[shell](commands);
}

function wordsOf(program: Command): CommandWords[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .map((command) => ({
      name: command.name(),
      description: command.description(),
      options: command
        .createHelp()
        .visibleOptions(command)
        .flatMap((option) =>
          option.long === undefined || option.long === null
            ? []
            : [{ flag: option.long, description: option.description, takesValue: option.required || option.optional }],
        ),
    }));
}

function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map(
    ({ name, options }) => `    ${name}) words="${options.map(({ flag }) => flag).join(" ")}" ;;`,
  );
  return `# mesh completion for bash. Load it with: source <(mesh completion bash)
_mesh() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(" ")}"
  else
    case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    esac
  fi
  COMPREPLY=( $(compgen -W "$words" -- "$current") )
}
complete -o default -F _mesh mesh
`;
}

function zsh(commands: readonly CommandWords[]): string {
  const list = commands.map(({ name, description }) => `    ${quote(`${name}:${description.replaceAll(":", "\\:")}`)}`);
  const cases = commands.map(({ name, options }) => {
    const specs = options.map(({ flag, description, takesValue }) => {
      const text = description.replaceAll("[", "\\[").replaceAll("]", "\\]").replaceAll(":", "\\:");
      return quote(`${flag}[${text}]${takesValue ? ":value:_files" : ""}`);
    });
    return `    ${name}) _arguments ${specs.join(" ")} '*:argument:_files' ;;`;
  });
  return `#compdef mesh
# mesh completion for zsh. Load it with: source <(mesh completion zsh)
_mesh() {
  local -a commands=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$name" in
${cases.join("\n")}
  esac
}
compdef _mesh mesh
`;
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, options }) => [
    `complete -c mesh -n __fish_use_subcommand -f -a ${name} -d ${quote(description)}`,
    ...options.map(
      ({ flag, description: text, takesValue }) =>
        `complete -c mesh -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}${takesValue ? " -r" : ""} -d ${quote(text)}`,
    ),
  ]);
  return `# mesh completion for fish. Load it with: mesh completion fish | source\n${lines.join("\n")}\n`;
}

/** Single quotes for all three shells; fish takes \\' where the others need the quote closed around it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}
