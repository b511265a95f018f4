package cmd

import (
	"slices"

	"github.com/spf13/pflag"
)

// A commandLine is what follows the options: the command, and the values that
// stand after ":::".
type commandLine struct {
	command   []string
	values    []string
	hasValues bool
}

// splitWords finds the values among the words. Options have ended at the
// first word, so nothing here is one.
func splitWords(words []string) (*commandLine, error) {
	line := &commandLine{command: words}
	for i, w := range words {
		if !isSeparator(w) {
			continue
		}
		if err := refuseSource(w, line.hasValues); err != nil {
			return nil, err
		}
		line.command, line.values, line.hasValues = words[:i], words[i+1:], true
	}
	return line, nil
}

func isSeparator(w string) bool {
	return w == ":::" || w == "::::" || w == ":::+" || w == "::::+"
}

// refuseSource refuses a separator that would make more than one source.
func refuseSource(w string, second bool) error {
	switch {
	case w == "::::":
		return usage(":::: is not known here", "to read the items from a file: pmap -a FILE COMMAND")
	case second || w != ":::":
		return usage("a second "+w+": only one list of values can be given",
			"for every combination, or for pairs, write them out as items")
	}
	return nil
}

// subcommands are recognised as the very first argument only. The list is
// closed: a new one would take a command's name away from its users.
var subcommands = []string{"xargs", "report", "completion", "help"}

// subcommandOf is the subcommand that args begin with, or empty.
func subcommandOf(args []string) string {
	if len(args) > 0 && slices.Contains(subcommands, args[0]) {
		return args[0]
	}
	return ""
}

// templateShells are the shells whose names may follow --shell as a word of
// their own.
var templateShells = []string{"sh", "dash", "bash", "ksh", "zsh"}

// shellWord finds the shell in "--shell bash SCRIPT". An optional value needs
// the form --shell=bash, but the other one is what everybody types, and what
// stands for nothing else: one word of script must follow a --shell.
func shellWord(args, words []string) bool {
	before := len(args) - len(words) - 1
	if before < 0 || args[before] != "--shell" || len(words) < 2 || isSeparator(words[1]) {
		return false
	}
	return slices.Contains(templateShells, words[0])
}

// parseShellWord takes the shell from the words and parses what follows it:
// more options may stand there.
func parseShellWord(fs *pflag.FlagSet, shell *shellValue, args []string) error {
	words := fs.Args()
	if !shellWord(args, words) {
		return nil
	}
	if err := shell.Set(words[0]); err != nil {
		return err
	}
	return fs.Parse(words[1:])
}
