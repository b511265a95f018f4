package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testRun = Run{Template: "job {}", ID: KeyOf("job {}"), Start: time.Unix(1000, 0), Slots: 2, Host: "h", PID: 1}

func entryOf(k *Keyer, item string, ok bool) *Entry {
	values := [][]byte{[]byte(item)}
	return &Entry{Keys: []Key{k.Key(values)}, Items: values, Values: values, Seq: 1, Try: 1, OK: ok, End: "exit 0", Start: time.Unix(1000, 0), Out: -1}
}

// TestDoneIsAMultiset holds that as many of an item are done as have succeeded,
// whatever the order, and that a journal which is cut anywhere is good up to its
// last whole line.
func TestDoneIsAMultiset(t *testing.T) {
	name := filepath.Join(t.TempDir(), "journal")
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "c", "", "a\n", "\xff"})).Draw(t, "items")
		oks := rapid.SliceOfN(rapid.Bool(), len(items), len(items)).Draw(t, "oks")
		k := &Keyer{ID: testRun.ID}
		text := testRun.Append(nil)
		for i, item := range items {
			text = entryOf(k, item, oks[i]).Append(text)
		}
		cut := rapid.IntRange(0, len(text)).Draw(t, "cut")
		if err := os.WriteFile(name, text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		whole := strings.LastIndexByte(string(text[:cut]), '\n') + 1
		done, size, torn, err := ReadDone(name, &testRun)
		if err != nil || size != int64(whole) || torn != cut-whole {
			t.Fatalf("size %d, torn %d, %v; cut at %d, after %d whole", size, torn, err, cut, whole)
		}
		lines := strings.Count(string(text[:whole]), "\n")
		want := map[string]int{}
		for i := range max(0, lines-1) {
			if oks[i] {
				want[items[i]]++
			}
		}
		for item, n := range want {
			for range n {
				if _, ok := done.Take(k.Key([][]byte{[]byte(item)})); !ok {
					t.Fatalf("%q isn't done %d times", item, n)
				}
			}
			if _, ok := done.Take(k.Key([][]byte{[]byte(item)})); ok {
				t.Fatalf("%q is done more than %d times", item, n)
			}
		}
	})
}

func TestOtherJournals(t *testing.T) {
	other, mtime := testRun, testRun
	other.ID, other.Template = KeyOf("other"), "other"
	mtime.Mtime = true
	for name, c := range map[string]struct{ text, says string }{
		"other command": {string(other.Append(nil)), "of another command, other"},
		"key-mtime":     {string(mtime.Append(nil)), "--key-mtime"},
		"other version": {strings.Replace(string(testRun.Append(nil)), `"version":1`, `"version":2`, 1), "another version"},
		"no run":        {`{"key":"` + testRun.ID.String() + `","ok":true}` + "\n", "no journal begins so"},
		"text":          {"text\n", "no JSON object"},
		"no newline":    {"text", "is no journal"},
	} {
		file := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, _, err := ReadDone(file, &testRun)
		if !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// Keys differ where items do, however these are put together.
func TestKeys(t *testing.T) {
	k := &Keyer{ID: testRun.ID}
	seen := map[Key]string{}
	for _, item := range []string{"", "a", "b", "ab", "a\x00", "a,b", "a|b", "ab|", "|ab", "a||b"} {
		var values [][]byte
		for _, v := range strings.Split(item, "|") {
			values = append(values, []byte(v))
		}
		key := k.Key(values)
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %q have the same key", item, other)
		}
		seen[key] = item
		if k.Key(values) != key {
			t.Errorf("%q has two keys", item)
		}
		if back, err := parseKey([]byte(key.String())); err != nil || back != key {
			t.Errorf("%s is read as %s, %v", key, back, err)
		}
	}
}
