package runner

import (
	"testing"
	"time"

	"pmap/chunker"
	"pmap/startmode"
)

// A partingParent tells of its end.
type partingParent struct {
	startmode.Parent
	closing func()
}

func (p partingParent) Close() error {
	p.closing()
	return p.Parent.Close()
}

// TestRescueEnds holds that no second slot is made to rescue the head before the
// first has let go of everything: they have one cell.
func TestRescueEnds(t *testing.T) {
	r := newRun(t, nil, "echo", "{}")
	var p *Pool
	closed := 0
	r.cfg.Parent = func(int) (startmode.Parent, error) {
		return partingParent{startmode.NewOwn(r.cfg.Starter), func() {
			closed++
			if !p.rescue.Load() {
				t.Error("another slot could be made")
			}
		}}, nil
	}
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.ends = -1
	head := &Task{Chunk: chunker.Chunk{Seq: 1, Items: []chunker.Item{{Seq: 1, Record: []byte("a")}}}, Try: 1}
	p.sched.running = 1
	p.arm(head, 1, time.Now())
	p.seq.begin(head)
	p.sched.again(head, time.Now())
	newSlot(p, 1).rescueHead()
	p.slots.Wait()
	if got := r.out.String(); got != "a\n" || closed != 1 || p.rescue.Load() {
		t.Errorf("%q, %d parents closed", got, closed)
	}
}
