package catalog

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/epgu-cli/epgu/internal/tui/rows"
)

// The cells of a row of the catalogue: what a service is found by.
const (
	cellCode = iota
	cellTitle
	cellSlug
	cellSummary
	cellDepartment
	cellTopic
)

// terms are what is shown and filtered of a service and is no text.
type terms struct {
	Fee   int64 `json:"fee,omitempty"`  // kopecks, 0 when free
	Days  int32 `json:"days,omitempty"` // to a decision, 0 when nobody says
	Saved bool  `json:"saved,omitempty"`
}

// list is the whole catalogue, in little memory.
type list struct {
	rows  *rows.Rows
	facts []terms           // one for each row
	index map[string]uint32 // code → row
}

func (l *list) add(f terms, cells ...string) {
	l.index[cells[cellCode]] = uint32(l.rows.Len())
	l.rows.Append(cells...)
	l.facts = append(l.facts, f)
}

func empty(n int) *list {
	return &list{rows: &rows.Rows{}, facts: make([]terms, 0, n), index: make(map[string]uint32, n)}
}

// cached is how a list stands in the cache.
type cached struct {
	Rows  [][]string `json:"rows"`
	Facts []terms    `json:"facts"`
}

// MarshalJSON writes the list.
func (l *list) MarshalJSON() ([]byte, error) {
	k := cached{Facts: l.facts}
	for i := range l.rows.Len() {
		k.Rows = append(k.Rows, l.rows.Cells(i))
	}
	return json.Marshal(k)
}

// UnmarshalJSON reads it.
func (l *list) UnmarshalJSON(b []byte) error {
	var k cached
	if err := json.Unmarshal(b, &k); err != nil {
		return err
	}
	if len(k.Facts) != len(k.Rows) {
		return errors.New("not as many facts as rows")
	}
	*l = *empty(len(k.Rows))
	for i, r := range k.Rows {
		if len(r) <= cellTopic {
			return errors.New("a row too short")
		}
		l.add(k.Facts[i], r...)
	}
	return nil
}

// fetch reads the catalogue.
func fetch(src Source) func(ctx context.Context) (*list, error) {
	return func(ctx context.Context) (*list, error) {
		all, err := src.Services(ctx)
		if err != nil {
			return nil, err
		}
		l := empty(len(all))
		for i := range all {
			v := &all[i]
			l.add(terms{v.FeeKopecks, int32(v.TermDays), v.Saved}, v.Code, v.Title.String(), v.Slug, v.Summary.String(), v.Department.String(), v.Topic.String())
		}
		return l, nil
	}
}
