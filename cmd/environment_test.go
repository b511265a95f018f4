package cmd

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadEnvironment(t *testing.T) {
	for _, c := range []struct {
		environ []string
		want    environment
	}{
		{nil, environment{tmpDir: "/tmp", dumb: true}},
		{[]string{"PMAP_JOBS=4", "PMAP_SHELL=bash -eu", "TMPDIR=/var/tmp", "TERM=xterm", "GOMAXPROCS=1"},
			environment{jobs: 4, shell: []string{"bash", "-eu"}, tmpDir: "/var/tmp", maxProcs: true}},
		{[]string{"PMAP_JOBS=0", "TMPDIR=", "TERM=dumb"}, environment{badJobs: "0", tmpDir: "/tmp", dumb: true}},
		{[]string{"PMAP_JOBS=many", "TERM=vt100"}, environment{badJobs: "many", tmpDir: "/tmp"}},
	} {
		if d := cmp.Diff(&c.want, readEnvironment(c.environ), cmp.AllowUnexported(environment{})); d != "" {
			t.Errorf("%q: %s", c.environ, d)
		}
	}
}

func TestJobEnviron(t *testing.T) {
	in := []string{"A=1", "PMAP_JOBS=9", "B=2"}
	for _, c := range []struct {
		cpus, slots int
		want        string
	}{{8, 2, "PMAP_JOBS=4"}, {8, 3, "PMAP_JOBS=2"}, {2, 8, "PMAP_JOBS=1"}} {
		if got := jobEnviron(in, c.cpus, c.slots); !slices.Equal(got, []string{"A=1", "B=2", c.want}) {
			t.Errorf("%d CPUs, %d slots: %q", c.cpus, c.slots, got)
		}
	}
}
