// Package dictionaries finds entries in the portal's lists (/api/nsi): by
// value, by words of the title, below another entry. A list is fetched whole,
// kept in a file and asked for again when it is a week old; when the portal
// cannot be reached the kept one serves on. Commands and the TUI use it through
// core/forms.
package dictionaries

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/safepath"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// MaxEntries bounds a dictionary.
const MaxEntries = 200_000

const (
	fresh    = 7 * 24 * time.Hour
	pageSize = 1000
	maxBytes = 64 << 20 // of the kept file
)

// Portal is what this package needs of API ЕПГУ; portal/gusmev.Client has it.
type Portal interface {
	Dictionary(ctx context.Context, code string, req wire.DictionaryRequest) (*wire.Dictionary, error)
}

// Service answers questions about dictionaries.
type Service struct {
	Portal Portal
	Clock  clock.Clock
	Dir    string // where lists are kept; "" keeps none
	// Lang is the language that the portal is asked in, unless the context says another:
	// what a list in another one has kept does not serve.
	Lang i18n.Lang

	mu   sync.Mutex
	open map[string]*dictionary // by file
}

type dictionary struct {
	entries []forms.DictionaryEntry
	attrs   []map[string]untrusted.Text
	folded  []string // title and value of each, small letters, ё as е
	byValue map[string]int
}

// kept is a dictionary in a file.
type kept struct {
	Fetched time.Time   `json:"fetched"`
	Entries []keptEntry `json:"entries"`
}

type keptEntry struct {
	Value  string         `json:"v"`
	Title  untrusted.Text `json:"t"`
	Parent string         `json:"p,omitempty"`
	Branch bool           `json:"b,omitempty"`
	// Attributes are what a dictionary tells beside the title, such as a bank's account.
	Attributes map[string]untrusted.Text `json:"a,omitempty"`
}

// Entry returns the entry with this value; ok is false when there is none.
func (s *Service) Entry(ctx context.Context, code, value string) (forms.DictionaryEntry, bool, error) {
	d, err := s.load(ctx, code)
	if err != nil {
		return forms.DictionaryEntry{}, false, err
	}
	i, ok := d.byValue[value]
	if !ok {
		return forms.DictionaryEntry{}, false, nil
	}
	return d.entries[i], true, nil
}

// Find returns entries below parent ("" is the whole dictionary) that have all
// words of text in their title or value, at most limit of them; more says that
// there are others. Entries whose title begins with the text come first. When no
// entry has the words, those with other forms of them count (Самара finds
// «Самарская область»), and when there are none either, those with a letter wrong.
func (s *Service) Find(ctx context.Context, code, parent, text string, limit int) (out []forms.DictionaryEntry, more bool, err error) {
	d, err := s.load(ctx, code)
	if err != nil {
		return nil, false, err
	}
	want := fold(text)
	words := strings.Fields(want)
	if out = d.having(parent, want, words, strings.Contains); len(out) == 0 {
		out = d.having(parent, want, words, hasForm)
	}
	if len(out) == 0 {
		out = d.having(parent, want, words, misspelt)
	}
	if len(out) > limit {
		return out[:limit], true, nil
	}
	return out, false, nil
}

// having returns the entries below parent of which every word is had.
func (d *dictionary) having(parent, want string, words []string, has func(title, word string) bool) []forms.DictionaryEntry {
	var first, rest []forms.DictionaryEntry
	for i, e := range d.entries {
		if !d.below(e, parent) || slices.ContainsFunc(words, func(w string) bool { return !has(d.folded[i], w) }) {
			continue
		}
		if strings.HasPrefix(d.folded[i], want) {
			first = append(first, e)
		} else {
			rest = append(rest, e)
		}
	}
	return append(first, rest...)
}

// misspelt reports whether some word of a title begins as this one but for one
// letter that is wrong, missing, needless or out of turn.
func misspelt(title, word string) bool {
	w := []rune(word)
	if len(w) < 4 {
		return strings.Contains(title, word)
	}
	return slices.ContainsFunc(inWords(title), func(t string) bool { return oneWrong(w, []rune(t)) })
}

func oneWrong(w, t []rune) bool {
	i := 0
	for i < len(w) && i < len(t) && w[i] == t[i] {
		i++
	}
	if i == 0 && len(w) < 6 {
		return false // a short word with another first letter is another word
	}
	w, t = w[i:], t[min(i, len(t)):]
	begins := func(a, b []rune) bool { return len(a) <= len(b) && slices.Equal(a, b[:len(a)]) }
	return len(w) == 0 ||
		len(t) > 0 && (begins(w[1:], t[1:]) || begins(w, t[1:])) ||
		begins(w[1:], t) ||
		len(w) > 1 && len(t) > 1 && w[0] == t[1] && w[1] == t[0] && begins(w[2:], t[2:])
}

func inWords(title string) []string {
	return strings.FieldsFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// hasForm reports whether some word of a title begins as this one does but for
// its ending: the last letter of four, the last two of a longer word.
func hasForm(title, word string) bool {
	letters := []rune(word)
	ending := 2
	if len(letters) <= 5 {
		ending = 1
	}
	if len(letters)-ending < 3 {
		return strings.Contains(title, word)
	}
	begin := string(letters[:len(letters)-ending])
	return slices.ContainsFunc(inWords(title), func(w string) bool { return strings.HasPrefix(w, begin) })
}

func fold(s string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "ё", "е")
}

// below reports whether e is somewhere under an entry. A portal's tree could
// have a loop: no way up is longer than the list.
func (d *dictionary) below(e forms.DictionaryEntry, parent string) bool {
	if parent == "" {
		return true
	}
	for range len(d.entries) {
		if e.Parent == parent {
			return true
		}
		i, ok := d.byValue[e.Parent]
		if !ok {
			return false
		}
		e = d.entries[i]
	}
	return false
}

func (s *Service) load(ctx context.Context, code string) (*dictionary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.file(ctx, code)
	if d := s.open[file]; d != nil {
		return d, nil
	}
	old, errOld := s.read(file)
	if errOld != nil || s.Clock.Now().Sub(old.Fetched) > fresh || s.Clock.Now().Before(old.Fetched) {
		k, err := s.fetch(ctx, code)
		switch {
		case err == nil:
			old = k
			s.write(file, k)
		case errOld != nil || fault.ExitOf(err) != exitcode.Unavailable:
			return nil, err
		}
	}
	d := &dictionary{byValue: make(map[string]int, len(old.Entries))}
	for i, e := range old.Entries {
		d.entries = append(d.entries, forms.DictionaryEntry{Value: e.Value, Title: e.Title, Parent: e.Parent, Leaf: !e.Branch})
		d.attrs = append(d.attrs, e.Attributes)
		d.folded = append(d.folded, fold(e.Title.Raw()+" "+e.Value))
		d.byValue[e.Value] = i
	}
	if s.open == nil {
		s.open = map[string]*dictionary{}
	}
	s.open[file] = d
	return d, nil
}

// fetch asks the portal for the whole list, page by page.
func (s *Service) fetch(ctx context.Context, code string) (*kept, error) {
	k := &kept{Fetched: s.Clock.Now().UTC()}
	before := ""
	for page := 1; ; page++ {
		d, err := s.Portal.Dictionary(ctx, code, wire.DictionaryRequest{TreeFiltering: "SUBTREE", PageNum: page, PageSize: pageSize})
		if err != nil {
			return nil, err
		}
		// A portal that knows no pages gives the first one for ever.
		values := make([]string, len(d.Items))
		for i, item := range d.Items {
			values[i] = item.Value
		}
		if now := strings.Join(values, "\x00"); page > 1 && len(values) > 0 && now == before {
			return nil, fault.New(exitcode.Unavailable, "dictionary.pages", i18n.Text{
				RU: "справочник %s получен не весь: портал обещает записей %d, а страница %d — та же, что прежняя", EN: "dictionary %s did not come whole: the portal promises %d entries, and page %d is the same as the one before"}.With(code, d.Total, page))
		} else {
			before = now
		}
		for _, item := range d.Items {
			e := keptEntry{Value: item.Value, Title: item.Title, Branch: !item.IsLeaf, Attributes: item.AttributeValues}
			if item.ParentValue != nil {
				e.Parent = *item.ParentValue
			}
			k.Entries = append(k.Entries, e)
		}
		if len(k.Entries) > MaxEntries {
			return nil, fault.New(exitcode.Refused, "dictionary.too_long", i18n.Text{
				RU: "справочник %s длиннее %d строк", EN: "dictionary %s has more than %d entries"}.With(code, MaxEntries))
		}
		if len(d.Items) == 0 || len(k.Entries) >= d.Total {
			return k, nil
		}
	}
}

// file names a list in the language in which it is asked for.
func (s *Service) file(ctx context.Context, code string) string {
	return fileOf(code, transport.LanguageOf(ctx, s.Lang))
}

func fileOf(code string, lang i18n.Lang) string {
	name := "dictionary-" + safepath.SanitizeName(code)
	if lang != "" {
		name += "-" + string(lang)
	}
	return name + ".json"
}

func (s *Service) read(file string) (*kept, error) {
	if s.Dir == "" {
		return nil, os.ErrNotExist
	}
	f, err := os.Open(filepath.Join(s.Dir, file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes", f.Name(), maxBytes)
	}
	var k kept
	return &k, json.Unmarshal(b, &k)
}

// write keeps a list. A list that cannot be kept is fetched again next time.
func (s *Service) write(file string, k *kept) {
	if s.Dir == "" || os.MkdirAll(s.Dir, 0o700) != nil {
		return
	}
	if b, err := json.Marshal(k); err == nil {
		_ = atomicfile.Write(filepath.Join(s.Dir, file), b, 0o600) // see above
	}
}
