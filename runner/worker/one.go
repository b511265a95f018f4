package worker

import (
	"slices"
	"strconv"

	"pmap/ipc"
	"pmap/runner/builtin"
)

// OneArgs is the command line of a process that runs one item: what a user
// would type to have the same.
func OneArgs(words []string, item string) []string {
	return slices.Concat([]string{"pmap", "--builtin"}, words, []string{":::", item})
}

// runOne runs the item of OneArgs.
func runOne(args []string, quoted string) (status int, entered bool) {
	delim, err := strconv.Unquote(quoted)
	if err != nil || len(args) < 5 || args[1] != "--builtin" {
		return 0, false // somebody else's variable
	}
	f, err := builtin.New(args[2:len(args)-2], []byte(delim))
	if err != nil {
		return 1, true
	}
	var r builtin.Result
	status = f([]byte(args[len(args)-1]), &r)
	_, outErr := ipc.WriteAll(1, r.Out)
	_, errErr := ipc.WriteAll(2, r.Err)
	if outErr != nil || errErr != nil {
		return 1, true
	}
	return status, true
}
