package worker

import (
	"sync/atomic"
	"time"

	"pmap/ipc"
	"pmap/runner/builtin"
)

const (
	flushBytes = 64 << 10             // of answers
	flushAfter = 2 * time.Millisecond // of work, for an answer that is ready
)

// items runs the items that come over a connection by a built-in worker.
type items struct {
	conn  *ipc.Conn
	run   builtin.Func
	begun *int64 // in shared memory: items begun

	out   []byte // an open frame of answers
	place int
	since time.Time // when it was opened
	res   builtin.Result
}

// loop returns when no more items come.
func (w *items) loop() {
	for {
		f, err := w.conn.Read()
		if err != nil || f.Type != ipc.FrameItems || w.runAll(f.Payload) != nil {
			return
		}
	}
}

// runAll runs a message's items and answers them.
func (w *items) runAll(p ipc.Payload) error {
	last := time.Now()
	w.open(last)
	for p.More() {
		item := p.Bytes()
		atomic.AddInt64(w.begun, 1)
		w.res.Out, w.res.Err = w.res.Out[:0], w.res.Err[:0]
		status := w.run(item, &w.res)
		now := time.Now()
		w.out = ipc.AppendAnswer(w.out, &ipc.Answer{
			Status: byte(status), Took: uint64(now.Sub(last)), Out: w.res.Out, Err: w.res.Err,
		})
		last = now
		if p.More() && (len(w.out) > flushBytes || now.Sub(w.since) > flushAfter) {
			if err := w.flush(); err != nil {
				return err
			}
			w.open(now)
		}
	}
	if err := p.Err(); err != nil {
		return err
	}
	return w.flush()
}

func (w *items) open(now time.Time) {
	w.out, w.place = ipc.BeginFrame(w.out[:0], ipc.FrameAnswers)
	w.since = now
}

func (w *items) flush() error { return w.conn.Write(ipc.EndFrame(w.out, w.place)) }
