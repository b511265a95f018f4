//go:build linux

package startmode

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pmap/testdata/leaktest"
)

// TestFiles has each start method make fds 0, 1 and 2 of every selection of
// four files, in a process whose own fds 0 to 2 are three of them.
func TestFiles(t *testing.T) {
	for name := range newStarters {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cmd := roleCommand("files", name, filepath.Join(dir, "complaints"))
			var files [5]*os.File
			for i := range files {
				f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				files[i] = f
			}
			cmd.Stdin, cmd.Stdout, cmd.Stderr = files[0], files[1], files[2]
			cmd.ExtraFiles = files[3:]
			err := cmd.Run()
			complaints, _ := os.ReadFile(filepath.Join(dir, "complaints"))
			if err != nil || len(complaints) > 0 {
				t.Errorf("%v\n%s", err, complaints)
			}
		})
	}
}

// roleFiles was given fds 0 to 4. It keeps 0 and 3 from being inherited by
// accident; 4 is what somebody meant pmap and its jobs to have.
func roleFiles() int {
	runtime.LockOSThread()
	starter := newStarters[os.Args[1]]()
	unix.CloseOnExec(0)
	unix.CloseOnExec(3)
	before := leaktest.FDs()
	own := filesOf(os.Getpid())
	inherited := make(map[int]string)
	for fd, to := range own {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags == 0 {
			inherited[fd] = to
		}
	}
	var wrong strings.Builder
	for i := range 4 * 4 * 4 {
		files := [3]int{i % 4, i / 4 % 4, i / 16}
		want := maps.Clone(inherited)
		for fd, from := range files {
			want[fd] = own[from]
		}
		got, err := filesOfJob(starter, files, want)
		if err != nil || !maps.Equal(got, want) {
			fmt.Fprintf(&wrong, "%v: got %v, want %v, %v\n", files, got, want, err)
			break
		}
	}
	if err := leaktest.NewFDs(before); err != nil {
		fmt.Fprintln(&wrong, err)
	}
	os.WriteFile(os.Args[2], []byte(wrong.String()), 0o600)
	return 0
}

// filesOfJob starts a job with the given fds and tells where its fds lead when
// it has settled: execve and the dynamic linker open and close some.
func filesOfJob(s Starter, files [3]int, want map[int]string) (got map[int]string, err error) {
	spec := command("sleep", "1000")
	spec.Files = files
	pid, err := s.Start(spec)
	if err != nil {
		return nil, err
	}
	defer Wait(pid, 0, new(unix.WaitStatus), nil)
	defer unix.Kill(pid, unix.SIGKILL)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if got = filesOf(pid); running(pid) && maps.Equal(got, want) {
			break
		}
	}
	return got, nil
}

func filesOf(pid int) map[int]string {
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	links := make(map[int]string)
	for _, e := range entries {
		fd, _ := strconv.Atoi(e.Name())
		if to := linkOf(pid, fd); to != "" {
			links[fd] = to
		}
	}
	return links
}

func linkOf(pid, fd int) string {
	to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
	return to
}
