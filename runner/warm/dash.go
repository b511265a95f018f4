package warm

import (
	"bytes"
	_ "embed"
)

//go:embed dash.sh
var dashServer string

// Dash is a dash, or another shell that has no more than POSIX asks for, that
// reads a file and runs a script of the template in a subshell for each item.
// shell is its argv.
func Dash(shell []string, file string) Interpreter {
	return Interpreter{
		argv: func(w where) []string {
			return append(shellArgv(shell, dashServer), append(w.words(), operand(file))...)
		},
		request: dashRequest,
		lead:    len(shell) + 1,
		status:  shellStatus,
	}
}

// dashRequest is the text that the subshell reads: there the parameters are
// quoted, since such a shell can read them in no other way.
func dashRequest(dst []byte, r *request) []byte {
	dst = r.settings(dst, "9", "9")
	dst = append(dst, "; set --"...)
	for _, word := range r.words[shellName+1:] {
		dst = append(dst, " '"...)
		for {
			plain, rest, quoted := bytes.Cut(word, []byte{'\''})
			dst = append(dst, plain...)
			if !quoted {
				break
			}
			dst = append(dst, `'\''`...)
			word = rest
		}
		dst = append(dst, '\'')
	}
	dst = append(dst, `; eval "$pmap_back"; `...)
	return append(dst, r.words[0]...)
}
