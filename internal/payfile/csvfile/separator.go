package csvfile

import "strings"

// separators in the order of preference.
const separators = ";,\t|"

func isSeparator(c byte) bool { return strings.IndexByte(separators, c) >= 0 }

// separatorOf finds the separator that makes most of the sample: first the
// one that yields most known headings in one record, then the one that cuts
// the records into the same number of cells most often.
func separatorOf(sample string, whole bool, known func(string) bool) byte {
	best, bestKnown, bestEven := separators[0], 0, 0
	for i := range len(separators) {
		k, even := score(sample, whole, separators[i], known)
		if k > bestKnown || k == bestKnown && even > bestEven {
			best, bestKnown, bestEven = separators[i], k, even
		}
	}
	return best
}

// score reads the sample with one separator and returns the most known
// headings in a record, and the number of cells in records as wide as the
// record before them.
func score(sample string, whole bool, sep byte, known func(string) bool) (headings, even int) {
	r := Reader{block: sample, last: true, dialect: Dialect{Separator: sep}}
	var rec Record
	width := 0
	for range sampleRows {
		if r.Next(&rec) != nil || !whole && r.at >= len(sample) {
			break // the end of a sample may be half a record
		}
		n := 0
		for _, c := range rec.Cells {
			if known != nil && len(c) < 200 && known(c) {
				n++
			}
		}
		headings = max(headings, n)
		if len(rec.Cells) > 1 && len(rec.Cells) == width {
			even += width
		}
		width = len(rec.Cells)
	}
	return headings, even
}

// headings counts the headings that the caller knows in the best record of a
// text, whatever separates its cells: the right character set is the one in which
// they can be read.
func headings(known func(string) bool) func(text string) int {
	if known == nil {
		return nil
	}
	return func(text string) (most int) {
		rows := 0
		for line := range strings.Lines(text) {
			if rows++; rows > sampleRows {
				break
			}
			for i := range len(separators) {
				n := 0
				for c := range strings.SplitSeq(strings.TrimRight(line, "\r\n"), separators[i:i+1]) {
					if c = strings.Trim(c, "\" "); len(c) < 200 && known(c) {
						n++
					}
				}
				most = max(most, n)
			}
		}
		return most
	}
}
