package cmd

import "strings"

func xargsVersion(name string) string {
	return name + " (pmap) " + Version + ", which does what xargs of GNU findutils 4.9 does\n"
}

const xargsHelpText = `Usage: xargs [OPTION]... [COMMAND [ARG]...]
Run COMMAND with the ARGs and as many words of standard input as fit.
Words stand between blanks and newlines, unless quoted by '', "" or \.

Input
  -0, --null                 words end with a NUL, and nothing is a quote
  -a, --arg-file=FILE        read FILE; the jobs have the standard input
  -d, --delimiter=CHARACTER  words end with CHARACTER, and nothing is a quote
  -E END                     the input ends where END is a word
  -e, --eof[=END]            the same; by itself: there is no such word

Commands
  -I R                       one command for each line, which replaces R in the ARGs
  -i, --replace[=R]          the same; by itself: {}
  -L MAX                     use at most MAX lines for a command
  -l, --max-lines[=MAX]      the same; by itself: 1
  -n, --max-args=MAX         use at most MAX words for a command
  -s, --max-chars=MAX        use at most MAX bytes for a command
  -x, --exit                 exit where -s divides what -L or -n puts together
  -r, --no-run-if-empty      run nothing if there is no word
      --show-limits          print how long commands can be

Jobs
  -P, --max-procs=MAX        run up to MAX at a time; 0: as many as possible
      --process-slot-var=VAR VAR is the number of the job's slot, from 0
  -o, --open-tty             jobs have the terminal as their standard input
  -p, --interactive          ask before each command
  -t, --verbose              print each command before it runs
      --group                keep the output of a job together
  -k, --keep-order           and in the order of the input

      --help                 print this
      --version              print the version

Exit status
  0 every job succeeded      123 a job exited with 1 to 254
  124 a job exited with 255  125 a job died by a signal
  126, 127 COMMAND can't be run, was not found
  1 anything else. All but 0 and 123 stop the run at once.
`

func xargsHelp(name string) string {
	return strings.Replace(xargsHelpText, "Usage: xargs", "Usage: "+name, 1)
}
