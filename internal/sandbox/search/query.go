package search

import (
	"slices"
	"strings"
)

// How close a word of the vocabulary is to a word of the query, percent.
const (
	exactly     = 100 // the word itself
	sameStem    = 96  // another form of it
	meant       = 84  // what an everyday word means
	whole       = 88  // a beginning that is nearly the whole word
	begun       = 55  // a beginning that is hardly begun
	related     = 48  // a shared root: пенсионный, пенсия
	oneMistake  = 72  // less for each further one
	perMistake  = 14
	badBegin    = 48 // a misspelt beginning
	good        = 90 // no other reading of the query is tried
	betterBy    = 8  // by which another reading must be better
	weakShare   = 5  // a weak word counts this many times less
	unknownMass = 2600
)

// near is a term that a word of the query may mean.
type near struct {
	term      int32
	closeness int32
}

// alternative is one reading of a part of the query: all of its words must be
// found in a document.
type alternative struct {
	words     [][]near
	closeness int32
}

// group is a part of the query with its readings; the best one counts.
type group struct {
	alternatives []alternative
	mass         int32 // what the part says
	words        int   // how many words of the query it is, when more than one
	weak         bool
}

// read splits a query into groups.
func (ix *Index) read(query string, s *scratch) (groups []group, phrase string) {
	if len(query) > 400 {
		query = strings.ToValidUTF8(query[:400], "")
	}
	text := Fold(query)
	typing := text != "" && !strings.HasSuffix(text, " ")
	chunks := strings.Fields(text)
	var words []string
	for i, chunk := range chunks {
		words = append(words, ix.interpret(chunk, typing && i == len(chunks)-1, s)...)
	}
	if len(words) > maxQueryWords {
		words = words[:maxQueryWords]
	}
	words = ix.split(words)
	stemmed := make([]string, len(words))
	for i, w := range words {
		stemmed[i] = Stem(w)
	}
	var said []string
	for i := 0; i < len(words); {
		g, n := ix.phrase(words, stemmed, i, s)
		if n == 0 {
			g, n = ix.single(words[i], stemmed[i], typing && i == len(words)-1, s), 1
		}
		if n == 1 && (ix.weak[stemmed[i]] || isNumber(words[i]) && len(words[i]) <= 2 && len(words) > 1 ||
			typing && i > 0 && i == len(words)-1 && ix.hardlyBegun(words[i], stemmed[i])) {
			g.weak = true
		} else {
			for _, stem := range stemmed[i : i+n] {
				said = append(said, ix.spelt(stem, g))
			}
		}
		groups = append(groups, g)
		i += n
	}
	return groups, strings.Join(said, " ")
}

// hardlyBegun says of the word that is being typed that it may become anything
// yet: the rarest of what it begins must not push aside what stands before it.
func (ix *Index) hardlyBegun(w, stem string) bool {
	if runes(w) > 3 || isNumber(w) || ix.hasWord(w) || ix.says(stem) {
		return false
	}
	_, known := ix.term(stem)
	return !known
}

// spelt is a stem as the vocabulary writes it: a misspelt name is still a name.
func (ix *Index) spelt(stem string, g group) string {
	if _, known := ix.term(stem); known || ix.says(stem) || g.words > 1 || len(g.alternatives[0].words) != 1 {
		return stem
	}
	best := near{}
	for _, n := range g.alternatives[0].words[0] {
		if n.closeness > best.closeness {
			best = n
		}
	}
	if best.closeness >= oneMistake-perMistake && best.closeness <= oneMistake {
		return ix.Stems[best.term]
	}
	return stem
}

// interpret reads a run of letters between spaces: as it stands, in the other
// keyboard layout or as a transliteration, whichever the vocabulary knows best.
func (ix *Index) interpret(chunk string, last bool, s *scratch) []string {
	plain := Words(chunk)
	for i, w := range plain {
		if hasCyrillic(w) && hasLatin(w) {
			plain[i] = lookalikes(w)
		}
	}
	plain = ix.meaningful(plain)
	best, quality := plain, ix.quality(plain, last, s)
	if quality >= good {
		return best
	}
	try := func(words []string) {
		words = ix.meaningful(words)
		if len(words) == 0 {
			return
		}
		if q := ix.quality(words, last, s); q >= quality+betterBy {
			best, quality = words, q
		}
	}
	if hasLatin(chunk) {
		latin, apart := make([]string, len(plain)), make([]string, len(plain))
		for i, w := range plain {
			latin[i] = fromLatin(w)
			apart[i] = fromLatin(strings.ReplaceAll(w, "ts", "тс")) // detsad is no децад
		}
		try(latin)
		try(apart)
	}
	if swapped, ok := swapLayout(chunk); ok {
		words := Words(swapped)
		if len(words) == 1 && ix.stop[words[0]] && runes(chunk) <= 2 && len(plain) <= 1 && quality < exactly {
			return nil // a preposition in the other layout
		}
		try(words)
	}
	return best
}

func (ix *Index) meaningful(words []string) []string {
	out := words[:0:0]
	for _, w := range words {
		if !ix.stop[w] {
			out = append(out, w)
		}
	}
	return out
}

// quality says how well the vocabulary knows the words, 0…100.
func (ix *Index) quality(words []string, last bool, s *scratch) int {
	if len(words) == 0 {
		return 0
	}
	sum := 0
	for i, w := range words {
		best := int32(0)
		stem := Stem(w)
		_, _, compound := ix.unclip(w)
		if ix.weak[stem] || ix.says(stem) || compound && !ix.hasWord(w) {
			best = sameStem
		} else {
			for _, n := range ix.expand(w, last && i == len(words)-1, s) {
				best = max(best, n.closeness)
			}
			if best < oneMistake {
				_, c := ix.nearSaid(w, last && i == len(words)-1)
				best = max(best, c)
			}
		}
		sum += int(best)
	}
	return sum / len(words)
}

func (ix *Index) says(stem string) bool {
	_, ok := slices.BinarySearch(ix.Say, stem)
	return ok
}

// split parts words that were typed without a space between them, and compounds
// that no document has.
func (ix *Index) split(words []string) []string {
	out := make([]string, 0, len(words))
next:
	for _, w := range words {
		if !ix.hasWord(w) && !ix.says(Stem(w)) {
			n := 0
			for i := range w {
				if n >= 3 && runes(w[i:]) >= 3 && ix.hasWord(w[:i]) && ix.hasWord(w[i:]) {
					out = append(out, w[:i], w[i:])
					continue next
				}
				n++
			}
			if first, rest, ok := ix.unclip(w); ok {
				out = append(out, first, rest)
				continue
			}
		}
		out = append(out, w)
	}
	return out
}

// unclip parts a compound into the word of which its beginning is left, and the rest.
func (ix *Index) unclip(w string) (first, rest string, ok bool) {
	for i, c := range ix.Clipped {
		rest, begins := strings.CutPrefix(w, c)
		if !begins || runes(rest) < 4 {
			continue
		}
		stem := Stem(rest)
		if _, known := ix.term(stem); known || ix.says(stem) {
			return ix.Whole[i], rest, true
		}
	}
	return "", "", false
}

// maxPhrase is the longest everyday phrase, in words.
const maxPhrase = 4

// phrase reads the words from i on as an everyday phrase or as one word that
// was typed in two; n is how many words it takes, 0 when it is none.
func (ix *Index) phrase(words, stemmed []string, i int, s *scratch) (g group, n int) {
	for n := min(maxPhrase, len(words)-i); n >= 2; n-- {
		key := strings.Join(stemmed[i:i+n], " ")
		at, said := slices.BinarySearch(ix.Say, key)
		joined := ""
		if n == 2 && ix.hasWord(words[i]+words[i+1]) && !isNumber(words[i]) {
			joined = words[i] + words[i+1]
		}
		if !said && joined == "" {
			continue
		}
		literal := alternative{closeness: exactly}
		for k := range n {
			literal.words = append(literal.words, slices.Clone(ix.expand(words[i+k], false, s)))
		}
		g.alternatives = append(g.alternatives, literal)
		if said {
			g.alternatives = append(g.alternatives, ix.meanings(ix.Means[at], meant)...)
		}
		if joined != "" {
			g.alternatives = append(g.alternatives, alternative{words: [][]near{slices.Clone(ix.expand(joined, false, s))}, closeness: exactly})
		}
		g.mass = ix.massOf(g) * int32(n+1) / 2 //nolint:gosec // at most four words
		g.words = n
		return g, n
	}
	return g, 0
}

// single reads one word.
func (ix *Index) single(w, stem string, last bool, s *scratch) group {
	list := slices.Clone(ix.expand(w, last, s))
	g := group{alternatives: []alternative{{words: [][]near{list}, closeness: exactly}}}
	best := int32(0)
	for _, n := range list {
		best = max(best, n.closeness)
	}
	if at, ok := slices.BinarySearch(ix.Say, stem); ok {
		g.alternatives = append(g.alternatives, ix.meanings(ix.Means[at], meant)...)
	} else if best < sameStem {
		if at, c := ix.nearSaid(w, last); at >= 0 {
			g.alternatives = append(g.alternatives, ix.meanings(ix.Means[at], c*meant/100)...)
		}
	}
	g.mass = ix.massOf(g)
	return g
}

// nearSaid finds the everyday word that w begins or misspells, and how close it
// is; -1 when there is none.
func (ix *Index) nearSaid(w string, last bool) (at int, closeness int32) {
	stem := Stem(w)
	n := runes(w)
	if last && n >= 3 {
		from, _ := slices.BinarySearch(ix.Say, w)
		if from < len(ix.Say) && strings.HasPrefix(ix.Say[from], w) && !strings.Contains(ix.Say[from], " ") {
			return from, begun + (whole-begun)*int32(n)/int32(runes(ix.Say[from])) //nolint:gosec // words are short
		}
	}
	allowed := mistakes(runes(stem))
	if allowed == 0 {
		return -1, 0
	}
	at, best := -1, allowed+1
	m, letters := mask(stem), []rune(stem)
	for i, say := range ix.Say {
		if strings.Contains(say, " ") || !mayBeNear(m, mask(say), allowed) {
			continue
		}
		if d := distance(letters, []rune(say), allowed); d < best {
			at, best = i, d
		}
	}
	if at < 0 {
		return -1, 0
	}
	return at, int32(oneMistake - perMistake*(best-1)) //nolint:gosec // 0…3
}

// meanings reads the meanings of an everyday word.
func (ix *Index) meanings(joined string, closeness int32) []alternative {
	var out []alternative
next:
	for _, meaning := range strings.Split(joined, "|") {
		a := alternative{closeness: closeness}
		for _, stem := range strings.Fields(meaning) {
			t, ok := ix.term(stem)
			if !ok {
				continue next
			}
			a.words = append(a.words, []near{{t, exactly}})
		}
		out = append(out, a)
	}
	return out
}

// massOf is what a group says: the rarest of its likely words.
func (ix *Index) massOf(g group) int32 {
	mass, close := int32(0), int32(0)
	for _, a := range g.alternatives {
		for _, list := range a.words {
			for _, n := range list {
				c := n.closeness * a.closeness / 100
				if c > close || c == close && ix.idf[n.term] > mass {
					close, mass = c, ix.idf[n.term]
				}
			}
		}
	}
	if mass == 0 {
		return unknownMass
	}
	return mass
}

func isNumber(w string) bool { return w != "" && w[0] >= '0' && w[0] <= '9' }

// expand gives the terms that a word of the query may mean: itself, words that
// it begins, words of the same root, words that it misspells. The result is
// valid until the next call with the same scratch.
func (ix *Index) expand(w string, last bool, s *scratch) []near {
	s.clearTerms()
	n := runes(w)
	stem := Stem(w)
	if i, ok := slices.BinarySearch(ix.Words, w); ok {
		s.offer(ix.TermOf[i], exactly)
	}
	t, exact := ix.term(stem)
	if exact {
		s.offer(t, sameStem)
	}
	spelt := s.best == exactly
	if last || !spelt && n >= 4 {
		top := int32(whole)
		if !last {
			top = oneMistake
		}
		from, to := ix.begin(w)
		for i := from; i < to; i++ {
			s.offer(ix.TermOf[i], begun+(top-begun)*int32(n)/int32(runes(ix.Words[i]))) //nolint:gosec // words are short
		}
	}
	if isNumber(w) {
		return s.terms()
	}
	ix.kin(stem, s)
	// Three letters of a longer word that stands nowhere may be a chance: «пенися»
	// would be a form of «пени» and never пенсия.
	chance := !spelt && n >= 2*minStem && runes(stem) == minStem
	if exact && !chance {
		return s.terms()
	}
	ix.root(stem, s)
	if s.best >= begun && !chance {
		return s.terms()
	}
	ix.misspelt(w, stem, last, s)
	return s.terms()
}

// kin offers terms of the same family: образование and образовательный share all
// but their last letters.
func (ix *Index) kin(stem string, s *scratch) {
	letters := []rune(stem)
	if len(letters) < 6 {
		return
	}
	begin := string(letters[:max(5, len(letters)-2)])
	from, _ := slices.BinarySearch(ix.Stems, begin)
	for i := from; i < len(ix.Stems) && strings.HasPrefix(ix.Stems[i], begin); i++ {
		if d := runes(ix.Stems[i]) - len(letters); d >= -3 && d <= 5 {
			s.offer(int32(i), related) //nolint:gosec // a vocabulary is not that long
		}
	}
}

// root offers terms that share the root: пенсионный begins with пенс.
func (ix *Index) root(stem string, s *scratch) {
	letters := []rune(stem)
	for n := len(letters) - 1; n >= 4 && 2*n >= len(letters); n-- {
		if t, ok := ix.term(string(letters[:n])); ok {
			s.offer(t, int32(related-len(letters)+n)) //nolint:gosec // words are short
			return
		}
	}
}

func (ix *Index) misspelt(w, stem string, last bool, s *scratch) {
	ix.masks()
	n := runes(stem)
	ix.misspeltBy(w, stem, mistakes(n), last, s)
	if s.best > 0 || n != 5 && n != 6 {
		return
	}
	// Two mistakes in a short word are much: its first letter must be right.
	for t, other := range ix.stemMasks {
		if mayBeNear(mask(stem), other, 2) && firstRune(ix.Stems[t]) == firstRune(stem) && Distance(stem, ix.Stems[t], 2) == 2 {
			s.offer(int32(t), oneMistake-2*perMistake) //nolint:gosec // a vocabulary is not that long
		}
	}
}

// misspeltBy offers terms that differ from the stem by so many letters.
func (ix *Index) misspeltBy(w, stem string, allowed int, last bool, s *scratch) {
	word, letters := []rune(w), []rune(stem)
	m := mask(stem)
	if allowed > 0 {
		for t, other := range ix.stemMasks {
			if !mayBeNear(m, other, allowed) {
				continue
			}
			if d := distance(letters, []rune(ix.Stems[t]), allowed); d <= allowed {
				s.offer(int32(t), penalty(oneMistake, d, firstRune(stem) != firstRune(ix.Stems[t]))) //nolint:gosec // a vocabulary is not that long
			}
		}
	}
	m, allowed = mask(w), mistakes(len(word))
	if allowed > 2 {
		allowed = 2
	}
	if allowed == 0 {
		return
	}
	for i, other := range ix.wordMasks {
		if mayBeNear(m, other, allowed) {
			if d := distance(word, []rune(ix.Words[i]), allowed); d <= allowed {
				s.offer(ix.TermOf[i], penalty(oneMistake, d, word[0] != firstRune(ix.Words[i])))
				continue
			}
		}
		if last && mayBegin(m, other, allowed) {
			if o := []rune(ix.Words[i]); len(o) > len(word) {
				if d := distance(word, o[:len(word)], allowed); d <= allowed {
					s.offer(ix.TermOf[i], penalty(badBegin, d, word[0] != o[0]))
				}
			}
		}
	}
}

// penalty lowers a closeness by mistakes; one in the first letter is rarer, and
// beside another one hardly a typo: «скачать» is another word than «начать».
func penalty(from, d int, first bool) int32 {
	c := from - perMistake*(d-1)
	if first {
		c -= 8
		if d > 1 {
			c -= 2 * perMistake
		}
	}
	return int32(max(c, 5)) //nolint:gosec // 5…100
}
