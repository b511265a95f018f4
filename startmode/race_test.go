//go:build race

package startmode

const raceEnabled = true
