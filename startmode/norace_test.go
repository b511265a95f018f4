//go:build !race

package startmode

const raceEnabled = false
