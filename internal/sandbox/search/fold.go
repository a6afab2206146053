package search

import (
	"strings"
	"unicode"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
)

// minStem is the shortest stem that is believed, in letters. Snowball makes
// «за» of «заем» and «на» of «наем»: two letters stand for nothing and would be
// the beginning of half the vocabulary, so such a word stands for itself.
const minStem = 3

// maxQueryWords bounds a query: what comes after is not looked at.
const maxQueryWords = 16

// Fold gives the form in which texts and queries are compared: lower case, ё
// as е, composed й, no stress marks.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 'Ё', 'ё':
			return 'е'
		case '\u0301', '\u0300', '\u00ad': // stress marks, soft hyphen
			return -1
		}
		return unicode.ToLower(r)
	}, compose.Replace(s))
}

// compose joins й and ё that came as a letter and a mark (macOS file names).
var compose = strings.NewReplacer("и\u0306", "й", "И\u0306", "й", "е\u0308", "е", "Е\u0308", "е")

// Words splits a folded text into words: runs of letters or of digits. Single
// letters around a slash are one word (в/у, л/с).
func Words(folded string) []string {
	var out []string
	start, kind := -1, 0
	slash := -2 // index in out of a one-letter word that a slash follows
	flush := func(end int) {
		if start < 0 {
			return
		}
		w := folded[start:end]
		start = -1
		if slash == len(out)-1 && slash >= 0 && single(w) && single(out[slash]) {
			out[slash] += w
			slash = -2
			return
		}
		out = append(out, w)
	}
	for i, r := range folded {
		k := 0
		switch {
		case unicode.IsLetter(r):
			k = 1
		case unicode.IsDigit(r):
			k = 2
		}
		if k != kind {
			flush(i)
			if k != 0 {
				start = i
			}
		}
		if r == '/' && kind == 1 {
			slash = len(out) - 1
		} else if k == 0 {
			slash = -2
		}
		kind = k
	}
	flush(len(folded))
	return out
}

func single(w string) bool {
	n := 0
	for range w {
		n++
	}
	return n == 1
}

// Stem gives the part of a folded word that its forms share.
func Stem(w string) string {
	if w == "" {
		return w
	}
	stem := w
	switch r := firstRune(w); {
	case r >= 'а' && r <= 'я':
		stem = russian.Stem(w, false)
	case r >= 'a' && r <= 'z':
		stem = english.Stem(w, false)
	}
	// The stemmer undoes nothing that folding did, but «ё» of its own endings
	// must not come back.
	if runes(stem) < minStem {
		return w
	}
	return stem
}

func firstRune(w string) rune {
	for _, r := range w {
		return r
	}
	return 0
}

func runes(s string) int {
	n := 0
	for range s {
		n++
	}
	return n
}

// stems are the stems of a text's words without the words that say nothing.
func stems(text string, stop map[string]bool) []string {
	var out []string
	for _, w := range Words(Fold(text)) {
		if !stop[w] {
			out = append(out, Stem(w))
		}
	}
	return out
}
