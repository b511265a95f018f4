package warm

import (
	_ "embed"
	"strconv"

	"golang.org/x/sys/unix"
)

//go:embed python.py
var pythonServer string

// PythonFile is a Python that calls main of a file for each item, or runs the
// file where it has no main that takes one. A job's argv is python FILE ITEM.
func PythonFile(python, file string) Interpreter {
	return pythonInterpreter(2, python, "file", file)
}

// PythonCode is a Python that runs code for each item, after setup has been
// run once. A job's argv is python -c CODE ITEM.
func PythonCode(python, code, setup string) Interpreter {
	return pythonInterpreter(3, python, "code", code, setup)
}

func pythonInterpreter(lead int, python string, words ...string) Interpreter {
	return Interpreter{
		argv: func(w where) []string {
			return append([]string{python, "-c", pythonServer, w.values, w.statuses, w.files[0], w.files[1], w.files[2]}, words...)
		},
		request: pythonRequest,
		call:    func(where) string { return "1" },
		lead:    lead,
		status:  func(code int, _ func() bool) unix.WaitStatus { return unix.WaitStatus(code) },
	}
}

// pythonRequest is fields, each with a NUL: the number of variables, the
// variables, the item.
func pythonRequest(dst []byte, r *request) []byte {
	dst = append(strconv.AppendInt(dst, int64(len(r.env)), 10), 0)
	for _, field := range append(r.env, r.words...) {
		dst = append(append(dst, field...), 0)
	}
	return dst
}
