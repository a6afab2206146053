package search

import (
	"cmp"
	"slices"
)

// Hit is a document found.
type Hit struct {
	Doc   int   // its number
	Score int64 // larger is better; comparable within one answer only
}

// scratch is the memory of one query.
type scratch struct {
	// of expand
	closeness []int32 // per term
	touched   []int32
	found     []near
	best      int32
	// of ranking, per document
	total, group, word, need []int64
	covered, title, wordIDF  []int64
	groupIDF                 []int64
	multi, multiIDF          []int64 // of a reading of several words
	docs, inGroup, inWord    []int32
}

func (ix *Index) get() *scratch {
	if s, ok := ix.scratch.Get().(*scratch); ok {
		return s
	}
	n := int(ix.Docs)
	cells := make([]int64, 10*n)
	cut := func() []int64 { c := cells[:n:n]; cells = cells[n:]; return c }
	return &scratch{
		closeness: make([]int32, len(ix.Stems)),
		total:     cut(), group: cut(), word: cut(), need: cut(), covered: cut(), title: cut(), wordIDF: cut(), groupIDF: cut(),
		multi: cut(), multiIDF: cut(),
	}
}

func (s *scratch) clearTerms() {
	for _, t := range s.touched {
		s.closeness[t] = 0
	}
	s.touched, s.best = s.touched[:0], 0
}

func (s *scratch) offer(term, closeness int32) {
	if s.closeness[term] == 0 {
		s.touched = append(s.touched, term)
	}
	s.closeness[term] = max(s.closeness[term], closeness)
	s.best = max(s.best, closeness)
}

func (s *scratch) terms() []near {
	s.found = s.found[:0]
	for _, t := range s.touched {
		s.found = append(s.found, near{t, s.closeness[t]})
	}
	return s.found
}

// Answers below this share of the best are left out.
const tail = 20 // percent

// Search returns the documents that fit a query, best first, at most limit (0 is
// all) of those that keep takes (nil takes all), and how many fit.
func (ix *Index) Search(query string, keep func(doc int) bool, limit int) ([]Hit, int) {
	s := ix.get()
	defer ix.scratch.Put(s)
	groups, phrase := ix.read(query, s)
	all := int64(0)
	strong := false
	for _, g := range groups {
		strong = strong || !g.weak
	}
	for i := range groups {
		g := &groups[i]
		g.weak = g.weak && strong
		if g.weak {
			g.mass /= weakShare
		}
		all += int64(g.mass)
		ix.add(g, s)
	}
	hits := make([]Hit, 0, min(len(s.docs), 256))
	best := int64(0)
	from, _ := slices.BinarySearch(ix.Alias, phrase)
	for _, d := range s.docs {
		score := s.total[d] >> 8
		score = score * s.covered[d] / max(all, 1) // what the query asks and the document has not
		if mass := int64(ix.TitleMass[d]); mass > 0 {
			score += score * min(s.title[d], mass) / mass * 45 / 100
		}
		for i := from; phrase != "" && i < len(ix.Alias) && ix.Alias[i] == phrase; i++ {
			if ix.AliasDoc[i] == d {
				score += score / 2
				break
			}
		}
		score = score * int64(100+ix.Prior[d]*6/10) / 100
		s.total[d], s.covered[d], s.title[d] = 0, 0, 0
		if score > 0 && (keep == nil || keep(int(d))) {
			hits = append(hits, Hit{int(d), score})
			best = max(best, score)
		}
	}
	s.docs = s.docs[:0]
	hits = slices.DeleteFunc(hits, func(h Hit) bool { return h.Score*100 < best*tail })
	total := len(hits)
	order := func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(ix.Prior[b.Doc], ix.Prior[a.Doc]), cmp.Compare(a.Doc, b.Doc))
	}
	if limit > 0 && limit < len(hits) {
		hits = first(hits, limit, order)
	} else {
		slices.SortFunc(hits, order)
	}
	return hits, total
}

// first returns the first n of hits in order: a short sorted list is kept while
// the rest passes by.
func first(hits []Hit, n int, order func(a, b Hit) int) []Hit {
	top := make([]Hit, 0, n+1)
	for _, h := range hits {
		if len(top) == n && order(h, top[n-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, h, order)
		top = slices.Insert(top, at, h)
		if len(top) > n {
			top = top[:n]
		}
	}
	return top
}

// add scores every document by one group.
func (ix *Index) add(g *group, s *scratch) {
	s.inGroup = s.inGroup[:0]
	for _, a := range g.alternatives {
		ix.addAlternative(a, s)
	}
	for _, d := range s.inGroup {
		if s.total[d] == 0 {
			s.docs = append(s.docs, d)
		}
		v := s.group[d]
		if g.words > 1 {
			v = v * int64(g.words+1) / 2
		}
		if g.weak {
			v /= weakShare
		}
		s.total[d] += max(v, 1)
		s.covered[d] += int64(g.mass)
		s.title[d] += s.groupIDF[d]
		s.group[d], s.groupIDF[d] = 0, 0
	}
}

// addAlternative offers a group's documents the score of one reading. A
// document must have all of its words.
func (ix *Index) addAlternative(a alternative, s *scratch) {
	if len(a.words) == 0 {
		return
	}
	var sum []int32 // documents that have all words so far
	for i, list := range a.words {
		s.inWord = s.inWord[:0]
		for _, n := range list {
			idf := int64(ix.idf[n.term])
			for p := ix.From[n.term]; p < ix.From[n.term+1]; p++ {
				d, w := ix.DocOf[p], ix.Weight[p]
				if s.word[d] == 0 {
					s.inWord = append(s.inWord, d)
				}
				v := int64(w&^titleBit) * int64(n.closeness) * idf
				if v > s.word[d] {
					s.word[d] = v
					s.wordIDF[d] = 0
					if w&titleBit != 0 {
						s.wordIDF[d] = idf * int64(n.closeness) / 100
					}
				}
			}
		}
		for _, d := range s.inWord {
			switch {
			case len(a.words) == 1:
				s.offerGroup(d, s.word[d]*int64(a.closeness)/100, s.wordIDF[d])
			case i == 0:
				s.need[d] = 1
				s.multi[d] += s.word[d]
				s.multiIDF[d] += s.wordIDF[d]
				sum = append(sum, d)
			case s.need[d] == int64(i):
				s.need[d]++
				s.multi[d] += s.word[d]
				s.multiIDF[d] += s.wordIDF[d]
			}
			s.word[d], s.wordIDF[d] = 0, 0
		}
	}
	for _, d := range sum {
		if s.need[d] == int64(len(a.words)) {
			n := int64(len(a.words))
			s.offerGroup(d, s.multi[d]/n*int64(a.closeness)/100, s.multiIDF[d])
		}
		s.need[d], s.multi[d], s.multiIDF[d] = 0, 0, 0
	}
}

func (s *scratch) offerGroup(d int32, score, titleIDF int64) {
	if score <= 0 {
		return
	}
	if s.group[d] == 0 {
		s.inGroup = append(s.inGroup, d)
	}
	if score > s.group[d] {
		s.group[d], s.groupIDF[d] = score, titleIDF
	}
}
