package warm

import (
	"bytes"
	_ "embed"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// bashServer reads FILE, and then runs what bash.sh, which is its last
// parameter, makes of the others: in its first line, which is what LINENO calls
// the items' scripts then, as it does without it.
const bashServer = `{ pmap_args=("$@"); set --; builtin source "${pmap_args[2]}" </dev/null >&2; ` +
	`{ pmap_rc=$? pmap_set=$-; set +aenuvxET; pmap_back=$(\builtin trap -p ` + trapped + `); builtin trap - ` + trapped + `; } >/dev/null 2>&1; ` +
	`exec {pmap_in}<&0 {pmap_out}>&1 {pmap_err}>&2 </dev/null || builtin exit; }; ` +
	`\builtin eval "$(\builtin shopt -u expand_aliases; \builtin eval "${pmap_args[9]}"; ` +
	`((${#pmap_loop})) || \echo "${pmap_args[2]}: a function must not be called builtin" >&2)"`

// trapped are the signals and the like whose traps items of a bash have of FILE,
// and the bash that serves has not. DEBUG is the last to come back: it shows what
// is run from then on.
const trapped = "ERR RETURN HUP INT QUIT TERM USR1 USR2 ALRM CHLD WINCH DEBUG"

//go:embed bash.sh
var bashLoop string

//go:embed dash.sh
var dashSetup string

// Bash is a bash that reads a file, and runs the template's script in a
// subshell for each item. shell is its argv, such as bash -e.
func Bash(shell []string, file, script string) Interpreter {
	return Interpreter{
		argv: func(w where) []string {
			// A socket as stdin makes it read ~/.bashrc, as for rshd.
			argv := append([]string{shell[0], "--norc"}, shell[1:]...)
			argv = append(append(argv, "-c", bashServer, shell[0]), shellWords(w, file, script)...)
			return append(argv, strconv.Itoa(bashBrief), bashLoop)
		},
		request: bashRequest,
		call:    func(w where) string { return `\builtin source ` + w.values },
		brief:   bashBrief,
		lead:    len(shell) + shellName + 1,
		status:  shellStatus,
		vague:   true,
	}
}

// Dash is the same for a dash, or another shell that has no more than POSIX
// asks for. It reads its requests as its script.
func Dash(shell []string, file, script string) Interpreter {
	return Interpreter{
		argv: func(w where) []string {
			argv := append(append([]string{}, shell...), "-s")
			return append(argv, shellWords(w, file, script)...)
		},
		request:  dashRequest,
		setup:    dashSetup,
		farewell: `\exec >&9 2>&9 9>&-; \exit 0` + "\n",
		lead:     len(shell) + shellName + 1,
		status:   shellStatus,
		vague:    true,
	}
}

// shellWords are the parameters of both shells' scripts.
func shellWords(w where, file, script string) []string {
	return []string{w.statuses, w.complaints, Operand(file), lines(script), w.files[0], w.files[1], w.files[2], w.greets}
}

// bashBrief is how many bytes a bash reads of each request. It looks at one
// after the other, so that more cost all items what they save some.
const bashBrief = 64

// shellName is the place of the shell's name behind -c.
const shellName = 2

// firstTry is what the bash that serves says of PMAP_TRY, so that most requests
// need not.
const firstTry = "PMAP_TRY=1"

// bashRequest is what the subshell reads: commands that give the item its
// variables and parameters.
func bashRequest(dst []byte, r *request) []byte {
	for _, pair := range r.env { // PMAP_SEQ and PMAP_TRY: numbers, which the loop exports
		if string(pair) != firstTry {
			dst = append(append(dst, pair...), "; "...)
		}
	}
	return appendWords(append(dst, `\set --`...), r.words)
}

// dashRequest is what the shell reads: a call of the function that it has made.
func dashRequest(dst []byte, r *request) []byte {
	dst = append(dst, "pmap_run"...)
	for _, pair := range r.env {
		_, number, _ := bytes.Cut(pair, []byte{'='})
		dst = append(append(dst, ' '), number...)
	}
	return appendWords(dst, r.words)
}

// appendWords adds words, each quoted, and ends the line.
func appendWords(dst []byte, words [][]byte) []byte {
	for _, word := range words {
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
