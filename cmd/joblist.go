package cmd

import (
	"io"

	"pmap/chunker"
	"pmap/runner"
)

// A jobList makes the jobs of a source one after the other, as the pool would.
type jobList struct {
	chunks  runner.ChunkSource // which find their shares in this directory; or, where nil,
	scratch string
	src     runner.Source
	packer  *chunker.Packer // nil: each item is a job
	seq     int64
	made    []chunker.Chunk
	err     error // final

	enter func(*chunker.Chunk) error // marks what an earlier run has done; may be nil
}

// readChunk takes one job from the source.
func (l *jobList) readChunk() {
	c, err := l.chunks.Next()
	if l.err = err; err != nil {
		return
	}
	l.seq++
	c.Seq = l.seq
	if l.scratch != "" {
		c.Items = []chunker.Item{{Seq: c.Seq, Record: []byte(runner.ScratchFile(l.scratch, c.Seq))}}
	}
	l.made = append(l.made, c)
}

func newJobList(p *plan) *jobList {
	l := &jobList{src: p.input.stream}
	if p.shares != nil {
		l.chunks, l.scratch = p.input.shares, p.scratch
	}
	if p.limits != nil {
		l.packer = p.tmpl.Packer(*p.limits)
	}
	return l
}

// ready reports whether next can answer without reading.
func (l *jobList) ready() bool {
	return len(l.made) > 0 || l.err != nil || l.chunks == nil && l.src.Ready()
}

// next returns the items of the next job that is to be run, io.EOF after the
// last.
func (l *jobList) next() (chunker.Chunk, error) {
	for {
		c, err := l.nextOfAll()
		if err != nil || l.enter == nil {
			return c, err
		}
		if err := l.enter(&c); err != nil || c.Done == nil {
			return c, err
		}
	}
}

func (l *jobList) nextOfAll() (chunker.Chunk, error) {
	for len(l.made) == 0 && l.err == nil {
		l.read()
	}
	if len(l.made) == 0 {
		return chunker.Chunk{}, l.err
	}
	c := l.made[0]
	l.made = l.made[1:]
	return c, nil
}

// read takes one item from the source.
func (l *jobList) read() {
	if l.chunks != nil {
		l.readChunk()
		return
	}
	item, err := l.src.Next()
	switch {
	case err != nil:
		l.err = err
		if l.packer != nil && err == io.EOF {
			l.made = append(l.made, l.packer.Rest()...)
		}
	case l.packer == nil:
		l.seq++
		l.made = append(l.made, chunker.Chunk{Seq: l.seq, Items: []chunker.Item{item}})
	default:
		c, full, err := l.packer.Add(item)
		if full {
			l.made = append(l.made, c)
		}
		l.err = err
	}
}
