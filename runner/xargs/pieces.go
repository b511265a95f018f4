package xargs

import (
	"errors"

	"pmap/startmode"
)

// ErrSystemLimit is the error of a command with one word of the input that is
// still too long for the system.
var ErrSystemLimit = errors.New("can't call exec() due to argument size restrictions")

// pieces finds out how many words the system takes in one command where it
// refuses some, by bisection between what it took and what it refused. The
// numbers count the command's own words, and one for the end of the list.
type pieces struct {
	taken   int // the most words that were taken; 0: none yet
	refused int // the fewest that were refused; 0: none yet
}

// took says that a command of so many words was started, and returns how many
// the next may have.
func (p *pieces) took(words int) int {
	p.taken = max(p.taken, words)
	if p.refused <= p.taken {
		return words + 1
	}
	return words + max(1, (p.refused-p.taken)/2)
}

// shrink says that a command of so many words was refused, and returns how
// many to try, at least least.
func (p *pieces) shrink(words, least int) int {
	if p.refused == 0 || words < p.refused {
		p.refused = words
	}
	if p.taken == 0 || p.refused <= p.taken {
		return max(least, words/2)
	}
	return max(least, words-max(1, (p.refused-p.taken)/2))
}

// piece lays out a command of src's first fixed words and of count words from
// the one at from on.
func piece(dst, src *startmode.Strings, fixed, from, count int) {
	dst.Reset()
	for i := range fixed {
		dst.Append(src.At(i))
	}
	for i := range count {
		dst.Append(src.At(from + i))
	}
}
