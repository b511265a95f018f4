package runner

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/startmode"
)

const (
	messageMost = 1 << 20          // bytes in a message after which the next is begun
	recordMost  = ipc.MaxFrame / 2 // bytes of an item
)

// A pooled worker is a process of pmap's that runs a built-in.
type pooled struct {
	process  *startmode.WorkerProcess
	begun    *int64 // shared: items, or blocks, that it has begun
	answered int64
	flight   []sent
	out      []byte // frames that were sent last
	left     []byte // what of them could not be sent yet
	window   *ipc.Window
}

// sent is a task that a worker has.
type sent struct {
	task    *Task
	records int64 // of a block, without an answer
}

// StartPooled starts a worker that runs the built-in of w.Hello.Words. Its
// Cell is in w.Table. Under w.Hello.Blocks its tasks are blocks of the file
// w.Files[0].
func StartPooled(w *startmode.WorkerSpec) (_ Worker, err error) {
	p := &pooled{begun: w.Table.Count(w.Hello.Cell)}
	atomic.StoreInt64(p.begun, 0)
	if w.Hello.Blocks {
		if p.window, err = ipc.NewWindow(windowHalf); err != nil {
			return nil, err
		}
		w.Files = append(w.Files, p.window.FD())
	}
	if p.process, err = startmode.StartWorker(w); err != nil {
		p.closeWindow()
		return nil, err
	}
	return p, nil
}

func (w *pooled) Send(tasks []*Task) error {
	for _, t := range tasks {
		if w.window == nil && len(t.Chunk.Items[0].Text()) > recordMost {
			return &startmode.WorkerFault{Text: fmt.Sprintf("item %d is longer than the %d bytes that a worker takes", t.Seq(), recordMost)}
		}
	}
	left := copy(w.out[:cap(w.out)], w.left)
	w.out = w.appendTasks(w.out[:left], tasks)
	w.left = w.out
	if err := w.push(); err != unix.EPIPE {
		return err
	}
	return nil // what it answered before its end is still there
}

// appendTasks appends the frames that hand tasks over.
func (w *pooled) appendTasks(out []byte, tasks []*Task) []byte {
	if w.window != nil {
		for _, t := range tasks {
			k := t.Chunk.Block
			left := ipc.Block{Off: k.Off + t.answered.Len, Len: k.Len - t.answered.Len, Records: k.Records - t.answered.Records, Singly: t.singly}
			out = ipc.AppendBlock(out, &left)
			w.flight = append(w.flight, sent{t, left.Records})
		}
		return out
	}
	out, at := ipc.BeginFrame(out, ipc.FrameItems)
	for _, t := range tasks {
		if len(out)-at > messageMost {
			out, at = ipc.BeginFrame(ipc.EndFrame(out, at), ipc.FrameItems)
		}
		out = ipc.AppendBytes(out, t.Chunk.Items[0].Text())
		w.flight = append(w.flight, sent{task: t})
	}
	return ipc.EndFrame(out, at)
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
	n, err := poll(set, d)
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
		if answers, broken = w.take(answers, f); broken != nil {
			return answers, broken
		}
	}
}

// take adds the answers that a frame brings.
func (w *pooled) take(answers []Answer, f ipc.Frame) ([]Answer, error) {
	if f.Type == ipc.FramePart {
		part, err := ipc.ParsePart(f.Payload)
		if err != nil || len(w.flight) == 0 || !w.plausible(&part) {
			return answers, io.ErrUnexpectedEOF
		}
		return append(answers, w.part(&part)), nil
	}
	for p := f.Payload; p.More(); {
		a := ipc.NextAnswer(&p)
		if p.Err() != nil || len(w.flight) == 0 {
			return answers, io.ErrUnexpectedEOF
		}
		answers = append(answers, w.answer(&a))
	}
	return answers, nil
}

func (w *pooled) answer(a *ipc.Answer) Answer {
	t := w.flight[0].task
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

// plausible reports whether the part can be of what is in flight.
func (w *pooled) plausible(a *ipc.Part) bool {
	return w.window != nil && a.Records > 0 && a.Records <= w.flight[0].records &&
		a.Shared >= 0 && a.Shared <= windowHalf
}

func (w *pooled) part(a *ipc.Part) Answer {
	s := &w.flight[0]
	if a.Shared > 0 {
		s.task.Write(stdout, w.window.Half(w.answered)[:a.Shared])
	}
	if len(a.Out) > 0 {
		s.task.Write(stdout, a.Out)
	}
	answer := Answer{Task: s.task, Took: time.Duration(a.Took), Records: a.Records, Len: a.Len}
	if s.records -= a.Records; s.records == 0 {
		w.flight = w.flight[1:]
		w.answered++
	}
	return answer
}

// Current is the one that was begun last, unless it has been answered.
func (w *pooled) Current() int { return int(atomic.LoadInt64(w.begun) - w.answered - 1) }

func (w *pooled) Retire() { w.process.Conn.CloseWrite() }

func (w *pooled) Close() error {
	w.closeWindow()
	return w.process.Close()
}

func (w *pooled) closeWindow() {
	if w.window != nil {
		w.window.Close()
		w.window = nil
	}
}
