package worker

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/runner/builtin"
)

// partMost is how much output goes back at once, unless a record has more.
const partMost = 64 << 20

// blocks runs a built-in worker over blocks of a file, which it reads itself.
type blocks struct {
	conn   *ipc.Conn
	file   int
	window *ipc.Window
	whole  builtin.BlockFunc
	single builtin.Func
	delim  byte
	begun  *int64 // in shared memory: blocks begun

	buf, out, frame []byte
	res             builtin.Result
}

// newBlocks takes over what came with the greeting.
func newBlocks(conn *ipc.Conn, words []string, delim string, f builtin.Func, begun *int64) (*blocks, error) {
	whole := builtin.NewBlocks(words, []byte(delim))
	fds := conn.TakeFDs()
	if whole == nil || len(fds) != 2 {
		return nil, fmt.Errorf("%s has no use for blocks, or they came with %d files", words[0], len(fds))
	}
	window, err := ipc.OpenWindow(fds[1])
	if err != nil {
		return nil, err
	}
	return &blocks{conn: conn, file: fds[0], window: window, whole: whole, single: f, delim: delim[0], begun: begun}, nil
}

// loop returns when no more blocks come.
func (w *blocks) loop() {
	for {
		f, err := w.conn.Read()
		if err != nil || f.Type != ipc.FrameBlock {
			return
		}
		k, err := ipc.ParseBlock(f.Payload)
		if err == nil {
			err = w.run(&k)
		}
		if err != nil {
			w.conn.Write(ipc.AppendText(nil, ipc.FrameFault, err.Error()))
			return
		}
	}
}

func (w *blocks) run(k *ipc.Block) error {
	start := time.Now()
	turn := atomic.AddInt64(w.begun, 1) - 1
	if err := w.read(k); err != nil {
		return err
	}
	if k.Singly {
		return w.runSingly()
	}
	half := w.window.Half(turn)
	p := ipc.Part{Records: k.Records, Len: k.Len}
	out := w.whole(w.reserve(half), w.buf)
	if len(out) > partMost {
		return w.runSingly()
	}
	if fits(out, half) {
		p.Shared = int64(len(out))
	} else {
		p.Out, w.out = out, out
	}
	return w.answer(&p, start)
}

// reserve is where output is appended to: a half of the window, until some has
// not fitted into that.
func (w *blocks) reserve(half []byte) []byte {
	if cap(w.out) > len(half) {
		return w.out[:0]
	}
	return half[:0]
}

// fits reports whether out lies in half.
func fits(out, half []byte) bool {
	return len(out) > 0 && &out[0] == &half[0]
}

// runSingly runs the records one by one, each of which is answered before the
// next is begun.
func (w *blocks) runSingly() error {
	for block := w.buf; len(block) > 0; {
		start := time.Now()
		n := bytes.IndexByte(block, w.delim) + 1
		record := block[:max(0, n-1)]
		if n == 0 {
			n, record = len(block), block
		}
		w.res.Out = w.res.Out[:0]
		w.single(record, &w.res)
		if err := w.answer(&ipc.Part{Records: 1, Len: int64(n), Out: w.res.Out}, start); err != nil {
			return err
		}
		block = block[n:]
	}
	return nil
}

func (w *blocks) answer(p *ipc.Part, start time.Time) error {
	if len(p.Out) > ipc.MaxFrame/2 {
		return fmt.Errorf("the output of one record is longer than %d bytes", ipc.MaxFrame/2)
	}
	p.Took = uint64(time.Since(start))
	w.frame = ipc.AppendPart(w.frame[:0], p)
	return w.conn.Write(w.frame)
}

// read reads a block, which must still be what it was when it was cut.
func (w *blocks) read(k *ipc.Block) error {
	if int64(cap(w.buf)) < k.Len {
		w.buf = make([]byte, k.Len)
	}
	w.buf = w.buf[:k.Len]
	for at := 0; at < len(w.buf); {
		n, err := unix.Pread(w.file, w.buf[at:], k.Off+int64(at))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return fmt.Errorf("cannot read the input: %w", err)
		case n == 0:
			return fmt.Errorf("the input became shorter while it was read: it ends at byte %d now", k.Off+int64(at))
		default:
			at += n
		}
	}
	n := int64(bytes.Count(w.buf, []byte{w.delim}))
	if w.buf[len(w.buf)-1] != w.delim {
		n++
	}
	if n != k.Records {
		return fmt.Errorf("the input was changed while it was read: %d records have become %d at byte %d", k.Records, n, k.Off)
	}
	return nil
}
