package cmd

import (
	"slices"

	"github.com/spf13/pflag"
)

// A commandLine is what follows the options: the command, and the sources
// that stand after ":::" and its kin.
type commandLine struct {
	command []string
	sources []source
}

// A source is where items come from: values on the command line, or a file.
type source struct {
	file   string   // or, where empty,
	values []string // at hand
	linked bool     // to the source before it
	byLink bool     // as --link says
}

// standardInput is the name of the file that is standard input.
const standardInput = "-"

// separators are the words that begin sources: of values, of files, and the
// same linked to the source before.
type separators struct{ values, files string }

// separator says what a word begins, if it is a separator.
func (s separators) separator(w string) (files, linked, ok bool) {
	for _, sep := range []struct {
		word  string
		files bool
	}{{s.values, false}, {s.files, true}} {
		if w == sep.word || w == sep.word+"+" {
			return sep.files, w != sep.word, true
		}
	}
	return false, false, false
}

// split finds the sources among the words. Options have ended at the first
// word, so nothing here is one.
func (s separators) split(words []string) (*commandLine, error) {
	line := &commandLine{command: words}
	for i := 0; i < len(words); i++ {
		files, linked, ok := s.separator(words[i])
		if !ok {
			continue
		}
		if len(line.sources) == 0 {
			line.command = words[:i]
		}
		from := i + 1
		for i+1 < len(words) && !s.is(words[i+1]) {
			i++
		}
		given := words[from : i+1]
		if !files {
			line.sources = append(line.sources, source{values: given, linked: linked})
			continue
		}
		if len(given) == 0 {
			return nil, usage("no file is named after "+words[from-1], "for standard input: "+words[from-1]+" -")
		}
		for _, name := range given {
			if name == "" {
				return nil, usage("a file's name after "+words[from-1]+" is empty", "for standard input: "+words[from-1]+" -")
			}
			line.sources = append(line.sources, source{file: name, linked: linked})
		}
	}
	return line, nil
}

func (s separators) is(w string) bool {
	_, _, ok := s.separator(w)
	return ok
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
// stands for nothing else: one word of script must follow a --shell, unless
// there is no command.
func shellWord(args, words []string, seps separators, noCommand bool) bool {
	before := len(args) - len(words) - 1
	if before < 0 || args[before] != "--shell" || len(words) == 0 {
		return false
	}
	if (len(words) < 2 || seps.is(words[1])) && !noCommand {
		return false
	}
	return slices.Contains(templateShells, words[0])
}

// parseShellWord takes the shell from the words and parses what follows it:
// more options may stand there.
func (o *options) parseShellWord(fs *pflag.FlagSet, args []string) error {
	words := fs.Args()
	if !shellWord(args, words, o.input.separators(), o.records.retryFailed) {
		return nil
	}
	if err := o.command.shell.Set(words[0]); err != nil {
		return err
	}
	return fs.Parse(attachValues(fs, words[1:]))
}
