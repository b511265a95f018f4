package cmd

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// options are all flags, by theme.
type options struct {
	input    inputOptions
	command  commandOptions
	pack     packOptions
	blocks   blockOptions
	pool     poolOptions
	workers  workerOptions
	builtins builtinOptions
	warm     warmOptions
	output   outputOptions
	failure  failureOptions
	records  recordOptions
	compat   compatOptions
	about    aboutOptions
}

// A theme is a group of flags as the help shows them.
type theme struct {
	title string
	add   func(*pflag.FlagSet)
}

func (o *options) themes() []theme {
	return []theme{
		{"Input", o.input.AddFlags},
		{"Command", o.command.AddFlags},
		{"Several items in one command", o.pack.AddFlags},
		{"Blocks of the input", o.blocks.AddFlags},
		{"Jobs", o.pool.AddFlags},
		{"Workers", o.workers.AddFlags},
		{"Built-in workers", o.builtins.AddFlags},
		{"Warm interpreters", o.warm.AddFlags},
		{"Output", o.output.AddFlags},
		{"Failure", o.failure.AddFlags},
		{"Records", o.records.AddFlags},
		{"Compatibility", o.compat.AddFlags},
		{"About", o.about.AddFlags},
	}
}

// newRootCommand makes the command that all words but subcommands go to.
func newRootCommand(o *options, name string, run func(*cobra.Command, []string) error) *cobra.Command {
	root := &cobra.Command{
		Use:                   name + " [OPTION]... COMMAND [ARG]... [::: ITEM...]",
		Short:                 "run a command for each item of the input, several at a time",
		Args:                  cobra.ArbitraryArgs,
		RunE:                  run,
		SilenceErrors:         true,
		SilenceUsage:          true,
		DisableFlagsInUseLine: true,
	}
	fs := root.Flags()
	fs.SortFlags = false
	for _, t := range o.themes() {
		t.add(fs)
	}
	fs.SetInterspersed(false)
	root.CompletionOptions.DisableDefaultCmd = true // or "pmap -k completion" would be taken for cobra's own
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(fs, err) })
	return root
}

// flagError puts what pflag says into the user's words.
func flagError(fs *pflag.FlagSet, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return unknownOption(fs, unknown)
	case errors.As(err, &missing):
		return usage("a value is missing after "+optionName(missing.GetFlag()), "")
	case errors.As(err, &invalid) && invalid.GetFlag().Value.Type() == "bool":
		return usage(optionName(invalid.GetFlag())+" takes no value", "")
	case errors.As(err, &invalid):
		return usage(fmt.Sprintf("cannot use %q for %s: %v", invalid.GetValue(), optionName(invalid.GetFlag()), invalid.Unwrap()), "")
	}
	return usage(err.Error(), "pmap --help shows all options")
}

func optionName(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// Main is pmap: it returns the exit status, or doesn't return where pmap ends
// by a signal.
func Main(p Process) int {
	if name, args, ok := calledAsXargs(p); ok {
		return runXargs(p, name, args)
	}
	o := &options{}
	end, err := o.start(p)
	if err != nil {
		end = outcome{status: statusOfError(err)}
		if !o.output.quiet || end.status == exitUsage {
			newConsole(p.Name, p.Stderr, false).sayError(err.Error(), hintOf(err))
		}
	}
	if end.signal != 0 {
		return dieBy(end.signal)
	}
	return end.status
}

// start finds out which command is meant and runs it.
func (o *options) start(p Process) (end outcome, err error) {
	root := newRootCommand(o, p.Name, func(c *cobra.Command, _ []string) error {
		end, err = o.run(c.Flags(), p)
		return err
	})
	root.SetHelpFunc(func(*cobra.Command, []string) {
		end, err = printed(ownOutput(p.Stdout), longHelp(p.Name))
	})
	switch subcommandOf(p.Args) {
	case "report":
		return runReport(p, p.Args[1:])
	case "help":
		return printed(ownOutput(p.Stdout), longHelp(p.Name))
	case "completion":
		return written(writeCompletion(root, p.Args[1:], ownOutput(p.Stdout)))
	}
	if isCompletionRequest(p.Args) {
		if err := o.completeChoices(root); err != nil {
			return end, err
		}
		root.SetOut(ownOutput(p.Stdout))
		root.SetErr(&stream{fd: p.Stderr})
	}
	p.Args = attachValues(root.Flags(), p.Args)
	root.SetArgs(append([]string{}, p.Args...)) // nil would be the program's own
	if failed := root.Execute(); failed != nil {
		return end, failed
	}
	return end, err
}

// ownOutput is the descriptor of standard output, where what goes there is pmap's
// own. Its errors say so; EPIPE stays one.
type ownOutput int

func (fd ownOutput) Write(p []byte) (int, error) {
	n, err := ipc.WriteAll(int(fd), p)
	if err != nil {
		err = fmt.Errorf("cannot write to stdout: %w", err)
	}
	return n, err
}

// printed prints what the user asked for. A reader that has seen enough ends
// pmap as it ends any filter.
func printed(out io.Writer, text string) (outcome, error) {
	return written(writeString(out, text))
}

func written(err error) (outcome, error) {
	if errors.Is(err, unix.EPIPE) {
		return outcome{signal: unix.SIGPIPE}, nil
	}
	return outcome{}, err
}
