package main_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// showWords is a command that prints its words, so that one command's can be
// told from the next one's.
var showWords = []string{"printf", `<%s>`}

// printed is what a program prints for the items, one a line.
func printed(t interface{ Fatalf(string, ...any) }, items []string, argv ...string) string {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(strings.Join(items, "\n") + "\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v: %s", argv, err, stderr.Bytes())
	}
	return string(out)
}

// peer is a program to compare with, which must be the one that is meant.
func peer(t *testing.T, name, version string) {
	out, err := exec.Command(name, "--version").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte(version)) {
		t.Skipf("no %s here", version)
	}
}

// TestPacksAsXargs holds which items go into which command against xargs.
func TestPacksAsXargs(t *testing.T) {
	peer(t, "xargs", "GNU findutils")
	pmap := filepath.Join(binDir(), "pmap")
	item := rapid.StringMatching(`[!-~]?[ -~é]{0,10}[!-~]`)
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(item, 1, 40).Draw(t, "items")
		options := rapid.SampledFrom([]func() []string{
			func() []string { return []string{fmt.Sprint("-n", rapid.IntRange(1, 9).Draw(t, "n"))} },
			func() []string { return []string{"-s", fmt.Sprint(rapid.IntRange(30, 120).Draw(t, "s"))} },
			func() []string {
				return []string{fmt.Sprint("-n", rapid.IntRange(2, 9).Draw(t, "n")), "-s", fmt.Sprint(rapid.IntRange(30, 120).Draw(t, "s"))}
			},
			func() []string { return []string{"-L", fmt.Sprint(rapid.IntRange(1, 9).Draw(t, "L"))} },
		}).Draw(t, "options")()
		command := append(options, showWords...)
		want := printed(t, items, append([]string{"xargs", "-d", `\n`}, command...)...)
		got := printed(t, items, append([]string{pmap, "-j1"}, command...)...)
		if got != want {
			t.Fatal(cmp.Diff(want, got))
		}
	})
}

// TestPacksAsParallel holds what becomes of the words against GNU parallel, for
// items in which its shell finds nothing.
func TestPacksAsParallel(t *testing.T) {
	peer(t, "parallel", "GNU parallel")
	pmap := filepath.Join(binDir(), "pmap")
	items := []string{"1", "d/2.x", "3.y.z", "4", "e/f/5", "6", "7"}
	for _, command := range []string{
		"-X echo", "-X echo {}", "-X echo --in={} end", "-X echo {}={.}", "-X echo {/} {//}", "-X -n3 echo --in={}",
		"-m echo", "-m echo --in={};end", "-m echo {}+{.}", "-m -n3 echo --in={};", "--xargs echo x{}y",
		"-N3 echo {}", "-N3 -X echo {1}={}", "-N7 echo {7} {1}", "-N0 echo x", "-n3 echo {#}", "-X echo {#} {}",
		"-n3 --tag echo", "-n3 --tagstring {1} echo", "-L3 echo", "-n2 -X --dry-run echo --in={}",
	} {
		t.Run(command, func(t *testing.T) {
			words := strings.Fields(strings.ReplaceAll(command, ";", ","))
			want := printed(t, items, append([]string{"parallel", "--will-cite", "-k", "-j1"}, words...)...)
			got := printed(t, items, append([]string{pmap, "-j1"}, words...)...)
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
