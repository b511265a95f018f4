package cmd

import (
	"io"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/template"
)

const dryRunBuffer = 32 << 10 // bytes of output before it is written

// dryRun prints each job as a person would have typed it. It reads lazily:
// what can be printed is out before it waits for more input.
func dryRun(src runner.Source, command *template.Template, out io.Writer) error {
	var buf []byte
	for seq := int64(1); ; seq++ {
		if len(buf) > dryRunBuffer || !src.Ready() {
			if _, err := out.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		item, err := src.Next()
		if err == io.EOF {
			_, err = out.Write(buf)
			return err
		}
		if err != nil {
			out.Write(buf)
			return err
		}
		job := firstJob(item)
		job.Chunk.Seq = seq
		buf = command.Display(buf, job)
		buf = append(buf, '\n')
	}
}

// firstJob is the job that gets an item alone, in the first slot.
func firstJob(item chunker.Item) template.Job {
	return template.Job{Chunk: chunker.Chunk{Seq: 1, Items: []chunker.Item{item}}, Slot: 1}
}
