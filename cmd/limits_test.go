package cmd

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestUnboundedWidth(t *testing.T) {
	for _, c := range []struct {
		most   limit
		known  int64
		slots  int
		notice string
	}{
		{limit{1 << 20, "x"}, -1, 4096, "4096 jobs at a time: that is the most for -j 0"},
		{limit{100, "files"}, -1, 100, "100 jobs at a time: files"},
		{limit{100, "files"}, 100, 100, "100 jobs at a time: files"},
		{limit{100, "files"}, 99, 99, ""},
		{limit{100, "files"}, 0, 1, ""},
	} {
		slots, notice, whenFull := unboundedWidth(c.most, c.known)
		if slots != c.slots || whenFull != (c.notice != "") || !strings.HasSuffix(notice, c.notice) || (notice == "") != (c.notice == "") {
			t.Errorf("%+v: %d slots, %q", c, slots, notice)
		}
	}
}

func TestLowest(t *testing.T) {
	if l := lowest([]limit{{7, "a"}, {3, "b"}, {5, "c"}}); l != (limit{3, "b"}) {
		t.Errorf("%+v", l)
	}
	if l := lowest([]limit{{-4, "a"}}); l.slots != 1 {
		t.Errorf("%d slots: a run needs one", l.slots)
	}
}

// A -j that the limit of open files can't hold is lowered and said, once.
func TestLoweredByOpenFiles(t *testing.T) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		t.Fatal(err)
	}
	low := unix.Rlimit{Cur: fdsElse + 100*fdsPerSlot, Max: r.Max}
	if r.Cur < low.Cur {
		t.Skip("the limit is lower already")
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &r)
	var o poolOptions
	o.jobs.Set("500")
	slots, notice, whenFull := o.width(2, &environment{}, -1, plainSlot)
	if slots > 100 || slots < 1 || !strings.Contains(notice, "instead of 500") || whenFull {
		t.Errorf("%d slots, %q, %v", slots, notice, whenFull)
	}
	o.jobs.Set("8")
	if slots, notice, _ := o.width(2, &environment{}, -1, plainSlot); slots != 8 || notice != "" {
		t.Errorf("%d slots, %q", slots, notice)
	}
}

func TestDefaultWidth(t *testing.T) {
	for _, c := range []struct {
		name string
		o    poolOptions
		env  environment
		want int
	}{
		{"CPUs", poolOptions{}, environment{}, 3},
		{"inside another pmap", poolOptions{}, environment{jobs: 2}, 2},
		{"-j wins", poolOptions{jobs: jobsValue{text: "5", count: 5}}, environment{jobs: 2}, 5},
		{"-o", poolOptions{terminal: true}, environment{jobs: 2}, 1},
	} {
		if got, _, _ := c.o.width(3, &c.env, -1, plainSlot); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// What the start method adds to each slot lowers how many there can be.
func TestSlotCost(t *testing.T) {
	plain, warm := &options{}, &options{}
	warm.warm.preload = "lib.sh"
	own := plain.slotCost(methodFork).slotsFor(400)
	for name, cost := range map[string]slotCost{
		"spawn": plain.slotCost(methodSpawn), "forkserver": plain.slotCost(methodForkServer), "--preload": warm.slotCost(methodForkServer),
	} {
		if n := cost.slotsFor(400); n >= own || n < 1 {
			t.Errorf("%s: %d slots, of plain jobs %d", name, n, own)
		}
	}
}
