package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"pmap/runner/template"
)

// A JobDir says in which directory jobs run.
type JobDir struct {
	Here string // pmap's own, absolute

	// Name is the job's directory, which is made where it is missing. Where it
	// is nil, each try has an empty one of its own in Temp, which is absolute:
	// it is removed when the try is over. The pool makes Temp and removes it when
	// the run is over, or a guardian where pmap was killed.
	Name *template.Word
	Temp string
}

// temp is the directory that nobody needs once the run is over, or empty.
func (d *JobDir) temp() string {
	if d == nil {
		return ""
	}
	return d.Temp
}

// openDir makes the directory in which the process is to run.
func (j *job) openDir(opt *JobOptions, tj template.Job) error {
	if opt.Dir == nil {
		return nil
	}
	d := opt.Dir
	if d.Name == nil {
		j.dir = d.Temp + "/" + strconv.FormatInt(tj.Chunk.Seq, 10)
	} else if j.dir = string(d.Name.Append(nil, tj)); !filepath.IsAbs(j.dir) {
		j.dir = d.Here + "/" + j.dir
	}
	if err := os.MkdirAll(j.dir, 0o777); err != nil {
		return fmt.Errorf("cannot make the job's directory %q: %w", j.dir, err.(*os.PathError).Err)
	}
	return nil
}

// closeDir removes a directory that was the job's alone.
func (j *job) closeDir() {
	if j.dir == "" || j.slot.pool.cfg.Jobs.Dir.Name != nil {
		return
	}
	if err := os.RemoveAll(j.dir); err != nil {
		j.slot.pool.notice("cannot remove the directory of a job: " + err.Error())
	}
}
