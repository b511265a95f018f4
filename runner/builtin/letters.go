package builtin

import (
	"encoding/binary"
	"slices"
)

func init() {
	register(letters("upper", "the items in capitals, as tr a-z A-Z makes them", 'a'))
	register(letters("lower", "the items in small letters, as tr A-Z a-z makes them", 'A'))
}

// letters is the worker that changes the case of the ASCII letters from lo,
// which is a or A, on.
func letters(name, help string, lo byte) Builtin {
	return Builtin{
		Name: name,
		Help: help,
		New: noArgs(func(delim []byte) Func {
			return func(item []byte, r *Result) int {
				r.Out = append(appendSwapped(r.Out, item, lo), delim...)
				return 0
			}
		}),
		Blocks: func(_ []string, delim byte) BlockFunc {
			return func(dst, block []byte) []byte {
				from := len(dst)
				dst = appendSwapped(dst, block, lo)
				if swapCase(delim, lo) != delim {
					restore(dst[from:], block, delim)
				}
				if block[len(block)-1] != delim {
					dst = append(dst, delim)
				}
				return dst
			}
		},
	}
}

const (
	eachByte = 0x0101010101010101
	topBits  = 0x80 * eachByte
)

// appendSwapped appends p with the case of the 26 letters from lo on changed.
func appendSwapped(dst, p []byte, lo byte) []byte {
	at := len(dst)
	dst = slices.Grow(dst, len(p))[:at+len(p)]
	out := dst[at:]
	s := swapper{from: uint64(0x80-lo) * eachByte, beyond: uint64(0x80-lo-26) * eachByte}
	for len(p) >= 32 && len(out) >= 32 { // one after the other is half as fast
		a, b := (*[32]byte)(p), (*[32]byte)(out)
		s.swap((*[8]byte)(b[0:]), (*[8]byte)(a[0:]))
		s.swap((*[8]byte)(b[8:]), (*[8]byte)(a[8:]))
		s.swap((*[8]byte)(b[16:]), (*[8]byte)(a[16:]))
		s.swap((*[8]byte)(b[24:]), (*[8]byte)(a[24:]))
		p, out = p[32:], out[32:]
	}
	for i, c := range p {
		out[i] = swapCase(c, lo)
	}
	return dst
}

// A swapper changes eight bytes at a time. Added to bytes without their top
// bits, from sets those of the letters and of what follows them, beyond only
// the latter's.
type swapper struct{ from, beyond uint64 }

func (s swapper) swap(out, in *[8]byte) {
	w := binary.LittleEndian.Uint64(in[:])
	low := w &^ topBits
	letters := (low + s.from) &^ (low + s.beyond) &^ w & topBits
	binary.LittleEndian.PutUint64(out[:], w^letters>>2)
}

func swapCase(c, lo byte) byte {
	if c-lo < 26 {
		return c ^ 0x20
	}
	return c
}

// restore puts the delimiters back where they are letters.
func restore(dst, block []byte, delim byte) {
	for i, c := range block {
		if c == delim {
			dst[i] = delim
		}
	}
}
