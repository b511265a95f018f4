package chunker

import (
	"fmt"
	"os"
	"testing"

	"pmap/testdata/leaktest"
)

func TestMain(m *testing.M) {
	status, left := leaktest.Run(m)
	if left != nil {
		fmt.Fprintln(os.Stderr, left)
	}
	os.Exit(status)
}
