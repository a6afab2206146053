package search

import "math/bits"

// mask is a set of letters of a word: two words that differ in d letters have
// masks that differ in at most 2d bits, so most of a vocabulary is passed over
// without being compared.
func mask(w string) uint64 {
	var m uint64
	for _, r := range w {
		switch {
		case r >= 'а' && r <= 'я':
			m |= 1 << (r - 'а')
		case r >= 'a' && r <= 'z':
			m |= 1 << (32 + r - 'a')
		default:
			m |= 1 << (58 + uint32(r)%6) //nolint:gosec // runes of a string are not negative
		}
	}
	return m
}

// mayBeNear reports whether words with these masks may differ in at most d
// letters.
func mayBeNear(a, b uint64, d int) bool { return bits.OnesCount64(a^b) <= 2*d }

// mayBegin reports whether a word with mask b may begin with one like a.
func mayBegin(a, b uint64, d int) bool { return bits.OnesCount64(a&^b) <= d }

// maxWord is the longest word that is compared letter by letter.
const maxWord = 48

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours between a and b, or limit+1 when there are more.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit || len(a) > maxWord || len(b) > maxWord {
		return limit + 1
	}
	var rows [3][maxWord + 1]int
	before, prev, row := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(b); j++ {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least > limit {
			return limit + 1
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}

// Distance is the number of insertions, deletions, replacements and swaps of
// neighbours between two short texts, or limit+1 when there are more or a text
// is longer than 48 letters.
func Distance(a, b string, limit int) int { return distance([]rune(a), []rune(b), limit) }

// mistakes is how many letters may be wrong in a word of n letters.
func mistakes(n int) int {
	switch {
	case n < 4:
		return 0
	case n < 7:
		return 1
	case n < 12:
		return 2
	}
	return 3
}
