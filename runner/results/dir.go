package results

import (
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/journal"
)

// streams are the names of the files of a job.
var streams = [2]string{"stdout", "stderr"}

// A Dir keeps the output of each job in a folder of its own. It is a
// runner.Keeper, and as a runner.Recorder it is told of the jobs in their
// order, so that of several with the same items the first has the plain name.
type Dir struct {
	path string
	lock *os.File
	seed maphash.Seed

	mu    sync.Mutex
	names map[int64]string    // of the jobs that have not ended
	taken map[uint64]struct{} // hashes of names that are somebody's
}

// NewDir keeps output under path, which is this process's alone until Close. kept
// calls its argument with every name that an earlier run has given and that
// stays; it may be nil.
func NewDir(path string, kept func(func(name string))) (*Dir, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, fmt.Errorf("cannot make the results folder: %w", err)
	}
	lock, err := journal.LockFolder(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{path: path, lock: lock, seed: maphash.MakeSeed(), names: make(map[int64]string), taken: make(map[uint64]struct{})}
	if kept != nil {
		kept(func(name string) { d.taken[maphash.String(d.seed, name)] = struct{}{} })
	}
	return d, nil
}

// Close lets go of the folder.
func (d *Dir) Close() error { return d.lock.Close() }

// Paths are the files in which the output of a name is.
func Paths(dir, name string) (paths [2]string) {
	for stream, file := range streams {
		paths[stream] = filepath.Join(dir, name, file)
	}
	return paths
}

// Enter gives the job its name.
func (d *Dir) Enter(c *chunker.Chunk) error {
	if c.Done != nil && c.Done.Files != [2]string{} {
		return nil // it has one
	}
	plain := nameOf(c.Items)
	d.mu.Lock()
	defer d.mu.Unlock()
	for n := 1; ; n++ {
		name := numbered(plain, n)
		h := maphash.String(d.seed, name)
		if _, ok := d.taken[h]; ok {
			continue
		}
		d.taken[h] = struct{}{}
		if c.Done == nil {
			d.names[c.Seq] = name
		}
		return nil
	}
}

// Record forgets the name of a job that has ended.
func (d *Dir) Record(r *runner.Result, again bool) error {
	if !again {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.names, r.Seq())
	}
	return nil
}

// Keep is where a try's output goes.
func (d *Dir) Keep(t *runner.Task) runner.Kept {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &kept{dir: d.path, name: d.names[t.Seq()], seq: t.Number()}
}

// kept are the files of one try. They are made when they are needed, so that a
// job which waits in a worker's queue holds none open.
type kept struct {
	dir, name string
	seq       int64
	files     [2]*os.File
	err       error
}

func (k *kept) Name() string           { return k.name }
func (k *kept) Path(stream int) string { return Paths(k.dir, k.name)[stream] }

func (k *kept) Write(stream int, p []byte) {
	f := k.open(stream)
	if k.err != nil {
		return
	}
	if _, err := f.Write(p); err != nil {
		k.fail(err)
	}
}

func (k *kept) fail(err error) {
	if k.err == nil {
		k.err = fmt.Errorf("cannot keep the output of job #%d: %w", k.seq, err)
	}
}

// open makes a stream's file, empty.
func (k *kept) open(stream int) *os.File {
	if k.files[stream] != nil || k.err != nil {
		return k.files[stream]
	}
	path := k.Path(stream)
	f, err := os.Create(path)
	if os.IsNotExist(err) {
		if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			f, err = os.Create(path)
		}
	}
	if err != nil {
		k.fail(err)
		return nil
	}
	k.files[stream] = f
	return f
}

// Close closes the files; those that nothing was written to are made.
func (k *kept) Close(bool) error {
	for stream := range streams {
		f := k.open(stream)
		if f == nil {
			continue
		}
		if err := f.Close(); err != nil {
			k.fail(err)
		}
		k.files[stream] = nil
	}
	if k.err == nil {
		number := strconv.AppendInt(nil, k.seq, 10)
		if err := os.WriteFile(filepath.Join(k.dir, k.name, "seq"), number, 0o666); err != nil {
			k.fail(err)
		}
	}
	return k.err
}
