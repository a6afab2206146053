// Package search finds short documents (the services of a catalogue) by what
// people type: other forms of a word, ё for е, typos, the wrong keyboard
// layout, transliteration, everyday words, a word still being typed. The same
// query over the same documents always gives the same order. It knows nothing
// of services. Only internal/sandbox packages may import it.
package search

import (
	"math"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Doc is one document.
type Doc struct {
	Fields  []Field
	Aliases []string // whole names by which people call it, weighed as a field of its own
	Prior   int      // popularity, 0…100
}

// Field is a text of a document with its weight, 1…100.
type Field struct {
	Text   string
	Weight int
	Title  bool // the share of a title that a query covers counts too
}

// aliasWeight is the weight of a word in an alias of n words: one word out of a
// long phrase says little of what the phrase means.
func aliasWeight(n int) int {
	switch {
	case n <= 1:
		return 80
	case n == 2:
		return 76
	case n == 3:
		return 66
	}
	return 56
}

// Dictionary is what is known of the language beside its grammar.
type Dictionary struct {
	Stop     []string  // words that say nothing
	Weak     []string  // words that say little: "get", "how"
	Synonyms []Synonym // everyday words
	Clipped  []Clipped // beginnings of compound words
}

// Clipped is a word as it stands at the beginning of compounds: мед is медицинская
// in «медлицензия».
type Clipped struct {
	Say   string
	Means string
}

// Synonym says that people who write one of Say may mean any of Means. Both are
// words or phrases.
type Synonym struct {
	Say   []string
	Means []string
}

// Packed is an index as plain data, to be kept in a file. Its fields are for
// whoever writes and reads that file; New and Unpack give an Index.
type Packed struct {
	Docs      int32
	Prior     []int32
	TitleMass []int32  // per document, of its title's stems
	Words     []string // the vocabulary in the order of bytes
	TermOf    []int32  // per word
	Stems     []string // per term, in the order of bytes
	From      []int32  // per term, where its postings begin; one more at the end
	DocOf     []int32  // per posting, ascending within a term
	Weight    []int32  // per posting: weight, plus titleBit when in a title
	Alias     []string // stems joined by spaces, in the order of bytes
	AliasDoc  []int32
	Stop      []string
	Weak      []string // stems
	Say       []string // stems joined by spaces, in the order of bytes
	Means     []string // per entry of Say: meanings joined by "|", stems within by spaces
	Clipped   []string // the longest first
	Whole     []string // per entry of Clipped, the word that it stands for
}

const titleBit = 1 << 10

// Index answers queries. It may be used by many goroutines.
type Index struct {
	Packed
	idf  []int32 // per term, 1024 is one
	stop map[string]bool
	weak map[string]bool

	masksOnce sync.Once
	wordMasks []uint64
	stemMasks []uint64

	scratch sync.Pool
}

// New indexes documents.
func New(docs []Doc, d Dictionary) *Index { return Unpack(Pack(docs, d)) }

// Pack indexes documents into plain data.
func Pack(docs []Doc, d Dictionary) Packed {
	p := Packed{Docs: int32(len(docs)), Stop: folded(d.Stop)} //nolint:gosec // a catalogue is not that long
	stop := set(p.Stop)
	postings := map[string]map[int32]int32{} // stem → document → weight
	words := map[string]string{}             // word → stem
	titles := make([][]string, len(docs))
	type alias struct {
		key string
		doc int32
	}
	var aliases []alias
	for n, doc := range docs {
		id := int32(n) //nolint:gosec // as above
		put := func(text string, weight int, title bool) {
			for _, w := range Words(Fold(text)) {
				if stop[w] {
					continue
				}
				s := Stem(w)
				words[w] = s
				if postings[s] == nil {
					postings[s] = map[int32]int32{}
				}
				v := postings[s][id]
				v = max(v&^titleBit, int32(weight)) | v&titleBit //nolint:gosec // weights are small
				if title {
					v |= titleBit
					if !slices.Contains(titles[n], s) {
						titles[n] = append(titles[n], s)
					}
				}
				postings[s][id] = v
			}
		}
		for _, f := range doc.Fields {
			put(f.Text, f.Weight, f.Title)
			if f.Title {
				aliases = append(aliases, alias{strings.Join(stems(f.Text, stop), " "), id})
			}
		}
		for _, a := range doc.Aliases {
			words := stems(a, stop)
			put(a, aliasWeight(len(words)), false)
			aliases = append(aliases, alias{strings.Join(words, " "), id})
		}
		p.Prior = append(p.Prior, int32(doc.Prior)) //nolint:gosec // 0…100
	}
	for w := range words {
		p.Words = append(p.Words, w)
	}
	slices.Sort(p.Words)
	for s := range postings {
		p.Stems = append(p.Stems, s)
	}
	slices.Sort(p.Stems)
	term := make(map[string]int32, len(p.Stems))
	for i, s := range p.Stems {
		term[s] = int32(i)                           //nolint:gosec // as above
		p.From = append(p.From, int32(len(p.DocOf))) //nolint:gosec // as above
		ids := make([]int32, 0, len(postings[s]))
		for id := range postings[s] {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			p.DocOf = append(p.DocOf, id)
			p.Weight = append(p.Weight, postings[s][id])
		}
	}
	p.From = append(p.From, int32(len(p.DocOf))) //nolint:gosec // as above
	for _, w := range p.Words {
		p.TermOf = append(p.TermOf, term[words[w]])
	}
	idf := idfs(p)
	for _, t := range titles {
		mass := int32(0)
		for _, s := range t {
			mass += idf[term[s]]
		}
		p.TitleMass = append(p.TitleMass, mass)
	}
	slices.SortFunc(aliases, func(a, b alias) int {
		if a.key != b.key {
			return strings.Compare(a.key, b.key)
		}
		return int(a.doc) - int(b.doc)
	})
	for _, a := range slices.Compact(aliases) {
		if a.key != "" {
			p.Alias, p.AliasDoc = append(p.Alias, a.key), append(p.AliasDoc, a.doc)
		}
	}
	for _, w := range d.Weak {
		p.Weak = append(p.Weak, Stem(Fold(w)))
	}
	p.packSynonyms(d.Synonyms, stop)
	clipped := slices.Clone(d.Clipped)
	slices.SortStableFunc(clipped, func(a, b Clipped) int { return runes(b.Say) - runes(a.Say) })
	for _, c := range clipped {
		p.Clipped, p.Whole = append(p.Clipped, Fold(c.Say)), append(p.Whole, Fold(c.Means))
	}
	return p
}

func (p *Packed) packSynonyms(list []Synonym, stop map[string]bool) {
	means := map[string][]string{}
	for _, s := range list {
		var to []string
		for _, m := range s.Means {
			to = append(to, strings.Join(stems(m, stop), " "))
		}
		for _, say := range s.Say {
			key := strings.Join(stems(say, stop), " ")
			for _, m := range to {
				if m != key && m != "" && !slices.Contains(means[key], m) {
					means[key] = append(means[key], m)
				}
			}
		}
	}
	for key := range means {
		if key != "" {
			p.Say = append(p.Say, key)
		}
	}
	slices.Sort(p.Say)
	for _, key := range p.Say {
		p.Means = append(p.Means, strings.Join(means[key], "|"))
	}
}

// Unpack makes an index of plain data; it takes microseconds for a catalogue of
// hundreds.
func Unpack(p Packed) *Index {
	return &Index{Packed: p, idf: idfs(p), stop: set(p.Stop), weak: set(p.Weak)}
}

// idfs weighs terms: what stands in few documents says more.
func idfs(p Packed) []int32 {
	out := make([]int32, len(p.Stems))
	for i := range out {
		df := float64(p.From[i+1] - p.From[i])
		out[i] = int32(1024 * math.Log2(1+float64(p.Docs)/(df+0.5)) / 2)
	}
	return out
}

func (ix *Index) masks() {
	ix.masksOnce.Do(func() {
		ix.wordMasks = make([]uint64, len(ix.Words))
		for i, w := range ix.Words {
			ix.wordMasks[i] = mask(w)
		}
		ix.stemMasks = make([]uint64, len(ix.Stems))
		for i, s := range ix.Stems {
			ix.stemMasks[i] = mask(s)
		}
	})
}

// term finds a stem; ok is false when no document has it.
func (ix *Index) term(stem string) (int32, bool) {
	i, ok := slices.BinarySearch(ix.Stems, stem)
	return int32(i), ok //nolint:gosec // as above
}

// hasWord reports whether some document has this very word or its stem.
func (ix *Index) hasWord(w string) bool {
	if _, ok := slices.BinarySearch(ix.Words, w); ok {
		return true
	}
	_, ok := ix.term(Stem(w))
	return ok
}

// begin gives the range of the vocabulary that begins with w.
func (ix *Index) begin(w string) (from, to int) {
	from, _ = slices.BinarySearch(ix.Words, w)
	to = from + sort.Search(len(ix.Words)-from, func(i int) bool {
		return !strings.HasPrefix(ix.Words[from+i], w)
	})
	return from, to
}

func folded(list []string) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = Fold(w)
	}
	return out
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, w := range list {
		m[w] = true
	}
	return m
}
