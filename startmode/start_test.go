//go:build linux

package startmode

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/testdata/leaktest"
)

func TestArgumentsAndEnvironment(t *testing.T) {
	var every strings.Builder
	for b := 1; b < 256; b++ {
		every.WriteByte(byte(b))
	}
	args := []string{"", "-n", " two  words ", "new\nline", "$(date)", "\xff\xfe", every.String(), strings.Repeat("x", 100_000)}
	env := []string{quickExit, "A=1", "EMPTY=", "ANY=" + every.String(), "NO_EQUALS_SIGN", "A=2"}
	eachStarter(t, func(t *testing.T, s Starter) {
		spec := role("args", args...)
		spec.Env = list(env...)
		out, status := output(t, s, spec)
		if status != 0 {
			t.Fatalf("status %#x: %s", status, out)
		}
		got := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
		want := slices.Concat([]string{roleMark + "args"}, args, env)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a \n b")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script(t, dir, "here", "#!/bin/sh\npwd\n")
	eachStarter(t, func(t *testing.T, s Starter) {
		spec := command("pwd")
		spec.Dir = dir
		spec.Path = MakePath("./here")
		if out, _ := output(t, s, spec); out != dir+"\n" {
			t.Errorf("a job in %q prints %q", dir, out)
		}
	})
}

func TestGroupAndSession(t *testing.T) {
	eachStarter(t, func(t *testing.T, s Starter) {
		me := lookUp(os.Getpid())
		for _, own := range []bool{true, false} {
			pid := sitting(t, s, func(spec *Spec) { spec.Group = own })
			want := process{pid: pid, group: me.group, session: me.session, alive: true}
			if own {
				want.group = pid
			}
			if got := lookUp(pid); got != want {
				t.Errorf("own group %v: %+v, want %+v", own, got, want)
			}
		}
	})
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("echo"), 0o644); err != nil {
		t.Fatal(err)
	}
	noInterpreter := script(t, dir, "no-interpreter", "#!/nowhere/sh\n")
	unix.Symlink("loop", filepath.Join(dir, "loop"))
	program := func(path string) func(*Spec) { return func(s *Spec) { s.Path = MakePath(path) } }
	const closed = 1 << 20

	tests := []struct {
		name   string
		change func(*Spec)
		op     string
		path   string
		errno  unix.Errno
	}{
		{"no such program", program("/nowhere/x"), "exec", "/nowhere/x", unix.ENOENT},
		{"no name", program(""), "exec", "", unix.ENOENT},
		{"no such interpreter", program(noInterpreter), "exec", noInterpreter, unix.ENOENT},
		{"not executable", program(plain), "exec", plain, unix.EACCES},
		{"a directory", program(dir), "exec", dir, unix.EACCES},
		{"below a file", program(plain + "/x"), "exec", plain + "/x", unix.ENOTDIR},
		{"links in a circle", program(dir + "/loop"), "exec", dir + "/loop", unix.ELOOP},
		{"a NUL in the name", program("/bin/true\x00x"), "exec", "/bin/true\x00x", unix.EINVAL},
		{"an argument too long", func(s *Spec) {
			s.Argv = list("true", strings.Repeat("x", 32*os.Getpagesize()))
		}, "exec", "/bin/true", unix.E2BIG},
		{"no such directory", func(s *Spec) { s.Dir = "/nowhere" }, "chdir", "/nowhere", unix.ENOENT},
		{"a file as directory", func(s *Spec) { s.Dir = plain }, "chdir", plain, unix.ENOTDIR},
		{"a NUL in the directory", func(s *Spec) { s.Dir = "/\x00" }, "chdir", "/\x00", unix.EINVAL},
		{"a closed fd", func(s *Spec) { s.Files[1] = closed }, "dup2", "/bin/true", unix.EBADF},
		{"a negative fd", func(s *Spec) { s.Files[2] = -1 }, "dup2", "/bin/true", unix.EBADF},
	}
	eachStarter(t, func(t *testing.T, s Starter) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				spec := command("/bin/true")
				spec.Cell = new(int32)
				test.change(spec)
				pid, err := s.Start(spec)
				want := &StartError{test.op, test.path, test.errno}
				var got *StartError
				if !errors.As(err, &got) || *got != *want || pid != 0 {
					t.Errorf("pid %d, error %+v, want %+v", pid, err, want)
				}
				if *spec.Cell != 0 {
					t.Errorf("the cell holds %d", *spec.Cell)
				}
				if err := leaktest.Children(); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

func TestStartError(t *testing.T) {
	for _, test := range []struct {
		err       StartError
		text      string
		temporary bool
	}{
		{StartError{"fork", "/x", unix.EAGAIN}, `cannot make a process for "/x": resource temporarily unavailable`, true},
		{StartError{"fork", "/x", unix.ENOMEM}, `cannot make a process for "/x": cannot allocate memory`, true},
		{StartError{"fork", "/x", unix.EMFILE}, `cannot make a process for "/x": too many open files`, true},
		{StartError{"fork", "/x", unix.EPERM}, `cannot make a process for "/x": operation not permitted`, false},
		{StartError{"exec", "/a b", unix.ENOENT}, `cannot run "/a b": no such file or directory`, false},
		{StartError{"exec", "/x", unix.EAGAIN}, `cannot run "/x": resource temporarily unavailable`, false},
		{StartError{"chdir", "/d", unix.EACCES}, `cannot enter directory "/d": permission denied`, false},
		{StartError{"dup2", "/x", unix.EBADF}, `cannot give "/x" its files: bad file descriptor`, false},
	} {
		if got := test.err.Error(); got != test.text {
			t.Errorf("%+v reads %q, want %q", test.err, got, test.text)
		}
		if got := test.err.Temporary(); got != test.temporary {
			t.Errorf("%v: temporary %v", &test.err, got)
		}
	}
	if err := error(&StartError{"exec", "/x", unix.ENOENT}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

func TestScriptWithoutInterpreter(t *testing.T) {
	dir := t.TempDir()
	script(t, dir, "-e", "printf '%s;' \"$@\"\nexit 3\n")
	eachStarter(t, func(t *testing.T, s Starter) {
		for _, name := range []string{filepath.Join(dir, "-e"), "./-e", "-e"} {
			spec := command("whatever", "a b", "", "$HOME")
			spec.Path, spec.Dir = MakePath(name), dir
			out, status := output(t, s, spec)
			if want := "a b;;$HOME;"; out != want || status.ExitStatus() != 3 {
				t.Errorf("%q prints %q and exits with %d, want %q and 3", name, out, status.ExitStatus(), want)
			}
		}
	})
}

// The job's fd 0 is the table itself, so what the job reads there is what was
// in its cell when it could first run.
func TestCellIsSetBeforeTheJobRuns(t *testing.T) {
	table, err := ipc.NewTable(1)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	eachStarter(t, func(t *testing.T, s Starter) {
		spec := command("od", "-An", "-td4", "-j0", "-N4")
		spec.Cell = table.Cell(0)
		for range 10 {
			spec.Files[0] = openFile(t, fmt.Sprintf("/proc/self/fd/%d", table.FD()), unix.O_RDONLY)
			r, w, _ := os.Pipe()
			spec.Files[1] = int(w.Fd())
			pid := mustStart(t, s, spec)
			w.Close()
			if got := int(atomic.LoadInt32(spec.Cell)); got != pid {
				t.Errorf("the cell of %d holds %d", pid, got)
			}
			var seen int
			fmt.Fscan(r, &seen)
			r.Close()
			mustWait(t, pid)
			if _, late := s.(*scriptRunner).Starter.(forkExec); seen != pid && !late {
				t.Errorf("%d saw %d in its cell", pid, seen)
			}
			*spec.Cell = 0
		}
	})
}

// A pidfd is that of the job, is not inherited, and is left open by no start
// that fails.
func TestPIDFD(t *testing.T) {
	eachStarter(t, func(t *testing.T, s Starter) {
		var fd int32
		spec := command("sh", "-c", "exit 7")
		spec.PIDFD = &fd
		pid := mustStart(t, s, spec)
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags != unix.FD_CLOEXEC {
			t.Errorf("flags %d, %v", flags, err)
		}
		info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
		if want := fmt.Sprintf("\nPid:\t%d\n", pid); err != nil || !strings.Contains(string(info), want) {
			t.Errorf("%s, %v: not the pidfd of %d", info, err, pid)
		}
		poll := []unix.PollFd{{Fd: fd, Events: unix.POLLIN}}
		if n, err := unix.Poll(poll, int(patience.Milliseconds())); n != 1 {
			t.Errorf("poll: %d, %v", n, err)
		}
		mustWait(t, pid)
		unix.Close(int(fd))

		before := len(leaktest.FDs())
		spec = command("sh")
		spec.Path, spec.PIDFD = MakePath("/nonexistent"), &fd
		if _, err := s.Start(spec); err == nil || fd != -1 || len(leaktest.FDs()) != before {
			t.Errorf("after a start that failed (%v): fd %d, %d fds, before %d", err, fd, len(leaktest.FDs()), before)
		}
	})
}
