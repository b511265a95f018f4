package main_test

import (
	"io"
	"os"
	"strings"
	"testing"
)

// longLines writes lines of 100,001 bytes until nobody reads them, and returns
// how many.
func longLines(w io.Writer) (written int) {
	for line := strings.Repeat("x", 100_000) + "\n"; ; written++ {
		if _, err := io.WriteString(w, line); err != nil {
			return written
		}
	}
}

// TestEndlessBlocks holds that blocks of an endless input are in memory while
// they are used, and that it is used again.
func TestEndlessBlocks(t *testing.T) {
	for _, words := range [][]string{{"wc", "-c"}, {"-N10", "wc", "-c"}, {"--tries", "2", "--retry-delay", "0", "test $PMAP_TRY = 2 && wc -c"}} {
		t.Run(words[0], func(t *testing.T) {
			r := prepare(t, append([]string{"pmap", "-j2", "--pipe"}, words...)...)
			in := r.feed()
			go longLines(in)
			out := r.reading()
			r.same(out, "sh", "-c", "yes 1000010 | head -n 200")
			r.below(48 * mib)
			out.(*os.File).Close()
			if got := r.end(); got != "SIGPIPE" {
				t.Errorf("ended with %s", got)
			}
		})
	}
}

// TestBlocksThatWait holds that no more blocks are read while some wait for
// their next try.
func TestBlocksThatWait(t *testing.T) {
	r := prepare(t, "pmap", "-j2", "--pipe", "--tries", "2", "--retry-delay", "1h", "--retry-max-delay", "1h", "echo x >>tried; false")
	in := r.feed()
	stuck := make(chan int)
	go func() { stuck <- longLines(in) }()
	r.begin()
	r.until("two blocks that wait", func() bool { return len(r.file("tried")) >= 2 })
	r.below(48 * mib)
	r.signal(15)
	if got := r.end(); got != "SIGTERM" {
		t.Errorf("ended with %s", got)
	}
	if n := <-stuck; n > 100 {
		t.Errorf("%d records were read", n)
	}
}
