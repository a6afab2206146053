//go:build race

package journaltest

// underRace tells that the race detector is on: the stores are ten times slower
// then, so the long proofs run a quarter of their rounds. Without it they run
// all of them, and .ci/run does both.
const underRace = true
