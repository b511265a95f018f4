package warm

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func pythonFile(t *testing.T, text string) *bench {
	t.Helper()
	file := write(t, "lib.py", text)
	return serve(t, "python3", PythonFile("python3", file), []string{"python3", file})
}

func pythonCode(t *testing.T, code, setup string) *bench {
	t.Helper()
	return serve(t, "python3", PythonCode("python3", code, setup), []string{"python3", "-c", code})
}

func TestPythonMain(t *testing.T) {
	b := pythonFile(t, `
import os, sys
calls = []
def main(item):
    calls.append(item)
    if item == "none":
        return
    if item == "raise":
        raise ValueError("no")
    if item == "exit":
        sys.exit(7)
    if item == "text":
        sys.exit("bye")
    if item == "kill":
        os.kill(os.getpid(), 9)
    if item == "interrupt":
        raise KeyboardInterrupt
    return "%r %d %s %s" % (os.fsencode(item), len(calls), sys.argv[1:] == [item], os.environ["PMAP_SEQ"])
`)
	for _, c := range []struct {
		item, out, err string
		ws             unix.WaitStatus
	}{
		{"a\n\xff'\"", `b'a\n\xff\'"' 1 True 7` + "\n", "", 0},
		{"none", "", "", 0},
		{"", "b'' 1 True 7\n", "", 0},
		{"exit", "", "", 7 << 8},
		{"text", "", "bye\n", 1 << 8},
		{"kill", "", "", 9},
	} {
		out, err, ws := b.run(c.item)
		if out != c.out || err != c.err || ws != c.ws {
			t.Errorf("%q: %q, %q, %x", c.item, out, err, ws)
		}
	}
	_, err, ws := b.run("raise")
	if ws != 1<<8 || !strings.HasPrefix(err, "Traceback") || !strings.HasSuffix(err, "ValueError: no\n") || strings.Contains(err, "<string>") {
		t.Errorf("status %x, stderr %s", ws, err)
	}
	if _, err, ws := b.run("interrupt"); ws != 2 || !strings.HasSuffix(err, "KeyboardInterrupt\n") {
		t.Errorf("status %x, stderr %s", ws, err)
	}
}

// TestPythonMainElsewhere holds that main need not be a def of the file.
func TestPythonMainElsewhere(t *testing.T) {
	for _, text := range []string{"main = len\n", "from operator import length_hint as main\n", "def main(item, base=1, *more, key=2): return len(item)\n"} {
		b := pythonFile(t, text)
		if out, err, ws := b.run("four"); ws != 0 || err != "" || out != "4\n" {
			t.Errorf("%q: %q, %q, %x", text, out, err, ws)
		}
	}
}

func TestPythonScript(t *testing.T) {
	b := pythonFile(t, `
import atexit, sys
atexit.register(print, "at exit")
def main():
    print("main", sys.argv[1])
if __name__ == "__main__":
    main()
`)
	for range 2 {
		out, err, ws := b.run("x")
		if out != "main x\nat exit\n" || err != "" || ws != 0 {
			t.Errorf("%q, %q, %x", out, err, ws)
		}
	}
}

func TestPythonCode(t *testing.T) {
	b := pythonCode(t, "import sys\nprint({1: json.dumps(item)}, n, sys.argv, sorted(k for k in globals() if not k.startswith('__')))\nn += 1", "import json\nn = 5")
	for range 2 {
		out, err, ws := b.run("it'em")
		if out != `{1: '"it\'em"'} 5 ['-c', "it'em"] ['item', 'json', 'n', 'sys']`+"\n" || err != "" || ws != 0 {
			t.Errorf("%q, %q, %x", out, err, ws)
		}
	}
}

// TestPythonFinalizers holds that a child cleans up what it made, and leaves
// to the interpreter what that made.
func TestPythonFinalizers(t *testing.T) {
	b := pythonFile(t, `
import atexit, os, tempfile
shared = tempfile.TemporaryDirectory()
atexit.register(print, "the interpreter's own")
def main(item):
    global mine
    mine = tempfile.TemporaryDirectory()
    print(os.path.isdir(shared.name))
    return mine.name
`)
	for range 2 {
		out, err, ws := b.run("x")
		lines := strings.Split(out, "\n")
		if len(lines) != 3 || lines[0] != "True" || ws != 0 {
			t.Fatalf("%q, %q, %x", out, err, ws)
		}
		if exists(lines[1]) {
			t.Errorf("%s is left", lines[1])
		}
	}
}
