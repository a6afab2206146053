//go:build !race

package journaltest

// underRace tells that the race detector is off.
const underRace = false
