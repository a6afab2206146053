package rows

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Found is the answer to a query: the rows that hold every word of it, in their
// order. Case does not matter, nor does ё for е.
type Found struct {
	Query string
	Hits  []uint32
	// Of is how many rows were looked at.
	Of int
}

// Only is the answer that holds the rows at the places given, in that order: to
// Find it is an earlier answer to every query.
func Only(r *Rows, places []uint32) *Found {
	if places == nil {
		places = []uint32{}
	}
	return &Found{Hits: places, Of: r.Len()}
}

// Serves reports whether the answer may be narrowed to that of query.
func (f *Found) Serves(query string) bool {
	// й typed as и and a breve goes on from и, and is another letter.
	return f.Hits != nil && strings.HasPrefix(norm.NFC.String(query), norm.NFC.String(f.Query))
}

// Find looks for rows. An earlier answer over the same rows, or over fewer of
// them at the front, spares work when the query only grew longer; it may be nil.
// A query without a word is answered by the earlier answer, or without Hits. The
// answer is nil when the context ended first.
func (r *Rows) Find(ctx context.Context, query string, earlier *Found) *Found {
	words := Words(query)
	out := &Found{Query: query, Of: r.n}
	serves := earlier != nil && earlier.Serves(query) && earlier.Of <= r.n
	if len(words) == 0 {
		if serves {
			out.Hits = earlier.Hits
		}
		return out
	}
	narrowed := 0 // rows that the earlier answer already sorted out
	if serves {
		narrowed = earlier.Of
		out.Hits = r.among(ctx, words, earlier.Hits)
	}
	if narrowed < r.n {
		out.Hits = append(out.Hits, r.scan(ctx, words, narrowed)...)
	}
	if ctx.Err() != nil {
		return nil
	}
	if out.Hits == nil {
		out.Hits = []uint32{}
	}
	return out
}

// Words splits a query into the words that a row must hold, folded.
func Words(query string) [][]byte {
	var words [][]byte
	for w := range strings.FieldsSeq(norm.NFC.String(query)) {
		b := []byte(w)
		Fold(b, b)
		words = append(words, b)
	}
	// The longest word rules out the most rows.
	slices.SortStableFunc(words, func(a, b []byte) int { return len(b) - len(a) })
	return words
}

// among narrows an earlier answer.
func (r *Rows) among(ctx context.Context, words [][]byte, hits []uint32) []uint32 {
	if len(hits) == 0 {
		return nil
	}
	workers := min(runtime.GOMAXPROCS(0), (len(hits)+1023)/1024)
	parts := make([][]uint32, workers)
	var wg sync.WaitGroup
	for w := range workers {
		from, to := len(hits)*w/workers, len(hits)*(w+1)/workers
		wg.Go(func() {
			var buf []byte
			var out []uint32
			for i, h := range hits[from:to] {
				if i%1024 == 0 && ctx.Err() != nil {
					return
				}
				row := r.row(int(h))
				buf = append(buf[:0], row...)
				Fold(buf, buf)
				if holds(buf, words) {
					out = append(out, h)
				}
			}
			parts[w] = out
		})
	}
	wg.Wait()
	return slices.Concat(parts...)
}

// scan looks through all rows from one on.
func (r *Rows) scan(ctx context.Context, words [][]byte, from int) []uint32 {
	first := from / perBlock
	parts := make([][]uint32, len(r.blocks))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(r.blocks)-first) {
		wg.Go(func() {
			var buf []byte
			for i := range next {
				if ctx.Err() == nil {
					parts[i], buf = r.scanBlock(i, words, from, buf)
				}
			}
		})
	}
	for i := first; i < len(r.blocks); i++ {
		next <- i
	}
	close(next)
	wg.Wait()
	return slices.Concat(parts...)
}

// scanBlock folds a block at once and jumps from one occurrence of the first word
// to the next.
func (r *Rows) scanBlock(i int, words [][]byte, from int, buf []byte) ([]uint32, []byte) {
	b := r.blocks[i]
	if cap(buf) < len(b.text) {
		buf = make([]byte, len(b.text))
	}
	buf = buf[:len(b.text)]
	Fold(buf, b.text)
	var out []uint32
	row, at := 0, 0
	for at < len(buf) {
		found := bytes.Index(buf[at:], words[0])
		if found < 0 {
			break
		}
		at += found
		// The row that holds this place; rows before it hold the word nowhere.
		row += upper(b.ends[row:], uint32(at))
		if row >= len(b.ends) {
			break
		}
		start := uint32(0)
		if row > 0 {
			start = b.ends[row-1]
		}
		end := b.ends[row]
		switch whole := uint32(at+len(words[0])) <= end; {
		case !whole: // across the edge of two rows
			at++
			continue
		case i*perBlock+row >= from && holds(buf[start:end], words[1:]):
			out = append(out, uint32(i*perBlock+row))
		}
		at = int(end)
		row++
	}
	return out, buf
}

// upper returns the first index whose end lies behind at.
func upper(ends []uint32, at uint32) int {
	// Occurrences are usually near one another: a few steps first.
	for i := range min(8, len(ends)) {
		if ends[i] > at {
			return i
		}
	}
	n, _ := slices.BinarySearch(ends, at+1)
	return n
}

func holds(row []byte, words [][]byte) bool {
	for _, w := range words {
		if !bytes.Contains(row, w) {
			return false
		}
	}
	return true
}

// Fold writes src in lower case to dst, of the same length: Latin and Russian
// letters, ё as е. Both may be the same slice.
func Fold(dst, src []byte) {
	_ = dst[:len(src)]
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c < 0x80 {
			if c-'A' < 26 {
				c |= 0x20
			}
			dst[i] = c
			continue
		}
		if i+1 >= len(src) || c != 0xd0 && c != 0xd1 {
			dst[i] = c
			continue
		}
		d := src[i+1]
		if c == 0xd0 {
			switch {
			case d >= 0x90 && d <= 0x9f: // А…П
				d += 0x20
			case d >= 0xa0 && d <= 0xaf: // Р…Я
				c, d = 0xd1, d-0x20
			case d == 0x81: // Ё
				d = 0xb5
			}
		} else if d == 0x91 { // ё
			c, d = 0xd0, 0xb5
		}
		dst[i], dst[i+1] = c, d
		i++
	}
}
