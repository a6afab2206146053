//go:build race

package sim

// defaultSeeds is less under the race detector, which makes a seed ten times
// slower; .ci/run tries many more without it.
const defaultSeeds = 200
