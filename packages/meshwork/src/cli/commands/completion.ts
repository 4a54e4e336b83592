/** `mesh completion SHELL`: prints the script that the shell loads. */
import { Argument, type Command } from "commander";
import { type CommandContext, examples } from "../command.js";
import { completionScript, SHELLS, type Shell } from "../completion.js";

export function addCompletion(program: Command, context: CommandContext): void {
  program
    .command("completion")
    .description("print a completion script for your shell")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .addHelpText(
      "after",
      examples(["source <(mesh completion bash)", "source <(mesh completion zsh)", "mesh completion fish | source"]),
    )
    .action((shell: Shell) => context.io.out(completionScript(program, shell)));
}
