package catalog

import (
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/sandbox/search"
)

// Filter narrows a list of services; empty members narrow nothing.
type Filter struct {
	Query      string
	Topic      string          // key of a topic, or part of its name in either language, any case
	Situation  string          // key of a life situation, or part of its name
	Department string          // key of a department, or part of its name
	Region     string          // code of a subject or part of its name: what is rendered there
	Person     string          // Citizen …
	Level      string          // what an account of this level may ask for
	Fee        string          // "free" or "paid"
	Online     bool            // only what can be asked for here
	Obsolete   bool            // also what is taken no more; a search finds it always
	Only       map[string]bool // only these codes
	First      map[string]int  // codes that come first without a query, larger numbers before
}

// Fee filters.
const (
	Free = "free"
	Paid = "paid"
)

// keeps makes the test of a filter.
func (c *Catalog) keeps(f Filter) func(i int) bool {
	topics, situations, regions := matching(c.Vocabulary.Topics, f.Topic), matching(c.Vocabulary.Situations, f.Situation), matching(c.Vocabulary.Regions, f.Region)
	departments := map[string]bool{}
	for key, d := range c.departments {
		if f.Department != "" && (key == f.Department || contains(f.Department, d.Name.RU, d.Name.EN)) {
			departments[key] = true
		}
	}
	return func(i int) bool {
		b := &c.briefs[i]
		switch {
		case f.Only != nil && !f.Only[b.Code],
			f.Topic != "" && !topics[b.Topic],
			f.Situation != "" && !slices.ContainsFunc(b.Situations, func(s string) bool { return situations[s] }),
			f.Department != "" && !departments[b.Department],
			f.Region != "" && !renderedIn(b.Regions, regions),
			f.Person != "" && !slices.Contains(b.Persons, f.Person),
			f.Level != "" && rank(b.Level) > rank(f.Level),
			f.Fee == Free && b.FeeKopecks > 0,
			f.Fee == Paid && b.FeeKopecks == 0,
			f.Online && (!b.Online || b.State == Obsolete):
			return false
		}
		return true
	}
}

// renderedIn reports whether a service is rendered in one of the regions that
// were meant; one without regions is rendered everywhere.
func renderedIn(regions []string, meant map[string]bool) bool {
	return len(meant) > 0 && (len(regions) == 0 || slices.ContainsFunc(regions, func(r string) bool { return meant[r] }))
}

func rank(level string) int {
	return slices.Index([]string{LevelSimplified, LevelStandard, LevelConfirmed}, level)
}

// matching gives the keys of a vocabulary that a word of a filter means.
func matching(list []Named, word string) map[string]bool {
	out := map[string]bool{}
	if word == "" {
		return out
	}
	for _, n := range list {
		if n.Key == word || contains(word, n.Title.RU, n.Title.EN) {
			out[n.Key] = true
		}
	}
	return out
}

func contains(part string, texts ...string) bool {
	part = search.Fold(strings.TrimSpace(part))
	return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(search.Fold(t), part) })
}

// Search returns the services that fit the filter: by popularity without a
// query (own ones first), by how well they match with one.
func (c *Catalog) Search(f Filter) ([]*Brief, error) {
	keep := c.keeps(f)
	var out []*Brief
	query := strings.TrimSpace(f.Query)
	if query == "" {
		for i := range c.briefs {
			if keep(i) && (f.Obsolete || c.briefs[i].State != Obsolete) {
				out = append(out, &c.briefs[i])
			}
		}
		if len(f.First) > 0 {
			slices.SortStableFunc(out, func(a, b *Brief) int { return f.First[b.Code] - f.First[a.Code] })
		}
		return out, nil
	}
	if i, ok := c.byKey[strings.ToLower(query)]; ok && keep(i) {
		return []*Brief{&c.briefs[i]}, nil
	}
	ix, err := c.index()
	if err != nil {
		return nil, err
	}
	hits, _ := ix.Search(f.Query, keep, 0)
	for _, h := range hits {
		out = append(out, &c.briefs[h.Doc])
	}
	return out, nil
}

// Nearest returns the n services that somebody who asked for key may have
// meant: by the words in it, then by the spelling of codes and slugs, popular
// ones first.
func (c *Catalog) Nearest(key string, n int) []*Brief {
	var out []*Brief
	if ix, err := c.index(); err == nil {
		hits, _ := ix.Search(strings.ReplaceAll(key, "-", " "), nil, n)
		for _, h := range hits {
			out = append(out, &c.briefs[h.Doc])
		}
	}
	asked := search.Fold(strings.TrimSpace(key))
	rest := make([]*Brief, len(c.briefs))
	closeness := make(map[*Brief]int, len(c.briefs))
	for i := range c.briefs {
		b := &c.briefs[i]
		rest[i] = b
		closeness[b] = min(search.Distance(asked, b.Code, farAway), search.Distance(asked, b.Slug, farAway))
	}
	slices.SortStableFunc(rest, func(a, b *Brief) int { return closeness[a] - closeness[b] })
	for _, b := range rest {
		if len(out) >= n {
			break
		}
		if !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return out
}

// farAway is a distance between words that says nothing any more.
const farAway = 24

// IndexDoc is a service as the search sees it.
func IndexDoc(s *Service, v *Vocabulary, d *Department) search.Doc {
	doc := search.Doc{Prior: s.Popularity, Aliases: append(slices.Clone(s.Keywords), s.Title.EN), Fields: []search.Field{
		{Text: s.Title.RU, Weight: 100, Title: true},
		{Text: s.Title.EN, Weight: 80},
		{Text: s.Slug, Weight: 60},
		{Text: s.Summary.RU + " " + s.Summary.EN, Weight: 40},
		{Text: title(v.Topics, s.Topic).RU + " " + title(v.Topics, s.Topic).EN, Weight: 18},
		{Text: d.Name.RU + " " + d.Name.EN, Weight: 18},
		{Text: s.Result.RU, Weight: 18},
	}}
	for _, key := range s.Situations {
		t := title(v.Situations, key)
		doc.Fields = append(doc.Fields, search.Field{Text: t.RU + " " + t.EN, Weight: 14})
	}
	if s.State == Obsolete {
		doc.Prior = 0
	}
	return doc
}
