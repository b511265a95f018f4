package cmd

import (
	"cmp"
	"strings"

	"github.com/spf13/pflag"

	"pmap/runner/template"
)

// commandOptions say how the command's words are understood.
type commandOptions struct {
	shell      shellValue
	noShell    bool
	replace    string
	replaceOld string // -i
	stdin      string
	stdout     string
	workdir    string
	dryRun     bool
	explain    bool
}

func (o *commandOptions) AddFlags(fs *pflag.FlagSet) {
	fs.Var(&o.shell, "shell", "the command is one word of `SHELL`'s language, whatever it holds (default $PMAP_SHELL or sh)")
	fs.Lookup("shell").NoOptDefVal = bareShell
	fs.BoolVar(&o.noShell, "no-shell", false, "the command is a program and its arguments, whatever they hold")
	fs.StringVarP(&o.replace, "replace", "I", "", "the item goes where `STRING` stands, and only there")
	fs.VarPF((*optionalValue)(&o.replaceOld), "replace-old", "i", "same as -I `STRING`, by itself as -I {}").NoOptDefVal = "{}"
	fs.StringVar(&o.stdin, "stdin", "", "each job reads the file that `TEMPLATE` names, such as {}")
	fs.StringVar(&o.stdout, "stdout", "", "each job writes the file that `TEMPLATE` names, such as {.}.out; renamed into place on success")
	fs.StringVar(&o.workdir, "workdir", "", "each job runs in the directory that `TEMPLATE` names, which is made if need be; ... for an empty one that goes with the job")
	fs.StringVar(&o.workdir, "wd", "", "same as --workdir `TEMPLATE`")
	fs.BoolVar(&o.dryRun, "dry-run", false, "print what would be run, and run nothing")
	fs.BoolVar(&o.explain, "explain", false, "print what becomes of the command for the first item, and run nothing")
}

// only is the one placeholder of -I and -i, or empty.
func (o *commandOptions) only() string {
	return cmp.Or(o.replaceOld, o.replace)
}

// mode is how the words are to be understood. A script is one word, and that
// is the template's to check.
func (o *commandOptions) mode() template.Mode {
	switch {
	case o.shell.given:
		return template.Script
	case o.noShell:
		return template.Argv
	}
	return template.Auto
}

// shellWords is the argv of the shell, nil for the default.
func (o *commandOptions) shellWords(env *environment) []string {
	if o.shell.command != "" {
		return strings.Fields(o.shell.command)
	}
	return env.shell
}
