package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// aboutOptions are those that print something about pmap and end it.
type aboutOptions struct {
	usage, help, version bool
}

func (o *aboutOptions) AddFlags(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.usage, "usage", "h", false, "print one screen: the options that matter")
	fs.BoolVar(&o.help, "help", false, "print all options")
	fs.BoolVarP(&o.version, "version", "V", false, "print the version")
}

const helpHead = `Usage: %[1]s [OPTION]... COMMAND [ARG]... [::: ITEM... | :::: FILE...]...
       %[1]s [OPTION]... 'SHELL SCRIPT' [::: ITEM... | :::: FILE...]...
       %[1]s xargs [OPTION]... [COMMAND [ARG]...]
       %[1]s report [OPTION]... JOURNAL
Run a command for each line of standard input, or for each ITEM, several at a
time; the output comes in the order of the items.

`

const helpPlaceholders = `Placeholders
  {}  the item     {.}  without extension   {/}  last component
  {//} directory   {/.} last, without ext.  {#}  job number   {%}  slot
  {:}  without any extension   {^.gz}  without that suffix   {q}  quoted for a
  second shell   {1} {2} {-1} columns, {name} with --header; {1.} {name/} too
  Without any, the item is appended.
`

const helpExamples = `Examples
  find . -name '*.log' -print0 | %[1]s -0 gzip -9
  %[1]s 'gzip -c {} > {}.gz' ::: *.txt
`

// screen is -h: the options that matter, in a few words.
var screen = []struct{ flag, text string }{
	{"arg-file", "read the items from FILE"},
	{"null", "items end with a NUL, as from find -print0"},
	{"colsep", "cut items into columns {1} {2} there"},
	{"header", "the first line names them: {name}"},
	{"replace", "the item goes where STRING stands"},
	{"shell", "the command is a script for SHELL"},
	{"stdin", "each job reads a file of its own: {}"},
	{"stdout", "each job writes a file of its own: {}.out"},
	{"dry-run", "print the commands, run nothing"},
	{"explain", "print what becomes of the command, run nothing"},
	{"context", "many items in one command, {} for each"},
	{"max-args", "up to N items in one command"},
	{"jobs", "jobs at a time: 8, 150%, +2, 0 for many"},
	{"timeout", "end a job that takes longer: 30s, 300%"},
	{"open-tty", "one job at a time, with the terminal"},
	{"unordered", "output of each job as it ends"},
	{"line-buffer", "output by lines, as they come"},
	{"ungroup", "output as it comes, nothing held back"},
	{"tag", "the item before each line of its output"},
	{"progress", "show how far the run is"},
	{"verbose", "print each command as it starts"},
	{"quiet", "say nothing"},
	{"tries", "try each item up to N times"},
	{"ok-status", "what counts as success: 0,1"},
	{"fail-fast", "stop at the first failure"},
	{"halt", "stop early: soon,fail=30%"},
	{"failed-to", "write the items that were not done to FILE"},
	{"journal", "write a JSON line for each try to FILE"},
	{"resume", "go on with what the journal says"},
	{"help", "print all options"},
	{"version", "print the version"},
}

// shortHelp is what -h prints.
func shortHelp(name string) string {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, t := range new(options).themes() {
		t.add(fs)
	}
	var b strings.Builder
	fmt.Fprintf(&b, helpHead, name)
	for _, line := range screen {
		fmt.Fprintf(&b, "  %-26s %s\n", flagForm(fs.Lookup(line.flag)), line.text)
	}
	b.WriteString("\n" + helpPlaceholders)
	return b.String()
}

// longHelp is what --help prints.
func longHelp(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, helpHead, name)
	b.WriteString(helpPlaceholders + "\n")
	fmt.Fprintf(&b, helpExamples, name)
	for _, t := range new(options).themes() {
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		fs.SortFlags = false
		t.add(fs)
		b.WriteString("\n" + t.title + "\n" + flagsHelp(fs))
	}
	return b.String() + "\n" + helpTail
}

// flagsHelp is a line or more for each option, in their order.
func flagsHelp(fs *pflag.FlagSet) string {
	var b strings.Builder
	fs.VisitAll(func(f *pflag.Flag) { writeFlag(&b, f) })
	return b.String()
}

const helpTail = `Exit status
  0 every job succeeded     123 a job failed     125 a job died by a signal
  126, 127 the command can't be run, was not found
  1 pmap itself failed      2 the command line is wrong, nothing ran
`

const (
	helpColumn = 29 // where the text begins
	helpWidth  = 80
)

// writeFlag writes an option and its text, wrapped.
func writeFlag(b *strings.Builder, f *pflag.Flag) {
	_, text := pflag.UnquoteUsage(f)
	if d := defaultText(f); d != "" {
		text += " (default " + d + ")"
	}
	line := "  " + flagForm(f)
	if len(line) >= helpColumn-1 {
		b.WriteString(line + "\n")
		line = ""
	}
	line += strings.Repeat(" ", helpColumn-len(line))
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len(line)+1+len(word) > helpWidth {
			b.WriteString(line + "\n")
			line, empty = strings.Repeat(" ", helpColumn), true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	b.WriteString(line + "\n")
}

// flagForm is such as "-j, --jobs N".
func flagForm(f *pflag.Flag) string {
	form := "    --" + f.Name
	if f.Shorthand != "" {
		form = "-" + f.Shorthand + ", --" + f.Name
	}
	value, _ := pflag.UnquoteUsage(f)
	switch {
	case value == "":
		return form
	case f.NoOptDefVal != "":
		return form + "[=" + value + "]"
	}
	return form + " " + value
}

// defaultText is a default that is worth saying.
func defaultText(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "0s", "false":
		return ""
	}
	if f.Name == "tries" || f.Name == "retries" {
		return ""
	}
	return f.DefValue
}
