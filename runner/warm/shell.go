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

// bashServer is given bash.sh and its parameters. Items run in its first line,
// which is what messages and LINENO call them then, as they are without it.
// What bash.sh leaves as parameters are the socket, the file of values, and
// where stderr is.
const bashServer = `{ builtin eval "$1"; until ! builtin read -r -N 1 -u "$1" _; do ` +
	`(builtin source "$2"; builtin eval "$1"); builtin printf '%d\n' "$?"; done; ` +
	`exec 2>&"$3"; set --; builtin exit 0; }`

// Bash is a bash that reads a file, and runs a script of the template in a
// subshell for each item. shell is its argv, such as bash -e.
func Bash(shell []string, file string) Interpreter {
	d := dialect{
		server:  bashServer,
		extra:   []string{bashSetup},
		options: []string{"--norc"}, // a socket as stdin makes it read ~/.bashrc, as for rshd
		call:    "1",
		builtin: "builtin ",
		begin:   "trap - INT TERM; ", // else the server's would be shown
	}
	return d.interpreter(shell, file)
}

// Dash is the same for a dash, or another shell that has no more than POSIX
// asks for.
func Dash(shell []string, file string) Interpreter {
	d := dialect{server: dashServer, call: "1\n", builtin: "command ", begin: "unset -v pmap_values pmap_item; "}
	return d.interpreter(shell, file)
}

// A dialect is what shells differ in here.
type dialect struct {
	server  string   // the script that makes it an Interpreter
	extra   []string // parameters of the script before the usual ones
	options []string
	call    string // what the script reads when an item is to be run
	builtin string // the word before a builtin that is to be none of FILE's functions
	begin   string // commands before an item's script
}

func (d dialect) interpreter(shell []string, file string) Interpreter {
	return Interpreter{
		argv: func(w where) []string {
			argv := append(append([]string{shell[0]}, d.options...), shell[1:]...)
			argv = append(append(argv, "-c", d.server, shell[0]), d.extra...)
			return append(argv, w.values, w.statuses, w.complaints, operand(file))
		},
		request: d.request,
		call:    d.call,
		lead:    len(shell) + 1,
		status:  shellStatus,
		vague:   true,
	}
}

// shellName is the place of the shell's name between the script and its
// parameters.
const shellName = 1

// request is what the subshell reads: commands that give the item its files and
// variables, and its script and parameters as the parameters of the shell,
// which evaluates the first then.
func (d dialect) request(dst []byte, r *request) []byte {
	if r.greet {
		dst = append(append(dst, d.builtin...), "echo >&"...)
		dst = append(appendInt(dst, r.told.requests), "; "...)
	}
	dst = shellFiles(dst, r)
	for _, pair := range r.env { // PMAP_SEQ and PMAP_TRY: numbers, and exported
		dst = append(append(dst, "; "...), pair...)
	}
	dst = append(append(dst, "; set -- 'shift; "...), d.begin...)
	if r.told.back {
		dst = append(append(dst, d.builtin...), `eval "$pmap_back"; `...)
	}
	dst = append(appendQuoted(dst, r.words[0]), '\'')
	for _, word := range r.words[shellName+1:] {
		dst = append(dst, " '"...)
		dst = append(appendQuoted(dst, word), '\'')
	}
	return dst
}

// shellFiles are the redirections that an item begins with. What the shell
// itself has beyond them is closed.
func shellFiles(dst []byte, r *request) []byte {
	dst = append(dst, "exec"...)
	dst = r.redirect(dst, 0, " <", r.told.requests)
	dst = r.redirect(dst, 1, " >|", r.told.stdout)
	dst = r.redirect(dst, 2, " 2>|", r.told.stderr)
	for _, fd := range []int{r.told.requests, r.told.stdout, r.told.stderr} {
		dst = append(appendInt(append(dst, ' '), fd), ">&-"...)
	}
	return dst
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

// operand is a file's name as no shell looks it up in PATH.
func operand(file string) string {
	if strings.Contains(file, "/") {
		return file
	}
	return "./" + file
}
