package xargs

import (
	"os"
	"testing"

	"pmap/testdata/leaktest"
)

func TestMain(m *testing.M) {
	os.Exit(leaktest.Run(m))
}
