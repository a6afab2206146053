// Package spelling finds the name that a mistyped word was meant to be. It is a
// leaf of the client: cli, tui, ui and core may import it.
package spelling

import (
	"slices"
	"strings"
)

// maxRunes bounds what is compared; a longer word is far from everything.
const maxRunes = 64

// Nearest returns the candidate that word was probably meant to be, at most two
// mistakes away, letter case aside, or "". Of equally near ones it is the first
// by the alphabet.
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", 3
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := Distance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance && d < max(len([]rune(c)), 2) {
			best, bestDistance = c, d
		}
	}
	return best
}

// Distance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours. Words of more than 64 characters are 64
// apart.
func Distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	if len(s) > maxRunes || len(t) > maxRunes {
		return maxRunes
	}
	var before, prev, cur [maxRunes + 1]int
	for j := range t {
		prev[j+1] = j + 1
	}
	for i := range s {
		cur[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j+1]+1, cur[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				cur[j+1] = min(cur[j+1], before[j-1]+1)
			}
		}
		before, prev = prev, cur
	}
	return prev[len(t)]
}
