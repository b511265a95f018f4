package runner

import (
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/startmode"
)

// A pooled worker is a process of pmap's that runs a built-in.
type pooled struct {
	process  *startmode.WorkerProcess
	begun    *int64 // shared: items that it has begun
	answered int64
	flight   []*Task
	out      []byte // frames that were sent last
	left     []byte // what of them could not be sent yet
}

// StartPooled starts a worker that runs the built-in of w.Hello.Words. Its
// Cell is in w.Table.
func StartPooled(w *startmode.WorkerSpec) (Worker, error) {
	begun := w.Table.Count(w.Hello.Cell)
	atomic.StoreInt64(begun, 0)
	p, err := startmode.StartWorker(w)
	if err != nil {
		return nil, err
	}
	return &pooled{process: p, begun: begun}, nil
}

func (w *pooled) Send(tasks []*Task) error {
	left := copy(w.out[:cap(w.out)], w.left)
	out, at := ipc.BeginFrame(w.out[:left], ipc.FrameItems)
	for _, t := range tasks {
		out = ipc.AppendBytes(out, []byte(t.Chunk.Items[0].Record))
	}
	w.out = ipc.EndFrame(out, at)
	w.left = w.out
	w.flight = append(w.flight, tasks...)
	if err := w.push(); err != unix.EPIPE {
		return err
	}
	return nil // what it answered before its end is still there
}

func (w *pooled) push() (err error) {
	w.left, err = w.process.Conn.TryWrite(w.left)
	return err
}

func (w *pooled) Room() int { return chunkMost }

func (w *pooled) Step(d time.Duration) ([]Answer, error) {
	set := []unix.PollFd{{Fd: int32(w.process.Conn.FD()), Events: unix.POLLIN}}
	if len(w.left) > 0 {
		set[0].Events |= unix.POLLOUT
	}
	wait := -1
	if d >= 0 {
		wait = milliseconds(d)
	}
	n, err := unix.Poll(set, wait)
	if n <= 0 {
		if err == unix.EINTR {
			err = nil
		}
		return nil, err
	}
	if set[0].Revents&unix.POLLOUT != 0 {
		if err := w.push(); err != nil && err != unix.EPIPE {
			return nil, err // EPIPE: what it answered before its end is still there
		}
	}
	if set[0].Revents&^unix.POLLOUT == 0 {
		return nil, nil
	}
	return w.receive()
}

// receive reads once, and takes the answers that are complete.
func (w *pooled) receive() (answers []Answer, err error) {
	err = w.process.Conn.Fill()
	for {
		f, ok, broken := w.process.Conn.Buffered()
		switch {
		case broken != nil:
			return answers, broken
		case !ok:
			return answers, err
		case f.Type == ipc.FrameFault:
			return answers, startmode.Fault(f)
		}
		for p := f.Payload; p.More(); {
			a := ipc.NextAnswer(&p)
			if p.Err() != nil || len(w.flight) == 0 {
				return answers, io.ErrUnexpectedEOF
			}
			answers = append(answers, w.answer(&a))
		}
	}
}

func (w *pooled) answer(a *ipc.Answer) Answer {
	t := w.flight[0]
	w.flight = w.flight[1:]
	w.answered++
	if len(a.Out) > 0 {
		t.Write(stdout, a.Out)
	}
	if len(a.Err) > 0 {
		t.Write(stderr, a.Err)
	}
	return Answer{Task: t, Status: Status{Kind: Exited, Code: int(a.Status)}, Took: time.Duration(a.Took)}
}

// Current is the one that was begun last, unless it has been answered.
func (w *pooled) Current() int { return int(atomic.LoadInt64(w.begun) - w.answered - 1) }

func (w *pooled) Retire() { w.process.Conn.CloseWrite() }

func (w *pooled) Close() error { return w.process.Close() }
