package runner

import (
	"errors"
	"io"
	"runtime"

	"pmap/chunker"
)

const (
	batchMin = 16
	batchMax = 512

	workerBatch = 2 * chunkMost // batchMax for workers and programs that take many items at once
)

// ballastSize is the size of memory that a long run has and never touches, so
// that it takes none. It counts for the garbage collector, which otherwise would
// go over a heap of some MiB hundreds of times a second.
const ballastSize = 8 << 20

// intake reads the source to its end, one batch ahead of the slots.
func (p *Pool) intake() {
	var ballast []byte
	defer func() { runtime.KeepAlive(ballast) }()
	defer p.sched.end()
	size, most := batchMin, batchMax
	if p.cfg.Worker != nil || p.cfg.Coproc != nil {
		most = workerBatch
	}
	read := p.readBatch
	switch {
	case p.cfg.Blocks != nil:
		read = p.readBlock
	case p.deal != nil:
		read = p.readDealt
	case p.cfg.Chunks != nil:
		read = p.readChunk
	case p.cfg.Limits != nil:
		pk := &packing{pool: p, packer: p.cfg.Template.Packer(*p.cfg.Limits)}
		read = pk.read
	}
	for {
		chunks, err := read(size)
		if len(chunks) > 0 {
			p.enter(chunks)
			p.startSlots(p.sched.offer(chunks))
		}
		if err != nil {
			p.intakeEnded(err)
			return
		}
		if size < most {
			size = min(2*size, most)
		} else if ballast == nil {
			ballast = make([]byte, ballastSize)
		}
	}
}

// readBatch waits for one item and takes with it what can be had at once, up
// to n.
func (p *Pool) readBatch(n int) ([]chunker.Chunk, error) {
	items := make([]chunker.Item, 0, n)
	chunks := make([]chunker.Chunk, 0, n)
	for len(items) < n && (len(items) == 0 || p.cfg.Source.Ready()) {
		it, err := p.cfg.Source.Next()
		if err != nil {
			return chunks, err
		}
		items = append(items, it)
		seq := p.read.Add(1)
		chunks = append(chunks, chunker.Chunk{Seq: seq, Items: items[len(items)-1:]})
	}
	return chunks, nil
}

// readChunk waits for one chunk.
func (p *Pool) readChunk(int) ([]chunker.Chunk, error) {
	c, err := p.cfg.Chunks.Next()
	if err != nil {
		return nil, err
	}
	c.Seq = p.read.Add(1)
	if p.cfg.Scratch != "" {
		c.Items = []chunker.Item{{Seq: c.Seq, Record: []byte(ScratchFile(p.cfg.Scratch, c.Seq))}}
	}
	return []chunker.Chunk{c}, nil
}

func (p *Pool) intakeEnded(err error) {
	switch {
	case err == io.EOF:
		p.atEnd.Store(true)
	case errors.Is(err, chunker.ErrInterrupted):
	default:
		p.failMu.Lock()
		defer p.failMu.Unlock()
		if p.fault == nil {
			p.fault = err
		}
	}
}
