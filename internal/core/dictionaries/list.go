package dictionaries

import (
	"context"
	"os"
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Entry is one entry with all that its dictionary tells of it.
type Entry struct {
	forms.DictionaryEntry
	Attributes map[string]untrusted.Text // by name
}

// Get is Entry with attributes.
func (s *Service) Get(ctx context.Context, code, value string) (Entry, bool, error) {
	d, err := s.load(ctx, code)
	if err != nil {
		return Entry{}, false, err
	}
	i, ok := d.byValue[value]
	if !ok {
		return Entry{}, false, nil
	}
	return Entry{d.entries[i], d.attrs[i]}, true, nil
}

// List is Find with attributes.
func (s *Service) List(ctx context.Context, code, parent, text string, limit int) (out []Entry, more bool, err error) {
	found, more, err := s.Find(ctx, code, parent, text, limit)
	if err != nil {
		return nil, false, err
	}
	d, err := s.load(ctx, code)
	if err != nil {
		return nil, false, err
	}
	for _, e := range found {
		out = append(out, Entry{e, d.attrs[d.byValue[e.Value]]})
	}
	return out, more, nil
}

// Count returns how many entries Find would find without a limit.
func (s *Service) Count(ctx context.Context, code, parent, text string) (int, error) {
	found, _, err := s.Find(ctx, code, parent, text, MaxEntries)
	return len(found), err
}

// Forget drops what is kept of a dictionary, so that the portal is asked. A file
// that cannot be removed is a list that is a week old at most.
func (s *Service) Forget(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, lang := range []i18n.Lang{"", i18n.RU, i18n.EN} {
		delete(s.open, fileOf(code, lang))
		if s.Dir != "" {
			_ = os.Remove(filepath.Join(s.Dir, fileOf(code, lang))) // see above
		}
	}
}
