package ipc

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"runtime"
	"testing"
	"testing/iotest"

	"golang.org/x/sys/unix"

	"github.com/google/go-cmp/cmp"
)

// frames is a stream with a frame of each of several kinds.
func frames(n int) []byte {
	b := AppendHello(nil, &Hello{Cell: 3, Bare: true, Init: "a", Words: []string{"upper", ""}})
	b = AppendNumber(b, FrameStarted, 12345)
	b = AppendRefusal(b, &Refusal{"exec", "/x", 2})
	b, at := BeginFrame(b, FrameAnswers)
	b = AppendAnswer(b, &Answer{Status: 1, Took: 7, Out: []byte("out"), Err: bytes.Repeat([]byte("e"), n)})
	return EndFrame(b, at)
}

func TestFramesArrive(t *testing.T) {
	for name, r := range map[string]io.Reader{
		"at once": bytes.NewReader(frames(100_000)), "by bytes": iotest.OneByteReader(bytes.NewReader(frames(100_000))),
	} {
		in := NewFrameReader(r)
		f, err := in.Next()
		if err != nil {
			t.Fatal(name, err)
		}
		h, err := ParseHello(f)
		want := Hello{Cell: 3, Bare: true, Init: "a", Words: []string{"upper", ""}}
		if diff := cmp.Diff(want, h); diff != "" || err != nil {
			t.Error(name, err, diff)
		}
		f, _ = in.Next()
		if n := f.Payload.Uint(); f.Type != FrameStarted || n != 12345 {
			t.Errorf("%s: type %d, number %d", name, f.Type, n)
		}
		f, _ = in.Next()
		if r, err := ParseRefusal(f.Payload); err != nil || r != (Refusal{"exec", "/x", 2}) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		f, _ = in.Next()
		a := NextAnswer(&f.Payload)
		if a.Status != 1 || a.Took != 7 || string(a.Out) != "out" || len(a.Err) != 100_000 || f.Payload.More() {
			t.Errorf("%s: %d %d %q %d", name, a.Status, a.Took, a.Out, len(a.Err))
		}
		if _, err := in.Next(); err != io.EOF {
			t.Errorf("%s: at the end: %v", name, err)
		}
	}
}

// TestFramesCutShort holds that a stream which ends within a frame is told
// from one that ends.
func TestFramesCutShort(t *testing.T) {
	whole := AppendNumber(nil, FrameEnded, 1<<40)
	for n := 1; n < len(whole); n++ {
		if _, err := NewFrameReader(bytes.NewReader(whole[:n])).Next(); err != io.ErrUnexpectedEOF {
			t.Errorf("after %d of %d bytes: %v", n, len(whole), err)
		}
	}
}

// TestFrameClaims holds that memory is taken for what came, not for what a
// head claims.
func TestFrameClaims(t *testing.T) {
	head := []byte{0, 0, 0, 0x40, byte(FrameItems), 'x'} // 1 GiB
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := NewFrameReader(bytes.NewReader(head)).Next()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; err != io.ErrUnexpectedEOF || got > 1<<20 {
		t.Errorf("%v, %d bytes allocated", err, got)
	}
	head[3] = 0x41
	if _, err := NewFrameReader(bytes.NewReader(head)).Next(); err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a frame beyond the limit: %v", err)
	}
	if _, err := NewFrameReader(bytes.NewReader([]byte{0, 0, 0, 0, 200})).Next(); err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a frame of no type: %v", err)
	}
}

func TestHelloOfAnotherVersion(t *testing.T) {
	b := AppendHello(nil, &Hello{})
	b[frameHead+len(magic)]++
	f, err := NewFrameReader(bytes.NewReader(b)).Next()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseHello(f); err == nil {
		t.Error("it is taken for one of this version")
	}
}

// TestMessagesArrive holds that a message is read as it was written.
func TestMessagesArrive(t *testing.T) {
	read := func(b []byte) Frame {
		f, err := NewFrameReader(bytes.NewReader(b)).Next()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	hello := Hello{Cell: -1, Stops: true, Bare: true, Blocks: true, Init: "a b", Fini: "c", Words: []string{"x", "", "\n"}}
	if got, err := ParseHello(read(AppendHello(nil, &hello))); err != nil || !reflect.DeepEqual(got, hello) {
		t.Errorf("%+v, %v", got, err)
	}
	block := Block{Off: 1 << 40, Len: 1 << 20, Records: 77, Singly: true}
	if got, err := ParseBlock(read(AppendBlock(nil, &block)).Payload); err != nil || got != block {
		t.Errorf("%+v, %v", got, err)
	}
	part := Part{Records: 77, Len: 1 << 20, Took: 1 << 50, Shared: 5, Out: []byte("text")}
	if got, err := ParsePart(read(AppendPart(nil, &part)).Payload); err != nil || !reflect.DeepEqual(got, part) {
		t.Errorf("%+v, %v", got, err)
	}
	refusal := Refusal{Op: "exec", Path: "/x", Errno: 2}
	if got, err := ParseRefusal(read(AppendRefusal(nil, &refusal)).Payload); err != nil || got != refusal {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestWindow holds that both sides see the same halves, by turns.
func TestWindow(t *testing.T) {
	ours, err := NewWindow(100)
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	fd, err := unix.FcntlInt(uintptr(ours.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := OpenWindow(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	for turn := range int64(5) {
		half := theirs.Half(turn)
		if len(half) != 100 || cap(half) != 100 {
			t.Fatalf("a half of %d bytes, %d at most", len(half), cap(half))
		}
		half[99] = byte(turn + 1)
		if ours.Half(turn)[99] != byte(turn+1) || ours.Half(turn + 1)[99] == byte(turn+1) {
			t.Errorf("turn %d is in another half", turn)
		}
	}
}

// FuzzFrames reads anything, in pieces of any size: what comes out, written
// again, is what went in, up to where it is broken.
func FuzzFrames(f *testing.F) {
	f.Add(frames(10), false)
	f.Add(frames(10)[:20], true)
	f.Add(AppendBlock(AppendPart(nil, &Part{Records: 3, Len: 9, Took: 5, Shared: 1, Out: []byte("out")}), &Block{Off: 7, Len: 9, Records: 3, Singly: true}), true)
	f.Add(AppendHello(nil, &Hello{Cell: 2, Init: "i", Fini: "f", Words: []string{"a"}, Blocks: true}), false)
	f.Fuzz(func(t *testing.T, in []byte, slow bool) {
		var r io.Reader = bytes.NewReader(in)
		if slow {
			r = iotest.HalfReader(r)
		}
		fr := NewFrameReader(r)
		fr.Sparing = slow
		var again []byte
		for {
			f, err := fr.Next()
			if err != nil {
				whole := len(again) == len(in)
				if !bytes.HasPrefix(in, again) || whole != (err == io.EOF) {
					t.Fatalf("%d of %d bytes, then %v", len(again), len(in), err)
				}
				return
			}
			b, at := BeginFrame(again, f.Type)
			again = EndFrame(append(b, f.Payload...), at)
			readAll(t, f)
		}
	})
}

// readAll takes a payload apart in every way: none may panic, go on for ever
// or make anything up.
func readAll(t *testing.T, f Frame) {
	ParseHello(f)
	ParseRefusal(f.Payload)
	ParseBlock(f.Payload)
	if p, _ := ParsePart(f.Payload); len(p.Out) > len(f.Payload) {
		t.Fatal("more than there was")
	}
	for p, n := f.Payload, 0; p.More(); n++ {
		if a := NextAnswer(&p); len(a.Out)+len(a.Err) > len(f.Payload) || n > len(f.Payload) {
			t.Fatal("more than there was")
		}
	}
	for p, n := f.Payload, 0; p.More(); n++ {
		if b := p.Bytes(); len(b) > len(f.Payload) || n > len(f.Payload) {
			t.Fatal("more than there was")
		}
	}
}
