package runner

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"pmap/runner/template"
)

// openStdin opens the file that a job reads.
func (j *job) openStdin(opt *JobOptions, tj template.Job) error {
	if s := j.task.Chunk.Share; s != nil {
		if j.slot.pool.cfg.Scratch == "" {
			return j.openShare(s)
		}
		if err := j.writeShare(s); err != nil {
			return err
		}
	}
	if opt.StdinFrom == nil {
		return nil
	}
	name := string(opt.StdinFrom.Append(nil, tj))
	fd, err := j.openNow(name, unix.O_RDONLY)
	if err == errStopped || err == errOverdue {
		return err
	}
	if err != nil {
		return fmt.Errorf("cannot open %q for the job's stdin: %w", name, err)
	}
	j.files[0], j.own[0] = fd, true
	return nil
}

var errOverdue = errors.New("timed out before the process could start")

// fifoTick is the time between looks for the other end of a fifo.
const fifoTick = 20 * time.Millisecond

// openNow opens a file that exists, for reading or for writing. Where that is a
// fifo whose other end nobody has opened yet it waits, as the shell would, but
// not longer than the run and the job's timeout last.
func (j *job) openNow(name string, mode int) (int, error) {
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		return -1, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return unix.Open(name, mode|unix.O_CLOEXEC, 0)
	}
	j.clock()
	if mode == unix.O_RDONLY {
		return j.openReading(name)
	}
	for {
		fd, err := unix.Open(name, mode|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err == nil {
			return blocking(fd)
		}
		if err != unix.ENXIO {
			return -1, err
		}
		if err := j.patient(); err != nil {
			return -1, err
		}
		time.Sleep(fifoTick)
	}
}

// openReading opens a fifo for reading, and waits for the first writer's bytes
// or end. It stays open meanwhile: a writer that has found a reader must not
// lose it.
func (j *job) openReading(name string) (int, error) {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		if n, _ := unix.Poll(set, milliseconds(fifoTick)); n > 0 {
			return blocking(fd)
		}
		if err := j.patient(); err != nil {
			unix.Close(fd)
			return -1, err
		}
	}
}

// patient reports why the job must not wait any longer before its start, if so.
func (j *job) patient() error {
	if j.slot.pool.ending.Load() != 0 {
		return errStopped
	}
	if at, ok := j.deadline(); ok && !time.Now().Before(at) {
		return errOverdue
	}
	return nil
}

// blocking makes an fd one that waits, as jobs expect.
func blocking(fd int) (int, error) {
	if err := unix.SetNonblock(fd, false); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// openStdout opens the file that a job writes.
func (j *job) openStdout(opt *JobOptions, tj template.Job) error {
	if opt.StdoutTo == nil {
		return nil
	}
	name := string(opt.StdoutTo.Append(nil, tj))
	save, fd, err := j.openOutput(name)
	if err == errStopped || err == errOverdue {
		return err
	}
	if err != nil {
		return fmt.Errorf("cannot open %q for the job's stdout: %w", name, err)
	}
	j.save = save
	j.files[1], j.own[1] = fd, true
	return nil
}

// saveOutput gives the output file its name, if the job succeeded.
func (j *job) saveOutput(st Status) (Status, string) {
	if j.save == nil || !j.slot.pool.cfg.Retry.succeeds(st) {
		return st, ""
	}
	err := j.save.commit()
	j.save = nil
	if err != nil {
		return Status{Kind: OutputFailed, Code: 1}, err.Error()
	}
	return st, ""
}

// An outputFile is what a job writes under --stdout: a file beside the one
// that is wanted, which takes its place when the job has succeeded. Where the
// system can, it has no name until then.
type outputFile struct {
	name string // of the file that is wanted
	temp string // of the one that is written; empty while it has none
	fd   int    // of the one without a name; -1 otherwise
}

// openOutput opens name for writing. What exists and is no regular file, such
// as a device or a fifo, is written directly. job is the fd that the process
// gets; the caller closes it.
func (j *job) openOutput(name string) (f *outputFile, job int, err error) {
	name = followLinks(name)
	if st, err := os.Stat(name); err == nil && !st.Mode().IsRegular() {
		fd, err := j.openNow(name, unix.O_WRONLY)
		return nil, fd, err
	}
	if fd, err := openNameless(filepath.Dir(name)); err == nil {
		job, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			unix.Close(fd)
			return nil, -1, err
		}
		return &outputFile{name: name, fd: fd}, job, nil
	}
	temp := freshName(name)
	fd, err := unix.Open(temp, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_CLOEXEC, 0o666)
	if err != nil {
		return nil, -1, err
	}
	return &outputFile{name: name, temp: temp, fd: -1}, fd, nil
}

// followLinks is the file that name leads to, as opening it for writing would,
// whether that exists or not.
func followLinks(name string) string {
	for range 40 { // as many as the kernel follows
		target, err := os.Readlink(name)
		if err != nil {
			return name
		}
		if !filepath.IsAbs(target) {
			target = filepath.Dir(name) + "/" + target // not cleaned: a .. may follow a link
		}
		name = target
	}
	return name
}

// commit puts the file in its place.
func (f *outputFile) commit() error {
	f.keepMode()
	err := f.giveName()
	if err == nil {
		err = os.Rename(f.temp, f.name)
	}
	f.discardAfter(err)
	if err != nil {
		return fmt.Errorf("cannot put the job's output into %q: %w", f.name, err)
	}
	return nil
}

// keepMode gives the new file the owner and the mode of the one whose place it
// takes, as far as pmap may: the shell's > would have kept them.
func (f *outputFile) keepMode() {
	var old unix.Stat_t
	if unix.Stat(f.name, &old) != nil {
		return
	}
	if f.fd >= 0 {
		unix.Fchown(f.fd, int(old.Uid), int(old.Gid))
		unix.Fchmod(f.fd, uint32(old.Mode)&0o7777)
		return
	}
	unix.Chown(f.temp, int(old.Uid), int(old.Gid))
	unix.Chmod(f.temp, uint32(old.Mode)&0o7777)
}

// giveName links a nameless file into its folder, under a name nobody has.
func (f *outputFile) giveName() error {
	if f.fd < 0 {
		return nil
	}
	for {
		temp := freshName(f.name)
		err := unix.Linkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(f.fd), unix.AT_FDCWD, temp, unix.AT_SYMLINK_FOLLOW)
		if !errors.Is(err, unix.EEXIST) {
			if err == nil {
				f.temp = temp
			}
			return err
		}
	}
}

// discard drops what was written.
func (f *outputFile) discard() { f.discardAfter(errors.New("unwanted")) }

func (f *outputFile) discardAfter(err error) {
	if f.fd >= 0 {
		unix.Close(f.fd)
		f.fd = -1
	}
	if err != nil && f.temp != "" {
		os.Remove(f.temp)
	}
}

// freshName is a name beside name that is not likely to be taken.
func freshName(name string) string {
	return filepath.Join(filepath.Dir(name), ".pmap-"+strconv.FormatUint(rand.Uint64(), 36))
}
