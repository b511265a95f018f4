package cmd

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completionShells are the shells that cobra writes completions for here.
var completionShells = []string{"bash", "zsh", "fish"}

// writeCompletion writes the script that makes a shell complete pmap's words.
func writeCompletion(root *cobra.Command, args []string, out io.Writer) error {
	shell := ""
	if len(args) == 1 {
		shell = args[0]
	}
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(out, true)
	case "zsh":
		return root.GenZshCompletion(out)
	case "fish":
		return root.GenFishCompletion(out, true)
	}
	return usage("completion needs the name of a shell: "+strings.Join(completionShells, ", "),
		"for example: pmap completion bash > ~/.local/share/bash-completion/completions/pmap")
}

// isCompletionRequest reports whether args come from such a script.
func isCompletionRequest(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completeChoices makes the shell offer the values of closed lists. What it
// shows of a flag has no marks for the help's benefit.
func (o *options) completeChoices(root *cobra.Command) error {
	root.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	for name, allowed := range map[string][]string{
		"color":        o.output.color.allowed,
		"trim":         o.input.columns.trim.allowed,
		"exit-status":  o.failure.exitStatus.allowed,
		"start-method": o.workers.startMethod.allowed,
		"shell":        templateShells,
		"halt":         {"now,fail=1", "soon,fail=1", "now,success=1", "never"},
	} {
		complete := cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp)
		if err := root.RegisterFlagCompletionFunc(name, complete); err != nil {
			return err
		}
	}
	return nil
}
