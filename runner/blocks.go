package runner

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"pmap/chunker"
)

const (
	blocksAhead = 4        // that are cut and not begun
	blockFirst  = 64 << 10 // bytes
	blockLeast  = 16 << 10 // where records take long
	blockMost   = 1 << 20  // and where they take next to nothing
	windowHalf  = blockMost + 64<<10
)

// Itemwise reports whether anything is to happen to each item by itself, so that
// Blocks can't be its source.
func (c *Config) Itemwise() bool {
	return len(c.Recorders) > 0 || c.Keeper != nil || c.Output.Hold || c.Retry.Tries != 1 || !c.Retry.succeeds(Status{Kind: Exited}) || c.Halt != Halt{} ||
		c.Jobs.Timeout != Timeout{} || c.Jobs.Delay > 0 || c.Chunking != ChunkOptions{} ||
		c.Output.Grouping != ByJob || c.Output.Tag != nil
}

// readBlock cuts the next block. Its number is the one by which output is put
// into order; its records have theirs.
func (p *Pool) readBlock(int) ([]chunker.Chunk, error) {
	size := p.blockSize.Load()
	if size == 0 {
		size = blockFirst
	}
	blk, err := p.cfg.Blocks.Next(size)
	if err != nil {
		return nil, err
	}
	p.read.Add(blk.Records)
	p.blocks++
	return []chunker.Chunk{{Seq: p.blocks, Block: &blk}}, nil
}

// timed makes blocks such that each takes a worker as long as a message should.
func (p *Pool) timed(size int64, took time.Duration) {
	want := int64(blockMost)
	if took > 0 {
		want = int64(min(float64(size)*float64(chunkTime)/float64(took), blockMost))
	}
	p.blockSize.Store(max(want, blockLeast))
}

// partDone takes it that so many more records of t have ended, some of them
// with success; whole reports whether these were the last. Then t has been
// settled.
func (p *Pool) partDone(t *Task, succeeded, records, size int64) (whole bool) {
	t.answered.Records += records
	t.answered.Len += size
	p.tally.succeed(succeeded)
	if t.answered.Records < t.Chunk.Block.Records {
		return false
	}
	p.seq.end(t)
	p.sched.done()
	return true
}

// blockLost takes back a block that a worker had begun. At first its records
// have another chance, one by one; from then on the one that a worker is lost
// with has failed.
func (p *Pool) blockLost(t *Task, status Status, reason string) {
	switch {
	case p.ending.Load() != 0:
		p.giveBack(t)
		return
	case t.singly && !p.failRecord(t, status, reason):
		return
	}
	t.singly = true
	p.sched.untouched(t)
}

// failRecord counts the first record of t that has no answer as a failed job;
// more reports whether there are others. Where there are none t has been
// settled.
func (p *Pool) failRecord(t *Task, status Status, reason string) (more bool) {
	rest, err := p.rest(t)
	if err != nil {
		p.fail(err)
		return true
	}
	record, _, found := bytes.Cut(rest, p.cfg.Delimiter)
	size := int64(len(record))
	if found {
		size += int64(len(p.cfg.Delimiter))
	}
	seq := t.Chunk.Block.First + t.answered.Records
	one := &Task{Chunk: chunker.Chunk{Seq: seq, Items: []chunker.Item{{Seq: seq, Record: record}}}, Try: 1, Slot: t.Slot, final: true}
	p.count(&Result{Task: one, Status: status, Reason: reason})
	return !p.partDone(t, 0, 1, size)
}

// rest is what of a block has no answer yet.
func (p *Pool) rest(t *Task) ([]byte, error) {
	blk := t.Chunk.Block
	return p.cfg.Blocks.Bytes(blk.Off+t.answered.Len, blk.Len-t.answered.Len)
}

// failedBlock is failedTo for what of a block has no answer.
func (p *Pool) failedBlock(t *Task) {
	if p.cfg.FailedTo == nil {
		return
	}
	rest, err := p.rest(t)
	if err != nil {
		p.fail(fmt.Errorf("cannot write to the file of failed records: %w", err))
		return
	}
	p.failedMu.Lock()
	defer p.failedMu.Unlock()
	p.writeFailed(append(slices.Clip(bytes.TrimSuffix(rest, p.cfg.Delimiter)), p.cfg.Delimiter...))
}
