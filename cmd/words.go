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
		return usage("only one ::: can be given", "for every combination of two lists, or for pairs, write these out as items")
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

// attachValues rewrites the short options that xargs and GNU parallel give an
// optional value, which can only stand in the same word: -iR becomes -i=R,
// where pflag would take R for one more option. What follows the options is
// left alone.
func attachValues(fs *pflag.FlagSet, args []string) []string {
	out := slices.Clone(args)
	for i := 0; i < len(out); i++ {
		arg := out[i]
		if len(arg) < 2 || arg[0] != '-' || arg == "--" {
			break
		}
		var takesNext bool
		if arg[1] == '-' {
			f := fs.Lookup(arg[2:]) // nil for --name=value too
			takesNext = f != nil && f.NoOptDefVal == ""
		} else {
			out[i], takesNext = attachValue(fs, arg)
		}
		if takesNext {
			i++
		}
	}
	return out
}

// attachValue does so for one group of short options and says whether the
// next word is the last one's value.
func attachValue(fs *pflag.FlagSet, arg string) (string, bool) {
	for i := 1; i < len(arg); i++ {
		f := fs.ShorthandLookup(arg[i : i+1])
		last := i == len(arg)-1
		switch {
		case f == nil:
			return arg, false
		case f.NoOptDefVal == "":
			return arg, last
		case f.Value.Type() != "bool" && !last && arg[i+1] != '=':
			return arg[:i+1] + "=" + arg[i+1:], false
		}
	}
	return arg, false
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
