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
	loop, err := workLoop(conn, &hello, table.Count(hello.Cell))
	if err != nil {
		conn.Write(ipc.AppendText(nil, ipc.FrameFault, err.Error()))
		return 1, true
	}
	startmode.Live(conn, hello, s, loop, func() {})
	return 0, true
}

// workLoop makes the built-in worker that was asked for. begun, in shared
// memory, counts what it begins.
func workLoop(conn *ipc.Conn, hello *ipc.Hello, begun *int64) (loop func(), err error) {
	delim, words := hello.Words[0], hello.Words[1:]
	f, err := builtin.New(words, []byte(delim))
	if err != nil {
		return nil, err
	}
	if hello.Blocks {
		w, err := newBlocks(conn, words, delim, f, begun)
		if err != nil {
			return nil, err
		}
		return w.loop, nil
	}
	w := &items{conn: conn, run: f, begun: begun}
	return w.loop, nil
}
