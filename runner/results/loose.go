package results

import (
	"fmt"
	"os"

	"pmap/runner"
)

// Loose keeps the stdout of each job in a file of its own, which is the user's
// afterwards. What goes to stderr isn't kept. It is a runner.Keeper.
type Loose struct{ Dir string }

// Keep is where a try's output goes.
func (l Loose) Keep(t *runner.Task) runner.Kept { return &looseFile{dir: l.Dir, seq: t.Seq()} }

type looseFile struct {
	dir  string
	seq  int64
	f    *os.File
	path string
	err  error
}

func (k *looseFile) Name() string    { return "" }
func (k *looseFile) Path(int) string { return k.path }

func (k *looseFile) Write(stream int, p []byte) {
	if stream != runner.Stdout || !k.open() {
		return
	}
	if _, err := k.f.Write(p); err != nil {
		k.fail(err)
	}
}

func (k *looseFile) open() bool {
	if k.f == nil && k.err == nil {
		f, err := os.CreateTemp(k.dir, "pmap*.out")
		if err != nil {
			k.fail(err)
			return false
		}
		k.f, k.path = f, f.Name()
	}
	return k.err == nil
}

func (k *looseFile) fail(err error) {
	if k.err == nil {
		k.err = fmt.Errorf("cannot keep the output of job #%d: %w", k.seq, err)
	}
}

// Close closes the file; that of a try which another follows goes away.
func (k *looseFile) Close(again bool) error {
	if again && k.f == nil {
		return k.err
	}
	if k.open(); k.f != nil {
		if err := k.f.Close(); err != nil {
			k.fail(err)
		}
		if again {
			os.Remove(k.path)
		}
	}
	return k.err
}
