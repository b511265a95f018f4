package warm

import (
	_ "embed"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

//go:embed bash.sh
var bashServer string

// Bash is a bash that reads a file, and runs a script of the template in a
// subshell for each item. shell is its argv, such as bash -e.
func Bash(shell []string, file string) Interpreter {
	return Interpreter{
		argv: func(w where) []string {
			return append(shellArgv(shell, bashServer), append(w.words(), operand(file))...)
		},
		request: bashRequest,
		lead:    len(shell) + 1,
		status:  shellStatus,
	}
}

// shellArgv is the argv of a shell that runs a script under its own name.
func shellArgv(shell []string, script string) []string {
	argv := append([]string{}, shell...)
	return append(argv, "-c", script, shell[0])
}

// bashRequest is what the subshell evaluates, and the item's parameters after
// it, each with a NUL.
func bashRequest(dst []byte, r *request) []byte {
	dst = append(dst, "shift; "...)
	dst = r.settings(dst, `"$pmap_err"`, "{pmap_err}")
	dst = append(dst, `; builtin eval "$pmap_back"; `...)
	for i, word := range r.words {
		if i == shellName {
			continue
		}
		dst = append(append(dst, word...), 0)
	}
	return dst
}

// shellName is the place of the shell's name between the script and its
// parameters.
const shellName = 1

// settings are the commands of a shell that give the item its files and
// variables. stderr is the fd where the server keeps its own, closed as such.
func (r *request) settings(dst []byte, stderr, closed string) []byte {
	dst = append(dst, "exec"...)
	dst = r.redirect(dst, 0, " <")
	dst = r.redirect(dst, 1, " >|")
	if r.same[2] {
		dst = append(append(dst, " 2>&"...), stderr...)
	}
	dst = r.redirect(dst, 2, " 2>|")
	dst = append(append(append(dst, ' '), closed...), ">&-"...)
	for i, pair := range r.env { // PMAP_SEQ and PMAP_TRY: numbers
		if i == 0 {
			dst = append(dst, "; export"...)
		}
		dst = append(append(dst, ' '), pair...)
	}
	return dst
}

// shellStatus is how a shell tells of its child's end: 128+N for a signal N.
// What it complains of on its own stderr tells a death by a signal from an
// exit with such a number. Of INT and PIPE no shell complains: they pass
// for exits, which is what they are where only a command of the item's died so.
func shellStatus(code int, complained bool) unix.WaitStatus {
	if sig := code - 128; sig > 0 && sig < 65 && complained {
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

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }
