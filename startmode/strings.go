package startmode

import (
	"bytes"
	"slices"
	"strconv"
	"unsafe"
)

// Strings is a list of strings laid out as execve wants them: NUL-terminated
// bytes in one arena, and pointers to them. It is reused from job to job, so
// that building an argv allocates nothing once the arena has grown.
//
// A string is added whole by Append, or piece by piece between Begin and End.
// It must not contain a NUL; the caller checks (bytes.IndexByte) where the
// bytes come from outside.
type Strings struct {
	arena  []byte
	starts []int // offset in arena of each string
	ptrs   []uintptr
}

// Reset empties the list and keeps its memory.
func (s *Strings) Reset() {
	s.arena = s.arena[:0]
	s.starts = s.starts[:0]
}

// Truncate shortens the list to its first n strings: what comes before the
// per-job words is laid down once.
func (s *Strings) Truncate(n int) {
	if n < len(s.starts) {
		s.arena = s.arena[:s.starts[n]]
		s.starts = s.starts[:n]
	}
}

// Begin opens a new string; Write and WriteString add to it, End closes it.
func (s *Strings) Begin() { s.starts = append(s.starts, len(s.arena)) }

// Write adds b to the open string.
func (s *Strings) Write(b []byte) { s.arena = append(s.arena, b...) }

// WriteString adds b to the open string.
func (s *Strings) WriteString(b string) { s.arena = append(s.arena, b...) }

// WriteByte adds b to the open string. It never fails.
func (s *Strings) WriteByte(b byte) error {
	s.arena = append(s.arena, b)
	return nil
}

// Extend hands the arena to an append-style function such as
// strconv.AppendInt, which adds to the open string.
func (s *Strings) Extend(f func([]byte) []byte) { s.arena = f(s.arena) }

// WriteInt adds n in decimal to the open string.
func (s *Strings) WriteInt(n int64) { s.arena = strconv.AppendInt(s.arena, n, 10) }

// End closes the open string.
func (s *Strings) End() { s.arena = append(s.arena, 0) }

// Append adds one whole string.
func (s *Strings) Append(b []byte) {
	s.Begin()
	s.Write(b)
	s.End()
}

// AppendString adds one whole string.
func (s *Strings) AppendString(b string) {
	s.Begin()
	s.WriteString(b)
	s.End()
}

// Len is the number of strings.
func (s *Strings) Len() int { return len(s.starts) }

// Size is what the list costs in execve: every byte with its NUL, and a
// pointer each.
func (s *Strings) Size() int {
	return len(s.arena) + len(s.starts)*int(unsafe.Sizeof(uintptr(0)))
}

// Bytes is what the strings have, each with its NUL.
func (s *Strings) Bytes() int { return len(s.arena) }

// At returns the i-th string without its NUL. It aliases the arena: valid
// until the list changes.
func (s *Strings) At(i int) []byte {
	end := len(s.arena)
	if i+1 < len(s.starts) {
		end = s.starts[i+1]
	}
	return s.arena[s.starts[i] : end-1]
}

// Slice copies the list out as Go strings.
func (s *Strings) Slice() []string {
	out := make([]string, len(s.starts))
	for i := range out {
		out[i] = string(s.At(i))
	}
	return out
}

// Pointers returns the NULL-terminated array that execve takes. The addresses
// are plain numbers, so the caller keeps s itself alive while they are in use
// (runtime.KeepAlive); they are valid until the list changes. The arena lies
// in the heap, which Go does not move.
func (s *Strings) Pointers() []uintptr {
	s.ptrs = s.ptrs[:0]
	if len(s.starts) > 0 {
		base := uintptr(unsafe.Pointer(unsafe.SliceData(s.arena)))
		for _, off := range s.starts {
			s.ptrs = append(s.ptrs, base+uintptr(off))
		}
	}
	s.ptrs = append(s.ptrs, 0)
	return s.ptrs
}

// Clone returns a list of its own with the same strings.
func (s *Strings) Clone() Strings {
	return Strings{arena: bytes.Clone(s.arena), starts: slices.Clone(s.starts)}
}
