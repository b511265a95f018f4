// Pmap runs a command for each item of its input, several at a time, with the
// output in the order of the items.
package main

import (
	"os"
	"path/filepath"

	"pmap/cmd"
	"pmap/runner/worker"
	"pmap/startmode"
)

func main() {
	startmode.Enter() // a guardian goes no further,
	if status, entered := worker.Enter(os.Args); entered {
		os.Exit(status) // nor does a worker
	}
	if os.Getpid() == 1 {
		go run()
		startmode.ReapOrphans()
	}
	run()
}

func run() {
	os.Exit(cmd.Main(cmd.Process{
		Name:    filepath.Base(os.Args[0]),
		Args:    os.Args[1:],
		Environ: os.Environ(),
		Stdin:   0,
		Stdout:  1,
		Stderr:  2,
	}))
}
