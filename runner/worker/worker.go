// Package worker is what runs inside a worker process: this program, entered
// by main before it looks at its command line.
package worker

import (
	"os"

	"pmap/ipc"
	"pmap/runner/builtin"
	"pmap/startmode"
)

// BuiltinEnv is the environment variable of a process that runs one item by a
// built-in worker, where each item has a process: the delimiter of records, as
// a Go string literal.
const BuiltinEnv = "PMAP_BUILTIN"

// Enter returns at once unless this process was started as a worker; then it
// is one, and the exit status is what it returns. args are the process's own.
func Enter(args []string) (status int, entered bool) {
	if delim, ok := os.LookupEnv(BuiltinEnv); ok {
		os.Unsetenv(BuiltinEnv)
		return runOne(args, delim)
	}
	value, ok := os.LookupEnv(startmode.WorkerEnv)
	if !ok {
		return 0, false
	}
	os.Unsetenv(startmode.WorkerEnv)
	if !startmode.IsWorker(value) {
		return 0, false // somebody else's variable
	}
	conn, table, hello, err := startmode.EnterWorker()
	if err != nil {
		return 1, true
	}
	s := startmode.NewFork(startmode.ForkOptions{})
	if len(hello.Words) == 0 {
		startmode.Serve(conn, table, hello, s)
		return 0, true
	}
	f, err := builtin.New(hello.Words[1:], []byte(hello.Words[0]))
	if err != nil {
		conn.Write(ipc.AppendText(nil, ipc.FrameFault, err.Error()))
		return 1, true
	}
	w := &items{conn: conn, run: f, begun: table.Count(hello.Cell)}
	startmode.Live(conn, hello, s, w.loop, func() {})
	return 0, true
}
