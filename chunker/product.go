package chunker

import (
	"fmt"
	"io"
)

// A product yields every combination of the items of its streams, the last of
// which changes fastest:
//
//	first: read as it is needed     held: read once, and kept
//	  a ─┬─ 1 ─┬─ x
//	     │     └─ y
//	     └─ 2 ─┬─ x
//	           └─ y
//
// The first stream may be endless. The others are read while the first item
// of the first is combined with them, each no sooner than it is needed.
type product struct {
	first  Named
	held   []held
	outer  Item
	begun  bool
	seq    int64
	err    error
	notice func(string)
}

// held is a stream whose items are kept.
type held struct {
	Named
	items []Item
	at    int  // the item that is combined next
	whole bool // nothing is left to read
}

// Product makes a stream of all combinations. notice, where not nil, is told
// of a stream that is empty, since nothing comes out then.
func Product(streams []Named, notice func(text string)) Stream {
	if len(streams) == 1 {
		return streams[0].Stream
	}
	p := &product{first: streams[0], notice: notice}
	for _, s := range streams[1:] {
		p.held = append(p.held, held{Named: s})
	}
	return p
}

// Next returns the next combination.
func (p *product) Next() (Item, error) {
	if p.err == nil {
		p.err = p.advance()
	}
	if p.err != nil {
		return Item{}, p.err
	}
	columns := p.outer.appendColumns(make([][]byte, 0, p.outer.Count()+len(p.held)))
	for i := range p.held {
		h := &p.held[i]
		columns = h.items[h.at].appendColumns(columns)
	}
	p.seq++
	return Item{Seq: p.seq, Row: &Row{Columns: columns}}, nil
}

// advance goes on to the next combination.
func (p *product) advance() error {
	if !p.begun {
		return p.begin()
	}
	for i := len(p.held) - 1; i >= 0; i-- {
		h := &p.held[i]
		more, err := h.reach(h.at + 1)
		if err != nil {
			return err
		}
		if more {
			h.at++
			return nil
		}
		h.at = 0
	}
	return p.nextOuter()
}

func (p *product) nextOuter() (err error) {
	p.outer, err = p.first.Next()
	return err
}

// begin reads the first item of each stream.
func (p *product) begin() error {
	if err := p.nextOuter(); err != nil {
		return p.without(p.first.Name, err)
	}
	for i := range p.held {
		h := &p.held[i]
		if some, err := h.reach(0); err != nil || !some {
			if err == nil {
				err = io.EOF
			}
			return p.without(h.Name, err)
		}
	}
	p.begun = true
	return nil
}

// without passes err on. Where it is the end of a stream, that is empty.
func (p *product) without(name string, err error) error {
	if err == io.EOF && p.notice != nil {
		p.notice(fmt.Sprintf("%s is empty, so there is nothing to combine the other sources with, and nothing runs; leave it out, or give it a record", name))
	}
	return err
}

// reach reports whether there is an i-th item, from 0, of which all before it
// have been read.
func (h *held) reach(i int) (bool, error) {
	if i < len(h.items) || h.whole {
		return i < len(h.items), nil
	}
	it, err := h.Next()
	if err == io.EOF {
		h.whole = true
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.items = append(h.items, it)
	return true, nil
}

// Ready reports whether Next can answer without reading.
func (p *product) Ready() bool {
	if p.err != nil {
		return true
	}
	if !p.begun {
		for i := range p.held {
			if !p.held[i].Ready() {
				return false
			}
		}
		return p.first.Ready()
	}
	for i := len(p.held) - 1; i >= 0; i-- {
		h := &p.held[i]
		switch {
		case h.at+1 < len(h.items):
			return true
		case !h.whole:
			return h.Ready() && p.endsReady(i)
		}
	}
	return p.first.Ready()
}

// endsReady reports whether the next combination is at hand should the i-th
// stream turn out to have ended.
func (p *product) endsReady(i int) bool {
	for i--; i >= 0; i-- {
		h := &p.held[i]
		if h.at+1 < len(h.items) {
			return true
		}
		if !h.whole && !h.Ready() {
			return false
		}
	}
	return p.first.Ready()
}

// Interrupt is as Stream has it.
func (p *product) Interrupt() {
	p.first.Interrupt()
	for i := range p.held {
		p.held[i].Interrupt()
	}
}
