package warm

import (
	"bytes"
	_ "embed"
	"strings"

	"golang.org/x/sys/unix"
)

//go:embed bash.sh
var bashSetup string

//go:embed dash.sh
var dashServer string

// bashServer is given bash.sh and its parameters, and runs the loop that is left
// of them then: in its first line, which is what messages and LINENO call the
// items' scripts then, as they are without it.
const bashServer = `{ builtin eval "$1"; builtin eval "$1"; }`

// Bash is a bash that reads a file, and runs the template's script in a
// subshell for each item. shell is its argv, such as bash -e.
func Bash(shell []string, file, script string) Interpreter {
	d := dialect{
		server:  bashServer,
		extra:   []string{bashSetup},
		options: []string{"--norc"}, // a socket as stdin makes it read ~/.bashrc, as for rshd
		call:    "1",
	}
	return d.interpreter(shell, file, script)
}

// Dash is the same for a dash, or another shell that has no more than POSIX
// asks for.
func Dash(shell []string, file, script string) Interpreter {
	return dialect{server: dashServer, call: "1\n"}.interpreter(shell, file, script)
}

// A dialect is what shells differ in here.
type dialect struct {
	server  string   // the script that makes it an Interpreter
	extra   []string // parameters of the script before the usual ones
	options []string
	call    string // what the script reads when an item is to be run
}

func (d dialect) interpreter(shell []string, file, script string) Interpreter {
	return Interpreter{
		argv: func(w where) []string {
			argv := append(append([]string{shell[0]}, d.options...), shell[1:]...)
			argv = append(append(argv, "-c", d.server, shell[0]), d.extra...)
			return append(argv, w.values, w.statuses, w.complaints, Operand(file), lines(script), w.files[0], w.files[1], w.files[2], w.greets)
		},
		request: shellRequest,
		call:    d.call,
		lead:    len(shell) + shellName + 1,
		status:  shellStatus,
		vague:   true,
	}
}

// shellName is the place of the shell's name behind -c.
const shellName = 2

// firstTry is what the shell that serves says of PMAP_TRY, so that most requests
// need not.
const firstTry = "PMAP_TRY=1"

// shellRequest is what the subshell reads: commands that give the item its
// variables and parameters.
func shellRequest(dst []byte, r *request) []byte {
	for _, pair := range r.env { // PMAP_SEQ and PMAP_TRY: numbers, and exported
		if string(pair) != firstTry {
			dst = append(append(dst, pair...), "; "...)
		}
	}
	dst = append(dst, "set --"...)
	for _, word := range r.words {
		dst = append(dst, " '"...)
		dst = append(appendQuoted(dst, word), '\'')
	}
	return append(dst, '\n')
}

// lines is a script to which further lines can be added. A backslash that is its
// last byte stands for itself, and must not take the newline that follows.
func lines(script string) string {
	if (len(script)-len(strings.TrimRight(script, `\`)))%2 == 1 {
		script += `\`
	}
	return script
}

// appendQuoted adds text as it stands between two single quotes.
func appendQuoted(dst, text []byte) []byte {
	for {
		plain, rest, quoted := bytes.Cut(text, []byte{'\''})
		dst = append(dst, plain...)
		if !quoted {
			return dst
		}
		dst = append(dst, `'\''`...)
		text = rest
	}
}

// shellStatus is how a shell tells of its child's end: 128+N for a signal N.
// What it complains of on its own stderr tells a death by a signal from an
// exit with such a number. Of INT and PIPE no shell complains, so they pass
// for exits where the system can't be asked.
func shellStatus(code int, complained func() bool) unix.WaitStatus {
	if sig := code - 128; sig > 0 && sig < 65 && complained() {
		return unix.WaitStatus(sig)
	}
	return unix.WaitStatus(code & 0xff << 8)
}

// Operand is a file's name as no shell looks it up in PATH.
func Operand(file string) string {
	if strings.Contains(file, "/") {
		return file
	}
	return "./" + file
}
