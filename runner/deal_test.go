package runner

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/chunker"
)

// reader takes shares from a deal as a job's slot does, until there are no
// more.
func reader(d *deal, got chan<- *chunker.Share) {
	defer d.leave()
	for {
		fds := []unix.PollFd{{Fd: int32(d.r), Events: unix.POLLIN}}
		unix.Poll(fds, -1)
		s, over := d.take()
		if over {
			return
		}
		if s != nil {
			got <- s
		}
	}
}

// TestDeal holds that every share goes to one reader, one that comes back too,
// and that each reader hears of the end.
func TestDeal(t *testing.T) {
	const readers, shares = 5, 2000
	d, err := newDeal(readers)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	got := make(chan *chunker.Share)
	var all sync.WaitGroup
	for range readers {
		all.Go(func() { reader(d, got) })
	}
	go func() {
		for i := range shares {
			if !d.put(&chunker.Share{Off: int64(i)}) {
				t.Error("nobody reads")
			}
		}
		d.end()
		all.Wait()
		close(got)
	}()
	seen, returned := make(map[int64]int), false
	for s := range got {
		if s.Off == 1000 && !returned {
			returned = true
			d.back(s)
			continue
		}
		seen[s.Off]++
	}
	for i := range int64(shares) {
		if seen[i] != 1 {
			t.Fatalf("share %d was dealt %d times", i, seen[i])
		}
	}
}

// TestDealEndsWithItsReaders holds that put doesn't wait for readers that have
// gone, or after the end.
func TestDealEndsWithItsReaders(t *testing.T) {
	for name, end := range map[string]func(*deal){
		"the readers leave": func(d *deal) { d.leave(); d.leave() },
		"it has its end":    func(d *deal) { d.end() },
	} {
		d, err := newDeal(2)
		if err != nil {
			t.Fatal(err)
		}
		taken := make(chan bool)
		go func() {
			for d.put(&chunker.Share{}) {
			}
			close(taken)
		}()
		end(d)
		<-taken
		d.close()
		t.Log(name)
	}
}

// TestShareMemory holds that blocks of a stream are read into the memory of those
// whose jobs have ended.
func TestShareMemory(t *testing.T) {
	const size, blocks = 1 << 20, 64
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	go func() {
		defer out.Close()
		line := []byte(strings.Repeat("x", 1023) + "\n")
		for range blocks * size / len(line) {
			out.Write(line)
		}
	}()
	r := newRun(t, nil, "cat >/dev/null; : {#}")
	r.cfg.Jobs.Slots = 2
	input := chunker.NewInput(int(in.Fd()))
	defer input.Close()
	r.cfg.Source, r.cfg.Chunks = nil, chunker.NewShareSource([]*chunker.Input{input}, chunker.ShareOptions{Size: size})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sum := r.run(t)
	runtime.ReadMemStats(&after)
	if total := after.TotalAlloc - before.TotalAlloc; sum.Done != blocks || sum.Failed != 0 || total > blocks*size/2 {
		t.Errorf("%+v; %d bytes of memory", sum, total)
	}
}

// TestDealRefused holds that a job whose start is refused at first, after it was
// given its share, is one reader and not two.
func TestDealRefused(t *testing.T) {
	r := newRun(t, nil, "cat")
	r.cfg.Deal, r.cfg.Jobs.Slots = true, 2
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer p.deal.close()
	share := &chunker.Share{Data: []byte("a\n"), Size: 2}
	j := &job{slot: newSlot(p, 1), task: &Task{Chunk: chunker.Chunk{Share: share}}, pidfd: -1}
	for range 3 {
		if err := j.openShare(share); err != nil {
			t.Fatal(err)
		}
		j.close()
	}
	if p.deal.readers != 2 || j.task.dealt {
		t.Errorf("%d readers are left of 2", p.deal.readers)
	}
}
