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

const helpHead = `Usage: %[1]s [OPTION]... COMMAND [ARG]... [::: ITEM...]
       %[1]s [OPTION]... 'SHELL SCRIPT' [::: ITEM...]
Run a command for each line of standard input, or for each ITEM, several at a
time; the output comes in the order of the items.

`

const helpPlaceholders = `Placeholders
  {}  the item     {.}  without extension   {/}  last component
  {//} directory   {/.} last, without ext.  {#}  job number   {%}  slot
  {q}  quoted for a second shell. Without any, the item is appended.
`

const helpExamples = `Examples
  find . -name '*.log' -print0 | %[1]s -0 gzip -9
  %[1]s 'gzip -c {} > {}.gz' ::: *.txt
`

// screen are the options of -h, in its order.
var screen = []string{
	"arg-file", "null", "delimiter", "skip-blank",
	"replace", "shell", "no-shell", "stdin", "stdout", "dry-run", "explain",
	"jobs", "delay", "timeout", "open-tty",
	"unordered", "line-buffer", "ungroup", "tag", "tagstring", "progress", "verbose", "trace", "quiet",
	"tries", "retry-on", "ok-status", "fail-fast", "halt", "failed-to",
	"help", "version",
}

// shortHelp is what -h prints.
func shortHelp(name string) string {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, t := range new(options).themes() {
		t.add(fs)
	}
	var b strings.Builder
	fmt.Fprintf(&b, helpHead, name)
	for _, n := range screen {
		f := fs.Lookup(n)
		_, text := pflag.UnquoteUsage(f)
		if i := strings.IndexAny(text, ";,:("); i > 0 {
			text = strings.TrimSpace(text[:i])
		}
		fmt.Fprintf(&b, "  %-26s %s\n", flagForm(f), text)
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
		b.WriteString("\n" + t.title + "\n")
		fs.VisitAll(func(f *pflag.Flag) { writeFlag(&b, f) })
	}
	return b.String() + "\n" + helpTail
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
