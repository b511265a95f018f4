package main_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const mib = 1 << 20

// peak is the most memory that the running program has had so far, in bytes.
// (What the kernel tells after its end includes what the test had when it made
// the process.)
func (r *run) peak() int64 {
	r.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.pid()))
	if err != nil {
		r.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		r.t.Fatal("no VmHWM: has it ended?")
	}
	kib, _ := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10
}

// below holds that the peak is below a limit, which doesn't hold under the
// race detector.
func (r *run) below(limit int64) {
	r.t.Helper()
	if got := r.peak(); len(raceFlag) == 0 && got >= limit {
		r.t.Errorf("%d MiB at the peak, not below %d", got/mib, limit/mib)
	}
}

// spilled is what the run has in files without a name, in bytes on the disk: less
// than they are long where there are holes, and no more, though some file systems
// give a file that grows more than it needs.
func (r *run) spilled() (total int64) {
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", r.pid()))
	for _, fd := range fds {
		var st unix.Stat_t
		if name, err := os.Readlink(fd); err == nil && strings.HasSuffix(name, " (deleted)") &&
			!strings.HasPrefix(name, "/memfd:") && unix.Stat(fd, &st) == nil {
			total += min(st.Blocks*512, st.Size)
		}
	}
	return total
}

// spillNotice is what pmap says of its temporary directory once it uses it.
func (r *run) spillNotice() string {
	r.t.Helper()
	dir := filepath.Join(r.dir, ".tmp")
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		r.t.Fatal(err)
	}
	if st.Type != unix.TMPFS_MAGIC {
		return ""
	}
	return tmpfsNotice(dir)
}

func tmpfsNotice(dir string) string {
	return "pmap: output that waits goes to " + dir + ", which is a tmpfs and lies in memory too; --tmpdir names another directory, --spill a limit\n"
}

// same holds that what is read next is what a command prints.
func (r *run) same(in io.Reader, name string, args ...string) {
	r.t.Helper()
	cmd := exec.Command(name, args...)
	want, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	a, b := make([]byte, mib), make([]byte, mib)
	for done := 0; ; {
		n, err := io.ReadFull(want, b)
		if m, _ := io.ReadFull(in, a[:n]); m < n || !bytes.Equal(a[:n], b[:n]) {
			r.t.Errorf("it differs after %d bytes", done)
			cmd.Process.Kill()
			break
		}
		done += n
		if err != nil {
			break
		}
	}
	cmd.Wait()
}

// reading makes the run's stdout a pipe, which the test reads.
func (r *run) reading() io.Reader {
	r.t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		r.t.Fatal(err)
	}
	r.cmd.Stdout = write
	r.begin()
	write.Close()
	r.t.Cleanup(func() { read.Close() })
	return read
}

// TestManyBehindOne holds that jobs whose output waits cost little beside it.
func TestManyBehindOne(t *testing.T) {
	const n = 4000
	r := prepare(t, "pmap", "-j2", fmt.Sprintf("case {} in 1) until test -e go; do sleep 0.1; done;; %d) echo > last; esac; echo {}", n))
	r.cmd.Stdin = strings.NewReader(numbers(1, n))
	r.begin()
	r.file("last")
	r.below(32 * mib)
	r.write("go", "\n")
	r.ends("0", numbers(1, n), "")
}

// TestMuchBehindOne holds that output which waits goes to the disk, that it
// comes back as it was, and that its room is given up once it is out.
func TestMuchBehindOne(t *testing.T) {
	const seq = "60000000" // 528 MB
	r := prepare(t, "pmap", "-j2", `case {} in
		1) until test -e go1; do sleep 0.01; done; echo slow;;
		2) seq `+seq+`; echo > printed;;
		3) until test -e go3; do sleep 0.01; done; echo last;;
		esac`, ":::", "1", "2", "3")
	out := r.reading()
	r.file("printed")
	r.until("400 MiB on the disk", func() bool { return r.spilled() >= 400*mib })
	r.write("go1", "\n")
	r.same(out, "echo", "slow")
	r.same(out, "seq", seq)
	r.until("the room on the disk to be given back", func() bool { return r.spilled() == 0 })
	r.below(300 * mib)
	r.write("go3", "\n")
	r.same(out, "echo", "last")
	r.ends("0", "", r.spillNotice())
}

// TestSpillLimit holds that at the limit jobs wait, and nothing is lost.
func TestSpillLimit(t *testing.T) {
	r := prepare(t, "pmap", "-j4", "--buffer", "1M", "--spill", "4M", `case {} in 1) until test -e go; do sleep 0.01; done; esac
		seq {}000000 {}999999; echo >> ended.{}`, ":::", "1", "2", "3", "4", "5", "6", "7", "8")
	out := r.reading()
	r.until("all room to be taken", func() bool { return r.spilled() > 4*mib-256<<10 })
	if got := r.spilled(); got > 4*mib {
		t.Errorf("%d bytes spilled", got)
	}
	if names, _ := filepath.Glob(filepath.Join(r.dir, "ended.*")); len(names) > 0 {
		t.Errorf("%q, although there was no room", names)
	}
	r.below(64 * mib)
	r.write("go", "\n")
	r.same(out, "seq", "1000000", "8999999")
	r.ends("0", "", r.spillNotice())
}

// needUnshare skips a test that needs namespaces of its own, where those aren't
// granted: in a container even root may not have them.
func needUnshare(t *testing.T, words ...string) {
	t.Helper()
	if out, err := exec.Command("unshare", words...).CombinedOutput(); err != nil {
		t.Skipf("unshare %q: %v: %s", words, err, out)
	}
}

// TestFullDisk holds the same where the disk is full before any limit. It lies
// in memory, which pmap says.
func TestFullDisk(t *testing.T) {
	needUnshare(t, "-m", "mount", "-t", "tmpfs", "none", t.TempDir())
	r := prepare(t, "unshare", "-m", "sh", "-c", `mount -t tmpfs -o size=6m none "$PWD/small" && exec "$@"`, "sh",
		"pmap", "-j4", "--buffer", "1M", "--tmpdir", "small", `case {} in 1) until test -e go; do sleep 0.01; done; esac
		seq {}000000 {}999999`, ":::", "1", "2", "3", "4", "5", "6", "7", "8")
	if err := os.Mkdir(filepath.Join(r.dir, "small"), 0o777); err != nil {
		t.Fatal(err)
	}
	out := r.reading()
	r.until("a full disk", func() bool {
		var st unix.Statfs_t
		err := unix.Statfs(fmt.Sprintf("/proc/%d/root%s/small", r.pid(), r.dir), &st)
		return err == nil && st.Type == unix.TMPFS_MAGIC && st.Bfree == 0
	})
	r.write("go", "\n")
	r.same(out, "seq", "1000000", "8999999")
	r.ends("0", "", tmpfsNotice("small"))
}

// TestEndlessInput holds that input is read as it is used, whatever there is.
func TestEndlessInput(t *testing.T) {
	r := prepare(t, "pmap", "-j2", "sh", "-c", `echo ${#1}`, "sh")
	in := r.feed()
	go func() {
		for line := strings.Repeat("x", 100_000) + "\n"; ; {
			if _, err := io.WriteString(in, line); err != nil {
				return
			}
		}
	}()
	out := r.reading()
	r.same(out, "sh", "-c", "yes 100000 | head -n 5000") // 500 MB
	r.below(128 * mib)
	out.(*os.File).Close()
	if got := r.end(); got != "SIGPIPE" {
		t.Errorf("ended with %s", got)
	}
}

// TestHugeRecord holds that a record which no argument can hold is its own
// job's failure, said in few words, and that others go on.
func TestHugeRecord(t *testing.T) {
	r := prepare(t, "pmap", "echo")
	r.cmd.Stdin = io.MultiReader(strings.NewReader("a\n"), io.LimitReader(repeat('x'), 100e6), strings.NewReader("\nb"))
	r.begin()
	if got := r.end(); got != "126" || r.out.String() != "a\nb\n" {
		t.Errorf("ended with %s, printed %.100q", got, r.out.String())
	}
	said := r.err.String()
	for _, part := range []string{"pmap: 1 of 3 failed (1 cannot run); first #2, cannot run ", "100000000", "131071"} {
		if !strings.Contains(said, part) {
			t.Errorf("stderr lacks %q: %.1000s", part, said)
		}
	}
	if len(said) > 2000 {
		t.Errorf("it said %d bytes", len(said))
	}
}

// A repeat is an endless reader of one byte.
type repeat byte

func (c repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

// TestLazyInput holds that an item's job runs as soon as the item is complete.
func TestLazyInput(t *testing.T) {
	r := prepare(t, "pmap", "-j4", "echo")
	in := r.feed()
	r.begin()
	io.WriteString(in, "a\nb")
	r.prints("a\n")
	io.WriteString(in, "\nc")
	r.prints("a\nb\n")
	in.Close()
	r.ends("0", "a\nb\nc\n", "")
}

// TestHeadWritesThrough holds that the job whose turn it is doesn't wait for
// its end, nor for a newline, and that its successor takes over at once.
func TestHeadWritesThrough(t *testing.T) {
	r := start(t, "pmap", "-j2", `printf '{} begins,'; until test -e go{}; do sleep 0.01; done; echo ' {} ends'`, ":::", "1", "2", "3")
	r.prints("1 begins,")
	r.write("go1", "\n")
	r.prints("1 begins, 1 ends\n2 begins,")
	r.write("go3", "\n")
	r.write("go2", "\n")
	r.ends("0", "1 begins, 1 ends\n2 begins, 2 ends\n3 begins, 3 ends\n", "")
}

// TestFullOutput holds that a stdout which takes nothing ends the run with 1.
func TestFullOutput(t *testing.T) {
	r := prepare(t, "pmap", "-j2", `case {} in 2) echo $$ > pid; exec sleep 1000; esac; until test -s pid; do sleep 0.01; done; echo {}`, ":::", "1", "2", "3")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	r.cmd.Stdout = full
	r.begin()
	if got := r.end(); got != "1" {
		t.Errorf("ended with %s", got)
	}
	// Whether the first job is done depends on when it learns of it.
	said := strings.SplitAfter(r.err.String(), "\n")
	if said[0] != "pmap: cannot write to stdout: no space left on device\n" || !strings.HasPrefix(said[1], "pmap: stopped: ") || said[2] != "" {
		t.Errorf("said %q", said)
	}
}

// TestFullFailedTo: the same for the file of what failed.
func TestFullFailedTo(t *testing.T) {
	r := start(t, "pmap", "--failed-to", "/dev/full", "-j1", `exit {}`, ":::", "0", "1", "0")
	if got := r.end(); got != "1" || !strings.HasPrefix(r.err.String(), "pmap: cannot write to the file of failed records: no space left on device\n") {
		t.Errorf("ended with %s, said %q", got, r.err.String())
	}
}

// TestFewFiles holds that a -j for which there are not enough files is lowered,
// with one notice, and that nothing fails for want of one.
func TestFewFiles(t *testing.T) {
	r := start(t, append([]string{"sh", "-c", `ulimit -n 20; exec pmap -j64 "$@"`, "sh", `echo {}; ulimit -n >&2`}, items(100)...)...)
	if got := r.end(); got != "0" {
		t.Errorf("ended with %s", got)
	}
	r.wrote("stdout", r.out.String(), numbers(1, 100))
	r.wrote("stderr", r.err.String(), "pmap: running 1 job at a time instead of 64: the limit of open files (ulimit -n) allows no more\n"+strings.Repeat("20\n", 100))
}

// TestFewFilesWarm holds the same where each slot has an interpreter, down to
// what the limit just holds.
func TestFewFilesWarm(t *testing.T) {
	for most, slots := range map[string]string{"40": "1 job", "80": "3 jobs"} {
		t.Run(most, func(t *testing.T) {
			r := prepare(t, append([]string{"sh", "-c", `ulimit -n ` + most + `; exec pmap -j64 "$@"`, "sh", "--preload", "lib.sh", `show {}`}, items(100)...)...)
			r.write("lib.sh", "show() { echo $1; }\n")
			r.begin().ends("0", numbers(1, 100), "pmap: running "+slots+" at a time instead of 64: the limit of open files (ulimit -n) allows no more\n")
		})
	}
}

// TestSoftLimitOfFiles holds that jobs keep a soft limit that binds only them.
func TestSoftLimitOfFiles(t *testing.T) {
	r := start(t, append([]string{"sh", "-c", `ulimit -Sn 20; exec pmap -j16 "$@"`, "sh", `echo {}; ulimit -n >&2`}, items(100)...)...)
	r.ends("0", numbers(1, 100), strings.Repeat("20\n", 100))
}

// TestRefusedProcesses holds that a run which gets no more processes for a
// while says so once, goes on with those it has, and loses nothing.
func TestRefusedProcesses(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("another user's process needs root")
	}
	r := prepareRefusal(t)
	r.asUser()
	r.refuse("--nproc=1:", "--nproc=%d:", unix.RLIMIT_NPROC)
}

// TestRefusedFiles: the same for files.
func TestRefusedFiles(t *testing.T) {
	r := prepareRefusal(t)
	r.refuse("--nofile=5:", "--nofile=%d:", unix.RLIMIT_NOFILE)
}

// prepareRefusal prepares a run of more jobs than can run at a time.
func prepareRefusal(t *testing.T) *run {
	t.Helper()
	return prepare(t, "pmap", "-j4", `: > began.{}; until test -e go; do sleep 0.01; done; echo {}`, ":::", "1", "2", "3", "4", "5", "6", "7", "8")
}

// refuse sets a limit of the run as soon as its first jobs run, and lifts it
// when pmap has said that it waits.
func (r *run) refuse(set, lift string, resource int) {
	t := r.t
	t.Helper()
	r.begin()
	r.until("four jobs", func() bool {
		names, _ := filepath.Glob(filepath.Join(r.dir, "began.*"))
		return len(names) == 4
	})
	r.guardian()
	var limit unix.Rlimit
	if err := unix.Getrlimit(resource, &limit); err != nil {
		t.Fatal(err)
	}
	r.prlimit(set)
	r.write("go", "\n")
	r.says("more processes")
	r.prlimit(fmt.Sprintf(lift, int64(limit.Max)))
	if got := r.end(); got != "0" || strings.Count(r.err.String(), "\n") != 1 {
		t.Errorf("ended with %s, said %q", got, r.err.String())
	}
	r.wrote("stdout", r.out.String(), numbers(1, 8))
}

// prlimit sets a limit of the running program, as its own user.
func (r *run) prlimit(option string) {
	r.t.Helper()
	cmd := exec.Command("prlimit", option, "--pid", strconv.Itoa(r.pid()))
	cmd.SysProcAttr = r.cmd.SysProcAttr
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("prlimit: %v: %s", err, out)
	}
}

// users counts those whom runs have been.
var users atomic.Uint32

// asUser has the run be a user who has no processes elsewhere, other runs of the
// tests included, and who may write to its directory.
func (r *run) asUser() {
	r.t.Helper()
	id := 20_000 + (uint32(os.Getpid())*16+users.Add(1))%40_000
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	for dir := r.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		os.Chmod(dir, 0o777)
	}
	os.Chmod(filepath.Join(r.dir, ".tmp"), 0o777)
	os.Chmod(binDir(), 0o755)
	os.Chmod(filepath.Join(binDir(), "pmap"), 0o755)
	for dir := os.TempDir(); dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		if st, err := os.Stat(dir); err == nil && st.Mode()&0o1 == 0 {
			r.t.Skip("another user can't reach files below", dir)
		}
	}
}

// TestFewProcesses holds that a -j for which the user may not have enough
// processes is lowered, whatever else the user runs.
func TestFewProcesses(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("another user's process needs root")
	}
	r := prepare(t, append([]string{"bash", "-c", `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1000 & done
		(ulimit -u 60; pmap -j40 "$@"); s=$?; kill $(jobs -p); exit $s`, "sh", `echo {}`}, items(200)...)...)
	r.asUser()
	r.begin()
	if got := r.end(); got != "0" {
		t.Errorf("ended with %s", got)
	}
	r.wrote("stdout", r.out.String(), numbers(1, 200))
	if strings.Count(r.err.String(), "\n") != 1 || !strings.Contains(r.err.String(), "the limit of processes (ulimit -u) allows no more\n") {
		t.Errorf("said %.500q", r.err.String())
	}
}
