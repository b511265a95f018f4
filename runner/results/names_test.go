package results

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pmap/chunker"
)

// TestComponents holds that every value makes a file's name, and no two values
// the same.
func TestComponents(t *testing.T) {
	values := rapid.OneOf(
		rapid.StringMatching(`[at./\\\-_=#0\t]{0,6}`),
		rapid.StringMatching(`[a/\\]{190,240}`),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		name := component([]byte(a))
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") || len(name) > 255 {
			t.Fatalf("%q is called %q", a, name)
		}
		if a != b && name == component([]byte(b)) {
			t.Fatalf("%q and %q are both called %q", a, b, name)
		}
		for n := 2; n < 12; n++ {
			if component([]byte(b)) == numbered(name, n) {
				t.Fatalf("%q is called as the %d-th %q is", b, n, a)
			}
		}
	})
}

func TestNamesOfSeveral(t *testing.T) {
	item := func(text string) chunker.Item { return chunker.Item{Record: []byte(text)} }
	if name := nameOf([]chunker.Item{item("a"), item("b")}); name != "1/a/1/b" {
		t.Errorf("two items are called %q", name)
	}
	row := chunker.Item{Row: &chunker.Row{Columns: [][]byte{[]byte("a"), []byte("b/c")}}}
	if name := nameOf([]chunker.Item{row}); name != `1/a/2/b\_c` {
		t.Errorf("two columns are called %q", name)
	}
	var many []chunker.Item
	for range 1000 {
		many = append(many, item("abc"))
	}
	if name := nameOf(many); len(name) > 100 {
		t.Errorf("many items are called %q", name)
	}
}
