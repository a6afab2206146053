package catalog

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
)

// Filter narrows a list of services; empty members narrow nothing.
type Filter struct {
	Query      string
	Topic      string // part of the topic in either language, any case
	Department string // part of the department's name in either language, or its key
}

// index finds services by words. A posting is a service with the weight of
// the place where the word stands; the trigrams of the vocabulary forgive
// typos. It is linear in the text of the catalogue, so it holds for hundreds
// of services.
type index struct {
	postings map[string][]posting
	words    []string           // the vocabulary, sorted: prefixes are ranges
	trigrams map[string][]int32 // trigram → indexes in words
}

type posting struct {
	service int32
	weight  float64
}

// Weights of the places where a word may stand.
const (
	weightTitle   = 8
	weightKeyword = 6
	weightSummary = 3
	weightTopic   = 2
	weightDept    = 2
)

func (c *Catalog) words() *index {
	c.indexOnce.Do(func() { c.index = c.build() })
	return c.index
}

func (c *Catalog) build() *index {
	ix := &index{postings: map[string][]posting{}, trigrams: map[string][]int32{}}
	for n, s := range c.services {
		weights := map[string]float64{}
		put := func(text string, weight float64) {
			for _, w := range tokens(text) {
				weights[w] = max(weights[w], weight)
			}
		}
		put(s.Title.RU+" "+s.Title.EN+" "+s.Slug, weightTitle)
		put(strings.Join(s.Keywords, " "), weightKeyword)
		put(s.Summary.RU+" "+s.Summary.EN, weightSummary)
		put(s.Topic.RU+" "+s.Topic.EN, weightTopic)
		put(s.dept.Name.RU+" "+s.dept.Name.EN, weightDept)
		for w, weight := range weights {
			ix.postings[w] = append(ix.postings[w], posting{int32(n), weight})
		}
	}
	ix.words = make([]string, 0, len(ix.postings))
	for w := range ix.postings {
		ix.words = append(ix.words, w)
	}
	slices.Sort(ix.words)
	for i, w := range ix.words {
		for _, g := range trigrams(w) {
			ix.trigrams[g] = append(ix.trigrams[g], int32(i))
		}
	}
	return ix
}

// Search returns the services that fit the filter: by popularity without a
// query, by how well they match with one.
func (c *Catalog) Search(f Filter) []*Service {
	candidates := c.services
	if q := strings.TrimSpace(f.Query); q != "" {
		if s := c.Find(q); s != nil {
			candidates = []*Service{s}
		} else {
			candidates = c.match(q)
		}
	}
	out := make([]*Service, 0, len(candidates))
	for _, s := range candidates {
		if contains(f.Topic, s.Topic.RU, s.Topic.EN) &&
			contains(f.Department, s.dept.Name.RU, s.dept.Name.EN, s.dept.Key) {
			out = append(out, s)
		}
	}
	return out
}

func contains(part string, texts ...string) bool {
	if part = fold(strings.TrimSpace(part)); part == "" {
		return true
	}
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(fold(t), part) })
}

// match scores every service by the words of the query. A service must answer
// to more than half of them.
func (c *Catalog) match(query string) []*Service {
	ix := c.words()
	asked := tokens(query)
	if len(asked) == 0 {
		return nil
	}
	type score struct {
		sum  float64
		hits int
	}
	scores := map[int32]score{}
	for n, w := range asked {
		best := map[int32]float64{}
		for word, closeness := range ix.near(w, n == len(asked)-1) {
			for _, p := range ix.postings[word] {
				best[p.service] = max(best[p.service], p.weight*closeness)
			}
		}
		for s, v := range best {
			scores[s] = score{scores[s].sum + v, scores[s].hits + 1}
		}
	}
	type found struct {
		service *Service
		sum     float64
	}
	var list []found
	for s, v := range scores {
		if v.hits*2 > len(asked) {
			list = append(list, found{c.services[s], v.sum})
		}
	}
	slices.SortFunc(list, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.sum, a.sum), b.service.Popularity-a.service.Popularity, cmp.Compare(a.service.Code, b.service.Code))
	})
	out := make([]*Service, len(list))
	for i, f := range list {
		out[i] = f.service
	}
	return out
}

// near returns the words of the vocabulary that a word of the query may mean,
// with how close they are, 0…1: itself, its continuations, its misspellings.
func (ix *index) near(w string, last bool) map[string]float64 {
	out := map[string]float64{}
	if ix.postings[w] != nil {
		out[w] = 1
	}
	runes := []rune(w)
	if len(runes) >= 3 || last && len(runes) >= 2 {
		from, _ := slices.BinarySearch(ix.words, w)
		for _, word := range ix.words[from:] {
			if !strings.HasPrefix(word, w) {
				break
			}
			out[word] = max(out[word], 0.75)
		}
	}
	if len(out) > 0 || len(runes) < 4 {
		return out
	}
	shared := map[int32]int{}
	for _, g := range trigrams(w) {
		for _, i := range ix.trigrams[g] {
			shared[i]++
		}
	}
	allowed := 1
	if len(runes) > 6 {
		allowed = 2
	}
	for i := range shared {
		word := ix.words[i]
		other := []rune(word)
		if d := distance(runes, other, allowed); d <= allowed {
			out[word] = max(out[word], 0.7-0.15*float64(d))
		} else if len(other) > len(runes) { // a misspelt beginning
			if d := distance(runes, other[:len(runes)], allowed); d <= allowed {
				out[word] = max(out[word], 0.5-0.15*float64(d))
			}
		}
	}
	return out
}

// tokens splits a text into stems: lower case, ё as е.
func tokens(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if stop(w) {
			continue
		}
		stem := w
		if r := []rune(w)[0]; r >= 'а' && r <= 'я' {
			stem = russian.Stem(w, false)
		} else if r >= 'a' && r <= 'z' {
			stem = english.Stem(w, false)
		}
		out = append(out, stem)
	}
	return out
}

func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "ё", "е") }

// stop reports words that say nothing about a service.
func stop(w string) bool {
	switch w {
	case "и", "в", "во", "на", "по", "для", "о", "об", "от", "из", "с", "к", "у", "не", "или", "как", "мне", "я",
		"the", "a", "an", "of", "for", "to", "in", "on", "and", "or", "my", "i":
		return true
	}
	return false
}

// trigrams of a word with its edges marked.
func trigrams(w string) []string {
	r := []rune("^" + w + "$")
	out := make([]string, 0, len(r))
	for i := 0; i+3 <= len(r); i++ {
		out = append(out, string(r[i:i+3]))
	}
	return out
}

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours between a and b, or limit+1 when there are more.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range prev {
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

// Nearest returns the n services that somebody who asked for key may have
// meant: by the words in it, by the spelling of codes and slugs, popular ones
// last.
func (c *Catalog) Nearest(key string, n int) []*Service {
	out := c.match(strings.ReplaceAll(key, "-", " "))
	if len(out) > n {
		out = out[:n]
	}
	asked := []rune(fold(strings.TrimSpace(key)))
	if len(asked) > 64 {
		asked = asked[:64]
	}
	rest := c.Services()
	closeness := func(s *Service) int {
		return min(distance(asked, []rune(s.Code), 64), distance(asked, []rune(s.Slug), 64))
	}
	slices.SortStableFunc(rest, func(a, b *Service) int { return closeness(a) - closeness(b) })
	for _, s := range rest {
		if len(out) >= n {
			break
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
