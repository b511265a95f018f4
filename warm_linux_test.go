package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/testdata/kernel"
)

// hanging are the ways in which an item can hang behind a warm interpreter or
// in a coprocess, each with a child of its own that writes its number to a
// file. The words follow pmap's.
var hanging = map[string][]string{
	"bash":   {"--preload", "lib.sh", `hang {}`},
	"dash":   {"--shell", "dash", "--preload", "lib.sh", `hang {}`},
	"python": {"--python", "lib.py"},
	"coproc": {"--coproc-window", "1", "--coproc", `. ./lib.sh; while read x; do hang $x; done`},
}

const (
	hangingShell  = `hang() { sh -c 'echo $$ > pid.'"$1"'; exec sleep 1000'; }` + "\n"
	hangingPython = `
import subprocess
def main(item):
    subprocess.run(["sh", "-c", "echo $$ > pid." + item + "; exec sleep 1000"])
`
)

// hang starts a run whose two items hang, and waits until they do.
func hang(t *testing.T, words ...string) (r *run, pids []string) {
	t.Helper()
	r = prepare(t, append(append([]string{"pmap", "-j2", "--kill-after", "0.5"}, words...), ":::", "1", "2")...)
	r.write("lib.sh", hangingShell)
	r.write("lib.py", hangingPython)
	r.begin()
	return r, []string{r.pidIn("pid.1"), r.pidIn("pid.2")}
}

// TestWarmInterrupted holds that a signal ends interpreters and what they have
// forked.
func TestWarmInterrupted(t *testing.T) {
	for name, words := range hanging {
		for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM} {
			t.Run(name+"/"+unix.SignalName(sig), func(t *testing.T) {
				r, pids := hang(t, words...)
				r.signal(sig)
				if got := r.end(); got != unix.SignalName(sig) {
					t.Errorf("ended with %s", got)
				}
				for _, pid := range pids {
					r.gone(pid) // what KILL has been sent to takes its time
				}
			})
		}
	}
}

// TestWarmKilled holds that nothing survives a kill -9 of pmap; what it leaves
// elsewhere every run looks for.
func TestWarmKilled(t *testing.T) {
	for name, words := range hanging {
		t.Run(name, func(t *testing.T) {
			r, pids := hang(t, words...)
			r.guardian()
			r.signal(unix.SIGKILL)
			for _, pid := range pids {
				r.gone(pid)
			}
		})
	}
}

// TestWarmInterpretersKilled kills interpreters through a whole run, and holds
// that no item is lost or done twice in the output.
func TestWarmInterpretersKilled(t *testing.T) {
	const n = 100
	for name, words := range map[string][]string{
		"bash":   {"--preload", "lib.sh", `show {}`},
		"dash":   {"--shell", "dash", "--preload", "lib.sh", `show {}`},
		"python": {"--python-code", "import os\ndied(item) or print(item)", "--python-setup", killingPython},
		"coproc": {"--coproc", `. ./lib.sh; while read x; do show $x; done`},
	} {
		t.Run(name, func(t *testing.T) {
			r := prepare(t, append([]string{"pmap", "-j3", "--tries", "2", "--retry-delay", "0"}, append(words, items(n)...)...)...)
			r.write("lib.sh", `show() { case $1 in *7) [ -e died.$1 ] || { : > died.$1; kill -KILL $$; exec sleep 1000; } ;; esac; echo $1; }`+"\n")
			r.begin().ends("0", numbers(1, n), "")
			if died, _ := filepath.Glob(filepath.Join(r.dir, "died.*")); len(died) != n/10 {
				t.Errorf("%d interpreters were killed", len(died))
			}
		})
	}
}

const killingPython = `
import os, time
def died(item):
    if item.endswith("7") and not os.path.exists("died." + item):
        open("died." + item, "w").close()
        os.kill(os.getppid(), 9)
        time.sleep(1000)
`

// TestWarmEqualsLoop holds a preloaded function against the plain loop, for
// values that every shell finds hard.
func TestWarmEqualsLoop(t *testing.T) {
	var in strings.Builder
	for c := 1; c < 256; c++ {
		fmt.Fprintf(&in, "a%sz\x00", []byte{byte(c)})
	}
	for _, hard := range []string{"", "-n", "-e", "$(x)", "`x`", "a'b\"c", "\\", "*", "~", "\xff\xfe", "{}", "é"} {
		in.WriteString(hard + "\x00")
	}
	const loop = `. ./lib.sh; while IFS= read -r -d '' item; do (show "$item") || echo "status $?"; done < items`
	for _, shell := range []string{"bash", "dash", "./sh"} { // the last is a bash that takes itself for a POSIX shell
		t.Run(shell, func(t *testing.T) {
			r := prepare(t, "pmap", "-0", "-j3", "--shell="+shell, "--preload", "./lib.sh", "-a", "items", `show {} || echo "status $?"`)
			bash, err := exec.LookPath("bash")
			if err == nil {
				err = os.Symlink(bash, filepath.Join(r.dir, "sh"))
			}
			if err != nil {
				t.Fatal(err)
			}
			r.write("lib.sh", `show() { printf '<%s>' "$1"; printf '%s' "$1" | od -An -tx1; case $1 in *z) return 3 ;; esac; }`+"\n")
			r.write("items", in.String())
			plain := exec.Command("bash", "-c", loop)
			plain.Dir, plain.Env = r.dir, append(os.Environ(), "LC_ALL=C")
			want, err := plain.Output()
			if err != nil {
				t.Fatal(err)
			}
			r.begin().ends("0", string(want), "")
		})
	}
}

// plainScripts are what items do, and find, that a preloaded shell must not
// change: each is run with and without one.
var plainScripts = map[string][]string{
	"sh": {
		`n={}; cat </nonexistent; echo $LINENO; nonexistent`,
		`n={}; x={}; trap 'echo bye "$x"' EXIT; echo hi; exit 4`,
		`n={}; x={}; trap 'echo bye "$x"' EXIT; exit 141`,
		`n={}; exec sh -c 'kill -INT $$'`,
		`n={}; exec sh -c 'kill -PIPE $$'`,
		`n={}; exec sh -c 'kill -QUIT $$'`,
		`n={}; exec sh -c 'kill -TERM $$'`,
		`n={}; exec sh -c 'kill -SEGV $$'`,
		`n={}; exec sh -c 'kill -34 $$'`,
		`n={}; exec sh -c 'exit 130'`,
		`n={}; exec nonexistent`,
		`n={}; exec >&-; echo hello; echo $?`,
		`n={}; exec <&-; cat; echo $?`,
		`cat; echo {} | { read x; echo "<$x>"; }`,
		`n={}; set -e; false; echo not reached`,
		`n={}; trap; jobs; ulimit -n; umask; ls /proc/self/fd`,
		`n={}; echo "$# $@ $0 $-"; echo "$PMAP_SEQ $PMAP_SLOT $PMAP_TRY"; env | grep -c PMAP`,
		`n={}; echo hi >&7`,
		`n={}; echo hi >&9`,
		`n={}; sleep 0.01 & wait $!; echo $?`,
		`n={}; echo $((1/0)); echo not reached`,
		`n={}; readonly q=1; q=2; echo not reached`,
		`n={}; exit 256`,
		`n={}; return 3; echo not reached`,
		`n={}; break; echo reached; continue; echo reached`,
		`echo {} \`,
		`echo {} \\`,
		`echo {} # \`,
		`n={}; head -c 3000000 /dev/zero`,
	},
	"bash": {
		`n={}; kill -INT $BASHPID; sleep 100`,
		`n={}; kill -PIPE $BASHPID; sleep 100`,
		`n={}; set -eo pipefail; yes | head -1 >/dev/null; echo not reached`,
		`n={}; trap -p; set -o; shopt; alias; declare -F; compgen -v pmap; caller; return 3`,
		`n={}; echo $LINENO; f() { echo $LINENO; }; f; exec {fd}>&1; echo $fd`,
		`n={}; cat <(echo a) <(echo b); mapfile -t x < <(echo c); echo ${x[@]}`,
	},
}

// deadly matches the scripts of which only Linux 6.15 and later tell that a
// signal ended them.
var deadly = regexp.MustCompile(`kill -(INT|PIPE)`)

// reading is a script as it is shown, which reads FILE first.
var reading = regexp.MustCompile(`(?m)\(\. /dev/null; (.*)\)$`)

// TestWarmEqualsFork holds the scripts against a shell for each item.
func TestWarmEqualsFork(t *testing.T) {
	for _, shell := range []string{"bash", "dash"} {
		for _, script := range append(plainScripts["sh"], plainScripts[shell]...) {
			t.Run(shell+"/"+script, func(t *testing.T) {
				if deadly.MatchString(script) && !kernel.TellsEnds() {
					t.Skip("this kernel is older than Linux 6.15")
				}
				words := []string{"-j1", "--shell=" + shell, script, ":::", "a", "b c"}
				r := start(t, append([]string{"pmap", "--preload", "/dev/null"}, words...)...)
				plain := exec.Command(r.cmd.Path, words...)
				plain.Dir, plain.Env = r.dir, r.cmd.Env
				var stderr strings.Builder
				plain.Stderr = &stderr
				stdout, _ := plain.Output()
				if got, want := r.end(), fmt.Sprint(plain.ProcessState.ExitCode()); got != want {
					t.Errorf("ended with %s, wanted %s", got, want)
				}
				r.wrote("stdout", r.out.String(), string(stdout))
				r.wrote("stderr", reading.ReplaceAllString(r.err.String(), "$1"), stderr.String())
			})
		}
	}
}
