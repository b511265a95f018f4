package cmd

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pmap/runner/builtin"
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
		if err := root.GenBashCompletionV2(out, true); err != nil {
			return err
		}
		return writeString(out, strings.ReplaceAll(bashWords, "NAME", root.Name()))
	case "zsh":
		return root.GenZshCompletion(out)
	case "fish":
		return root.GenFishCompletion(out, true)
	}
	return usage("completion needs the name of a shell: "+strings.Join(completionShells, ", "),
		"for example: pmap completion bash > ~/.local/share/bash-completion/completions/pmap")
}

// bashWords replaces the function of cobra's script that needs the package
// bash-completion by one that does without where the package isn't loaded. Bash
// divides words at "=" and ":" too, which the command line doesn't; words after
// the cursor don't matter.
const bashWords = `
# The words up to the cursor, without the package bash-completion too.
__NAME_init_completion()
{
    COMPREPLY=()
    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
        _get_comp_words_by_ref "$@" cur prev words cword
        return
    fi
    local i word near was mark=no rest=${COMP_LINE:0:COMP_POINT}
    words=() cword=-1
    for ((i = 0; i <= COMP_CWORD; i++)); do
        near=yes
        if [[ $rest == [[:blank:]]* ]]; then
            near=no
        fi
        rest=${rest#"${rest%%[![:blank:]]*}"}
        word=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)); then
            word=$rest
        fi
        was=$mark mark=no
        if [[ -n $word && -z ${word//[=:]/} ]]; then
            mark=yes
        fi
        if ((i > 1)) && [[ $near == yes && $was$mark == *yes* ]]; then
            words[cword]+=$word
        else
            words[++cword]=$word
        fi
        rest=${rest#"$word"}
    done
    cur=${words[cword]} prev=${words[cword > 0 ? cword - 1 : 0]}
}
`

// isCompletionRequest reports whether args come from such a script.
func isCompletionRequest(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completeChoices makes the shell offer the values of closed lists. What it
// shows of a flag has no marks for the help's benefit.
func (o *options) completeChoices(root *cobra.Command) error {
	root.ValidArgsFunction = completeShells
	root.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
	for name, allowed := range map[string][]string{
		"color":          o.output.color.allowed,
		"trim":           o.input.columns.trim.allowed,
		"exit-status":    o.failure.exitStatus.allowed,
		"start-method":   o.workers.startMethod.allowed,
		"shell":          templateShells,
		"builtin":        builtinNames(),
		"coproc-framing": o.warm.framing.allowed,
		"chunksize":      {"auto"},
		"halt":           {"now,fail=1", "soon,fail=1", "now,success=1", "never"},
	} {
		complete := cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp)
		if err := root.RegisterFlagCompletionFunc(name, complete); err != nil {
			return err
		}
	}
	return nil
}

// completeShells offers what may follow the subcommand of that name, and files
// elsewhere.
func completeShells(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 1 && args[0] == "completion" {
		return completionShells, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveDefault
}

func builtinNames() []string {
	var names []string
	for _, b := range builtin.All() {
		names = append(names, b.Name)
	}
	return names
}
