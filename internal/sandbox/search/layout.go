package search

import "strings"

// The two rows of a keyboard, key by key: what the same keys give in the
// Russian and in the English layout.
const (
	keysLatin    = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
	keysCyrillic = "йцукенгшщзхъфывапролджэячсмитьбюё"
)

// swapLayout returns what the same keys give in the other layout: pfuhfy is
// загран, зфыызщке is passport. ok is false when nothing was swapped.
func swapLayout(folded string) (string, bool) {
	cyr := []rune(keysCyrillic)
	lat := []rune(keysLatin)
	from, to := lat, cyr
	if hasCyrillic(folded) {
		from, to = cyr, lat
	}
	changed := false
	out := strings.Map(func(r rune) rune {
		switch r { // with Shift: the same keys
		case '{':
			r = '['
		case '}':
			r = ']'
		case ':':
			r = ';'
		case '"':
			r = '\''
		case '<':
			r = ','
		case '>':
			r = '.'
		case '~':
			r = '`'
		}
		for i, f := range from {
			if f == r {
				changed = true
				return to[i]
			}
		}
		return r
	}, folded)
	return strings.ReplaceAll(out, "ё", "е"), changed
}

func hasCyrillic(s string) bool {
	for _, r := range s {
		if r >= 'а' && r <= 'я' {
			return true
		}
	}
	return false
}

func hasLatin(s string) bool {
	for _, r := range s {
		if r >= 'a' && r <= 'z' {
			return true
		}
	}
	return false
}

// transliterations lists what Latin letters stand for in Russian words typed
// without a Russian keyboard; longer ones come first. The commonest reading is
// taken, and edit distance forgives the rest.
func transliterations() []string {
	return []string{
		"shch", "щ", "sch", "щ", "yo", "е", "jo", "е", "zh", "ж", "kh", "х", "ts", "ц", "tz", "ц", "ch", "ч", "sh", "ш",
		"yu", "ю", "ju", "ю", "iu", "ю", "ya", "я", "ja", "я", "ia", "ия", "ye", "е", "je", "е", "iy", "ий", "ij", "ий", "yy", "ый", "yj", "ый",
		"ay", "ай", "ey", "ей", "oy", "ой", "uy", "уй", "aj", "ай", "ej", "ей", "oj", "ой",
		"a", "а", "b", "б", "c", "ц", "d", "д", "e", "е", "f", "ф", "g", "г", "h", "х", "i", "и", "j", "й", "k", "к", "l", "л", "m", "м", "n", "н",
		"o", "о", "p", "п", "q", "к", "r", "р", "s", "с", "t", "т", "u", "у", "v", "в", "w", "в", "x", "кс", "y", "ы", "z", "з", "'", "ь",
	}
}

// fromLatin reads a Latin word as a transliterated Russian one.
func fromLatin(word string) string {
	pairs := transliterations()
	var b strings.Builder
next:
	for len(word) > 0 {
		for i := 0; i < len(pairs); i += 2 {
			if strings.HasPrefix(word, pairs[i]) {
				b.WriteString(pairs[i+1])
				word = word[len(pairs[i]):]
				continue next
			}
		}
		b.WriteByte(word[0])
		word = word[1:]
	}
	return b.String()
}

// lookalikes replaces Latin letters that look like Russian ones in a word that
// has both: СНИЛC typed with a Latin C.
func lookalikes(word string) string {
	return strings.Map(func(r rune) rune {
		const latin, cyrillic = "aceopxykmtbh", "асеорхукмтвн"
		if i := strings.IndexRune(latin, r); i >= 0 {
			return []rune(cyrillic)[i]
		}
		return r
	}, word)
}
